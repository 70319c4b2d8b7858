package auth

import (
	"context"
	"errors"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// scope finds the scope that a request means. What is not there, or disabled, cannot be entered.
func (m *Manager) scope(ctx context.Context, r Request, p *Proof) (keystone.Scope, error) {
	if t := p.AccessToken; t != nil { // whatever is asked for, as upstream
		return keystone.Scope{Kind: keystone.OnProject, ID: t.ProjectID}, nil
	}
	if r.Scope != nil && r.Scope.TrustID != "" && p.ApplicationCredential != nil {
		return keystone.Scope{}, keystone.Unauthorized(errors.New("an application credential enters no trust"))
	}
	if a := p.ApplicationCredential; a != nil {
		bound := keystone.Scope{Kind: keystone.OnProject, ID: a.ProjectID}
		if r.Scope == nil {
			return bound, nil
		}
		asked, err := m.named(ctx, *r.Scope)
		if err == nil && asked != bound {
			err = keystone.Unauthorized(errors.New("an application credential serves for one project"))
		}
		return asked, err
	}
	if r.Scope != nil {
		return m.named(ctx, *r.Scope)
	}
	return m.fallback(ctx, p)
}

// fallback is the user's default project where it can be entered, else no scope.
// As keystone/api/_shared/authentication.py, check_and_set_default_scoping.
func (m *Manager) fallback(ctx context.Context, p *Proof) (keystone.Scope, error) {
	if p.User.DefaultProjectID == "" {
		return keystone.Scope{}, nil
	}
	scope := keystone.Scope{Kind: keystone.OnProject, ID: p.User.DefaultProjectID}
	_, err := m.confirm(ctx, keystone.Claims{UserID: p.User.ID, Scope: scope, Federated: p.Federated})
	switch {
	case err == nil:
		return scope, nil
	case fault.Of(err) != nil:
		return keystone.Scope{}, nil
	}
	return keystone.Scope{}, err
}

// named is the scope of an id or name.
func (m *Manager) named(ctx context.Context, r ScopeRequest) (keystone.Scope, error) {
	if r.TrustID != "" {
		t, err := m.Trust.Trust(ctx, r.TrustID)
		return keystone.Scope{Kind: keystone.OnProject, ID: t.ProjectID}, err
	}
	switch r.Kind {
	case keystone.OnSystem:
		return keystone.Scope{Kind: keystone.OnSystem, ID: keystone.System}, nil
	case keystone.OnDomain:
		id, err := m.domainID(ctx, r.ID, r.Name)
		return keystone.Scope{Kind: keystone.OnDomain, ID: id}, err
	case keystone.OnProject:
		if r.ID != "" {
			return keystone.Scope{Kind: keystone.OnProject, ID: r.ID}, nil
		}
		domainID, err := m.domainID(ctx, r.DomainID, r.DomainName)
		if err != nil {
			return keystone.Scope{}, err
		}
		project, err := m.DB.ProjectByName(ctx, domainID, r.Name)
		return keystone.Scope{Kind: keystone.OnProject, ID: project.ID}, err
	}
	return keystone.Scope{}, nil
}

func (m *Manager) domainID(ctx context.Context, id, name string) (string, error) {
	if id != "" {
		return id, nil
	}
	domain, err := m.DB.DomainByName(ctx, name)
	return domain.ID, err
}

// holder is what a token stands for, whichever token: all that confirm needs of its claims.
type holder struct {
	userID, applicationCredentialID, trustID, accessTokenID, federated string

	scope keystone.Scope
}

// confirm says what claims stand for now, and refuses what no longer stands: users, projects and domains that are gone
// or disabled, scopes where the user has no role.
func (m *Manager) confirm(ctx context.Context, c keystone.Claims) (keystone.Token, error) {
	key := holder{c.UserID, c.ApplicationCredentialID, c.TrustID, c.AccessTokenID, c.Federated.Key(), c.Scope}
	t, err := m.holders.Get(ctx, m.DB, m.Now(), key, func() (keystone.Token, error) { return m.lookUp(ctx, c) })
	t.Claims = c
	return t, err
}

func (m *Manager) lookUp(ctx context.Context, c keystone.Claims) (t keystone.Token, err error) {
	t.Claims = c
	if t.User, t.UserDomain, err = m.enabled(ctx, c.UserID); err != nil {
		return t, err
	}
	if c.TrustID != "" {
		return t, m.trusted(ctx, &t)
	}
	var told []string // groups
	if c.Federated != nil {
		if err := m.Federation.Stands(ctx, *c.Federated); err != nil {
			return t, err
		}
		told = c.Federated.GroupIDs
	}
	if c.Scope.Kind == keystone.Unscoped {
		return t, nil
	}
	if err := m.place(ctx, &t); err != nil {
		return t, err
	}
	if t.Roles, err = m.Assignment.RolesOf(ctx, c.UserID, c.Scope, told...); err != nil {
		return t, err
	}
	if c.ApplicationCredentialID != "" {
		if err := m.narrow(ctx, &t); err != nil {
			return t, err
		}
	}
	if c.AccessTokenID != "" {
		if err := m.consumed(ctx, &t); err != nil {
			return t, err
		}
	}
	if len(t.Roles) == 0 {
		return t, keystone.Unauthorized(errors.New("the user has no role in the scope"))
	}
	return t, nil
}

// enabled is a user who may act, with their domain.
func (m *Manager) enabled(ctx context.Context, id string) (u keystone.User, domain keystone.Project, err error) {
	if u, err = m.Identity.User(ctx, id); err != nil {
		return u, domain, err
	}
	if domain, err = m.DB.Domain(ctx, u.DomainID); err == nil && (!u.Enabled || !domain.Enabled) {
		err = keystone.Unauthorized(errors.New("the user or their domain is disabled"))
	}
	return u, domain, err
}

// trusted makes the token of a trustee what the trust hands on: all of its roles, each of which whoever handed it on first must still
// have. As keystone/models/token_model.py, _get_trust_roles.
func (m *Manager) trusted(ctx context.Context, t *keystone.Token) error {
	trust, first, err := m.Trust.Standing(ctx, t.TrustID)
	if err != nil {
		return err
	}
	if t.UserID != trust.TrusteeID {
		return keystone.NotPermitted(errors.New("the user is not the trustee"))
	}
	if t.Scope != (keystone.Scope{Kind: keystone.OnProject, ID: trust.ProjectID}) {
		return keystone.Unauthorized(errors.New("the trust is for another project"))
	}
	trustor, domain, err := m.enabled(ctx, trust.TrustorID)
	if err != nil {
		return err
	}
	if trust.Impersonation {
		t.User, t.UserDomain = trustor, domain
	}
	t.Trust = &trust
	if err := m.place(ctx, t); err != nil {
		return err
	}
	have, err := m.Assignment.AllRolesOf(ctx, first, t.Scope)
	if err != nil {
		return err
	}
	given, err := m.Assignment.Expanded(ctx, trust.Roles)
	for _, r := range given {
		if !slices.ContainsFunc(have, func(h keystone.Role) bool { return h.ID == r.ID }) {
			return keystone.NotPermitted(errors.New("the trustor has lost a role of the trust"))
		}
		if r.DomainID == "" {
			t.Roles = append(t.Roles, r)
		}
	}
	if err == nil && len(t.Roles) == 0 {
		err = keystone.Unauthorized(errors.New("the trust hands on no role"))
	}
	return err
}

// place looks up the project or domain of a token's scope.
func (m *Manager) place(ctx context.Context, t *keystone.Token) (err error) {
	domainID := t.Scope.ID
	switch t.Scope.Kind {
	case keystone.OnSystem:
		return nil
	case keystone.OnProject:
		if t.Project, err = m.DB.Project(ctx, t.Scope.ID); err != nil {
			return err
		}
		if !t.Project.Enabled {
			return keystone.Unauthorized(errors.New("the project is disabled"))
		}
		domainID = t.Project.HomeDomain()
	}
	if t.Domain, err = m.DB.Domain(ctx, domainID); err != nil {
		return err
	}
	if !t.Domain.Enabled {
		return keystone.Unauthorized(errors.New("the domain is disabled"))
	}
	return nil
}

// errCredentialGone is why a token is worth nothing whose application credential is deleted. Upstream says so, by a 404.
var errCredentialGone = errors.New("the application credential of the token is gone")

// narrow leaves a token the roles of its application credential, all of which the user must still have.
func (m *Manager) narrow(ctx context.Context, t *keystone.Token) error {
	a, _, err := m.DB.ApplicationCredential(ctx, t.ApplicationCredentialID)
	if fault.Is(err, fault.NotFound) {
		return keystone.NotFound("Application Credential", t.ApplicationCredentialID).Because(errCredentialGone)
	}
	if err != nil {
		return err
	}
	if a.UserID != t.UserID || a.ProjectID != t.Scope.ID {
		return keystone.Unauthorized(errors.New("the application credential is another user's or project's"))
	}
	t.ApplicationCredential = &a
	t.Roles = slices.DeleteFunc(t.Roles, func(r keystone.Role) bool { return !slices.Contains(a.Roles, r.ID) })
	if len(t.Roles) != len(a.Roles) {
		return keystone.Unauthorized(errors.New("the user has lost a role of the application credential"))
	}
	return nil
}
