package api

import (
	"bytes"
	"encoding/json"
	"slices"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/keystone/identity"
	"cumulet/oslo/rest"
)

// authSchema is keystone/auth/schema.py, token_issue. Further methods are let through, to be refused by name;
// the bound on their number is ours.
var authSchema = rest.MustSchema(`{"type": "object", "properties": {"auth": {
	"type": "object", "required": ["identity"], "properties": {
	"identity": {"type": "object", "required": ["methods"], "properties": {
		"methods": {"type": "array", "maxItems": 64, "items": {"type": "string"}},
		"password": {"type": "object", "properties": {"user": {"$ref": "#/$defs/user"}}},
		"totp": {"type": "object", "properties": {"user": {"type": "object", "properties": {
			"id": {"type": "string"}, "name": {"type": "string"}, "passcode": {"type": "string", "maxLength": 64}, "domain": {"$ref": "#/$defs/domain"}}}}},
		"token": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
		"application_credential": {"type": "object", "properties": {
			"id": {"type": "string"}, "name": {"type": "string"}, "secret": {"type": "string"}, "user": {"$ref": "#/$defs/user"}}}}},
	"scope": {"type": ["object", "string"], "properties": {
		"project": {"type": "object", "properties": {
			"name": {"type": "string"}, "id": {"type": "string"}, "domain": {"$ref": "#/$defs/domain"}}},
		"domain": {"$ref": "#/$defs/domain"},
		"OS-TRUST:trust": {"type": "object", "properties": {"id": {"type": "string"}}},
		"system": {"type": "object", "properties": {"all": {"type": "boolean"}}}}}}}},
	"$defs": {
		"domain": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}},
		"user": {"type": "object", "properties": {
			"id": {"type": "string"}, "name": {"type": "string"}, "password": {"type": "string"}, "domain": {"$ref": "#/$defs/domain"}}}}}`)

type authBody struct {
	Auth *struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password *struct {
				User *userBody `json:"user"`
			} `json:"password"`
			TOTP *struct {
				User *struct {
					userBody
					Passcode *string `json:"passcode"`
				} `json:"user"`
			} `json:"totp"`
			Token *struct {
				ID string `json:"id"`
			} `json:"token"`
			ApplicationCredential *struct {
				ID     string    `json:"id"`
				Name   string    `json:"name"`
				Secret string    `json:"secret"`
				User   *userBody `json:"user"`
			} `json:"application_credential"`
		} `json:"identity"`
		Scope json.RawMessage `json:"scope"`
	} `json:"auth"`
}

type userBody struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Password *string     `json:"password"`
	Domain   *domainBody `json:"domain"`
}

type domainBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// request is what the body asks for. What lacks is worded as keystone/auth/core.py and schema.py do.
func (b authBody) request() (r auth.Request, err error) {
	if b.Auth == nil {
		return r, keystone.Missing("auth", "request body")
	}
	in := b.Auth.Identity
	for _, m := range in.Methods {
		if !slices.Contains(r.Methods, m) {
			r.Methods = append(r.Methods, m)
		}
	}
	if slices.Contains(r.Methods, "password") {
		if in.Password == nil {
			return r, keystone.Missing("password", "identity")
		}
		if in.Password.User == nil {
			return r, keystone.Missing("user", "password")
		}
		if in.Password.User.Password == nil {
			return r, keystone.Missing("password", "user")
		}
		if r.Credentials.Login, err = in.Password.User.login(); err != nil {
			return r, err
		}
	}
	if slices.Contains(r.Methods, "totp") {
		switch {
		case in.TOTP == nil:
			return r, keystone.Missing("totp", "identity")
		case in.TOTP.User == nil:
			return r, keystone.Missing("user", "totp")
		case in.TOTP.User.Passcode == nil:
			return r, keystone.Missing("passcode", "user")
		}
		r.Credentials.TOTP.Passcode = *in.TOTP.User.Passcode
		if r.Credentials.TOTP.User, err = in.TOTP.User.login(); err != nil {
			return r, err
		}
	}
	if slices.Contains(r.Methods, "token") {
		if in.Token == nil {
			return r, keystone.Missing("token", "identity")
		}
		r.Credentials.Token = in.Token.ID
	}
	if slices.Contains(r.Methods, "application_credential") {
		given := in.ApplicationCredential
		if given == nil {
			return r, keystone.Missing("application_credential", "identity")
		}
		r.Credentials.ApplicationCredential = auth.ApplicationCredential{ID: given.ID, Name: given.Name, Secret: given.Secret}
		if given.ID == "" {
			if given.Name == "" {
				return r, keystone.Missing("name or ID", "application credential")
			}
			if given.User == nil {
				return r, keystone.Missing("user", "application credential")
			}
			if r.Credentials.ApplicationCredential.User, err = given.User.login(); err != nil {
				return r, err
			}
		}
	}
	r.Scope, err = b.scope()
	return r, err
}

