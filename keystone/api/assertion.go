package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/keystone/federation/saml"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// What other clouds, the service providers, are told of this one's users. As keystone/api/auth.py, AuthFederationSaml2Resource, and
// os_federation.py, SAML2MetadataResource.

func (a *API) assertionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/OS-FEDERATION/saml2/metadata", Rule: rest.Public, Status: 200, Run: rest.Get(a.describeIssuer)},
		{Do: "POST /v3/auth/OS-FEDERATION/saml2", Rule: rest.Public, In: rest.Body(assertionRequest), Status: 200, Unkept: true, Run: rest.JSON(a.assertBare)},
		{Do: "POST /v3/auth/OS-FEDERATION/saml2/ecp", Rule: rest.Public, In: rest.Body(assertionRequest), Status: 200, Unkept: true, Run: rest.JSON(a.assertEnveloped)},
		{Do: "GET /v3/auth/tokens/OS-PKI/revoked", Rule: rest.Public, Status: 200, Run: rest.Do(noRevokedTokens)},
	}
}

// assertionRequest is keystone/federation/schema.py, saml_create.
var assertionRequest = rest.MustSchema(`{"type": "object", "required": ["auth"], "properties": {"auth": {
	"type": "object", "additionalProperties": false, "required": ["identity", "scope"], "properties": {
		"identity": {"type": "object", "additionalProperties": false, "required": ["token"], "properties": {
			"token": {"$ref": "#/$defs/named"}, "methods": {"type": "array"}}},
		"scope": {"type": "object", "additionalProperties": false, "required": ["service_provider"], "properties": {
			"service_provider": {"$ref": "#/$defs/named"}}}}}},
	"$defs": {"named": {"type": "object", "additionalProperties": false, "required": ["id"], "properties": {"id": {"type": "string"}}}}}`)

type assertionBody struct {
	Auth struct {
		Identity struct {
			Token struct {
				ID string `json:"id"`
			} `json:"token"`
		} `json:"identity"`
		Scope struct {
			ServiceProvider struct {
				ID string `json:"id"`
			} `json:"service_provider"`
		} `json:"scope"`
	} `json:"auth"`
}

// errNoIssuer is upstream's state without its options.
func errNoIssuer() error {
	return fault.New(fault.NotFound, "NotFound", "This keystone is no identity provider: keystone.saml_issuer is not configured.")
}

func (a *API) describeIssuer(context.Context, *rest.Call) (any, error) {
	if a.Issuer == nil {
		return nil, errNoIssuer()
	}
	text, err := a.Issuer.Describe()
	return document("text/xml", text, nil), err
}

func (a *API) assertBare(ctx context.Context, _ *rest.Call, in assertionBody) (any, error) {
	return a.assert(ctx, in, false)
}

func (a *API) assertEnveloped(ctx context.Context, _ *rest.Call, in assertionBody) (any, error) {
	return a.assert(ctx, in, true)
}

// assert is an assertion of the holder of a token, for a service provider.
func (a *API) assert(ctx context.Context, in assertionBody, enveloped bool) (any, error) {
	if a.Issuer == nil {
		return nil, errNoIssuer()
	}
	provider, err := a.Federation.ServiceProvider(ctx, in.Auth.Scope.ServiceProvider.ID)
	if err != nil {
		return nil, err
	}
	if !provider.Enabled {
		return nil, keystone.Forbidden("Service Provider %s is disabled", provider.ID)
	}
	t, err := a.Tokens.Validate(ctx, in.Auth.Identity.Token.ID, 0)
	if err != nil {
		return nil, auth.NotConfirmed(err)
	}
	if t.Scope.Kind != keystone.OnProject {
		return nil, keystone.ActionForbidden("Use a project scoped token when attempting to create a SAML assertion")
	}
	if t.Delegated() { // the other cloud would be told of the user, and not of what was lent
		return nil, keystone.NotPermitted(errors.New("the token acts by what was handed on to it"))
	}
	claim, err := a.claim(ctx, t)
	if err != nil {
		return nil, err
	}
	element, err := a.Issuer.Assert(claim, provider.AssertionURL)
	if err != nil {
		return nil, err
	}
	if enveloped {
		prefix := ""
		if provider.RelayStatePrefix != nil {
			prefix = *provider.RelayStatePrefix
		}
		element = saml.Enveloped(element, prefix)
	}
	text, err := saml.Text(element)
	return document("text/xml", text, http.Header{"X-Sp-Url": {provider.AssertionURL}, "X-Auth-Url": {provider.AuthURL}}), err
}

// claim is who the holder of a token is.
func (a *API) claim(ctx context.Context, t keystone.Token) (saml.Claim, error) {
	c := saml.Claim{User: t.User.Name, UserDomain: t.UserDomain.Name, Project: t.Project.Name, ProjectDomain: t.Domain.Name}
	for _, r := range t.Roles {
		c.Roles = append(c.Roles, r.Name)
	}
	groups, err := a.Identity.GroupsOfUser(ctx, t.User.ID)
	if err != nil {
		return c, err
	}
	for _, g := range groups {
		domain, err := a.Resource.Domain(ctx, g.DomainID)
		if err != nil {
			return c, err
		}
		text, err := json.Marshal(view{"name": g.Name, "domain": view{"name": domain.Name}})
		if err != nil {
			return c, err
		}
		c.Groups = append(c.Groups, "JSON:"+string(text))
	}
	return c, nil
}

// noRevokedTokens is what is left of the lists of PKI tokens. As keystone/api/auth.py, AuthTokenOSPKIResource.
func noRevokedTokens(context.Context, *rest.Call) error {
	return keystone.NotPermitted(errors.New("there are no PKI tokens"))
}
