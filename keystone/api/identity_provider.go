package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) identityProviderRoutes() []rest.Route {
	const all, one = "/v3/OS-FEDERATION/identity_providers", "/v3/OS-FEDERATION/identity_providers/{id}"
	return []rest.Route{
		{Do: "PUT " + one, Rule: "identity:create_identity_provider", In: rest.Body(identityProviderCreate), Status: 201, Run: rest.JSON(a.createIdentityProvider)},
		{Do: "GET " + all, Rule: "identity:list_identity_providers", Status: 200, Run: rest.Get(a.listIdentityProviders)},
		{Do: "GET " + one, Rule: "identity:get_identity_provider", Status: 200, Run: rest.Get(a.showIdentityProvider)},
		{Do: "PATCH " + one, Rule: "identity:update_identity_provider", In: rest.Body(identityProviderUpdate), Status: 200, Run: rest.JSON(a.updateIdentityProvider)},
		{Do: "DELETE " + one, Rule: "identity:delete_identity_provider", Status: 204, Run: rest.Do(a.deleteIdentityProvider)},
	}
}

// identityProviderMembers are keystone/federation/schema.py's.
const identityProviderMembers = `
	"enabled": {"type": "boolean"},
	"description": {"type": ["string", "null"]},
	"authorization_ttl": {"type": ["integer", "null"], "minimum": 0, "maximum": 5256000},
	"remote_ids": {"type": ["array", "null"], "maxItems": 1024, "uniqueItems": true, "items": {"type": "string", "maxLength": 255}}`

var (
	identityProviderCreate = exactly("identity_provider", identityProviderMembers+
		`, "domain_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}`, nil, 0)
	identityProviderUpdate = exactly("identity_provider", identityProviderMembers, nil, 1)
)

func (a *API) createIdentityProvider(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	id, err := chosenID(c, "id", "an identity provider")
	if err != nil {
		return nil, err
	}
	given := in["identity_provider"]
	p := keystone.IdentityProvider{ID: id, DomainID: given.word("domain_id")}
	identityProviderChange(given).Apply(&p)
	p, err = a.Federation.CreateIdentityProvider(ctx, p)
	return view{"identity_provider": identityProviderView(c, p)}, err
}

// chosenID is the id in the path that the caller chose for what they make.
func chosenID(c *rest.Call, part, noun string) (string, error) {
	id := c.Path(part)
	if len(id) > 64 {
		return "", keystone.Invalid("The id of %s has at most 64 characters.", noun)
	}
	return id, nil
}

func identityProviderChange(given attributes) keystone.IdentityProviderChange {
	change := keystone.IdentityProviderChange{
		Enabled: given.flag("enabled"), Description: given.nullable("description"), RemoteIDs: given.words("remote_ids"),
	}
	if ids, is := given["remote_ids"]; is && ids == nil {
		change.RemoteIDs = &[]string{}
	}
	if _, is := given["authorization_ttl"]; is {
		ttl := given.number("authorization_ttl")
		change.AuthorizationTTL = &ttl
	}
	return change
}

func (a *API) listIdentityProviders(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	providers, err := a.Federation.IdentityProviders(ctx, a.query(c, "id", "enabled"))
	return collection(a, c, "identity_providers", providers, identityProviderView), err
}

func (a *API) showIdentityProvider(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.IdentityProvider(ctx, c.Path("id"))
	return view{"identity_provider": identityProviderView(c, p)}, err
}

func (a *API) updateIdentityProvider(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.UpdateIdentityProvider(ctx, c.Path("id"), identityProviderChange(in["identity_provider"]))
	return view{"identity_provider": identityProviderView(c, p)}, err
}

func (a *API) deleteIdentityProvider(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Federation.DeleteIdentityProvider(ctx, c.Path("id"))
}

func identityProviderView(c *rest.Call, p keystone.IdentityProvider) view {
	v := seen(c, "OS-FEDERATION/identity_providers/"+p.ID, nil, view{
		"id": p.ID, "domain_id": p.DomainID, "enabled": p.Enabled, "description": p.Description, "authorization_ttl": p.AuthorizationTTL,
		"remote_ids": tags(p.RemoteIDs),
	})
	v["links"].(view)["protocols"] = c.URL("/v3/OS-FEDERATION/identity_providers/" + p.ID + "/protocols")
	return v
}