func (u userBody) login() (identity.Login, error) {
	l := identity.Login{UserID: u.ID, UserName: u.Name}
	if u.Password != nil {
		l.Password = *u.Password
	}
	if u.ID != "" {
		return l, nil
	}
	if u.Name == "" {
		return l, keystone.Invalid("Invalid input for field identity/password/user: id or name must be present.")
	}
	if u.Domain == nil {
		return l, keystone.Missing("domain", "user")
	}
	if *u.Domain == (domainBody{}) {
		return l, keystone.Invalid("Invalid input for field identity/password/user/domain: id or name must be present.")
	}
	l.DomainID, l.DomainName = u.Domain.ID, u.Domain.Name
	return l, nil
}

type scopeBody struct {
	Project *struct {
		domainBody
		Domain *domainBody `json:"domain"`
	} `json:"project"`
	Domain   *domainBody     `json:"domain"`
	System   json.RawMessage `json:"system"`
	Unscoped json.RawMessage `json:"unscoped"`
	Trust    *struct {
		ID string `json:"id"`
	} `json:"OS-TRUST:trust"`
}

// scope is the scope asked for; nil for none. "unscoped" may be the whole word or, from old clients, a member.
func (b authBody) scope() (*auth.ScopeRequest, error) {
	raw := bytes.TrimSpace(b.Auth.Scope)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if string(raw) == `"unscoped"` {
		return &auth.ScopeRequest{}, nil
	}
	var s scopeBody
	if raw[0] != '{' || json.Unmarshal(raw, &s) != nil {
		return nil, keystone.Missing(scopes, "scope")
	}
	count := 0
	for _, given := range []bool{s.Project != nil, s.Domain != nil, s.System != nil, s.Unscoped != nil, s.Trust != nil} {
		if given {
			count++
		}
	}
	switch {
	case count != 1:
		return nil, keystone.Missing(scopes, "scope")
	case s.Trust != nil:
		if s.Trust.ID == "" {
			return nil, keystone.Missing("trust_id", "trust")
		}
		return &auth.ScopeRequest{TrustID: s.Trust.ID}, nil
	case s.Unscoped != nil:
		return &auth.ScopeRequest{}, nil
	case s.System != nil:
		return &auth.ScopeRequest{Kind: keystone.OnSystem}, nil
	case s.Domain != nil:
		if *s.Domain == (domainBody{}) {
			return nil, keystone.Invalid("Invalid input for field scope/domain: id or name must be present.")
		}
		return &auth.ScopeRequest{Kind: keystone.OnDomain, ID: s.Domain.ID, Name: s.Domain.Name}, nil
	}
	return s.project()
}

const scopes = "system, project, domain, OS-TRUST:trust or unscoped"

func (s scopeBody) project() (*auth.ScopeRequest, error) {
	p := s.Project
	r := &auth.ScopeRequest{Kind: keystone.OnProject, ID: p.ID, Name: p.Name}
	switch {
	case p.domainBody == domainBody{}:
		return nil, keystone.Invalid("Invalid input for field scope/project: id or name must be present.")
	case p.Name == "":
		return r, nil
	case p.Domain == nil:
		if p.ID != "" {
			return r, nil
		}
		return nil, keystone.Missing("domain", "project")
	case *p.Domain == domainBody{}:
		return nil, keystone.Invalid("Invalid input for field scope/project/domain: id or name must be present.")
	}
	r.DomainID, r.DomainName = p.Domain.ID, p.Domain.Name
	return r, nil
}
