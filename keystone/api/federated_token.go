package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/keystone/federation"
	"cumulet/oslo/rest"
)

func (a *API) federatedTokenRoutes() []rest.Route {
	const protocol = "/v3/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}/auth"
	const websso = "/v3/auth/OS-FEDERATION/websso/{protocol}"
	const own = "/v3/auth/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}/websso"
	routes := []rest.Route{
		{Do: "GET " + own + "/callback", Rule: rest.Public, Status: 200, Unkept: true, Run: rest.Get(a.signedInElsewhere)},
		{Do: "POST " + own + "/callback", Rule: rest.Public, Status: 200, Unkept: true, Run: rest.Get(a.asserted)},
		{Do: "GET " + own + "/metadata", Rule: rest.Public, Status: 200, Run: rest.Get(a.describeToProvider)},
		{Do: "GET /v3/OS-FEDERATION/projects", Rule: "identity:get_auth_projects", Status: 200, Run: rest.Get(a.listAuthProjects)},
		{Do: "GET /v3/OS-FEDERATION/domains", Rule: "identity:get_auth_domains", Status: 200, Run: rest.Get(a.listAuthDomains)},
	}
	for _, method := range []string{"GET ", "POST "} {
		routes = append(routes,
			rest.Route{Do: method + protocol, Rule: rest.Public, Status: 201, Unkept: true, Run: rest.Get(a.createFederatedToken)},
			rest.Route{Do: method + websso, Rule: rest.Public, Status: 302, Unkept: true, Run: rest.Get(a.signInElsewhere)},
			rest.Route{Do: method + own, Rule: rest.Public, Status: 302, Unkept: true, Run: rest.Get(a.signInElsewhere)},
		)
	}
	return routes
}

// createFederatedToken gives an unscoped token to whom an identity provider vouches for: who brings an access token of it, or the answer
// to an envelope, which who can take one gets first. As keystone/api/os_federation.py, OSFederationAuthResource, behind Apache's modules.
func (a *API) createFederatedToken(ctx context.Context, c *rest.Call) (any, error) {
	if a.SAML[c.Path("id")] != nil && enhanced(c.Request) {
		return a.envelope(c)
	}
	v, err := a.vouched(ctx, c)
	if err != nil {
		return nil, err
	}
	v.ProviderID, v.ProtocolID = c.Path("id"), c.Path("protocol")
	text, t, err := a.vouchedToken(ctx, v)
	if err != nil {
		return nil, err
	}
	c.Header().Set("Vary", "X-Auth-Token")
	c.Header().Set(subjectHeader, text)
	return a.tokenAnswer(ctx, c, t)
}

// vouchedToken is an unscoped token of whom an identity provider vouches for.
func (a *API) vouchedToken(ctx context.Context, v federation.Vouched) (string, keystone.Token, error) {
	return a.Tokens.Authenticate(ctx, auth.Request{
		Methods: []string{"mapped"}, Credentials: auth.Credentials{Vouched: &v}, Scope: &auth.ScopeRequest{},
	})
}
