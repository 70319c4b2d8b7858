package api

import (
	"context"
	"encoding/json"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) serviceProviderRoutes() []rest.Route {
	const all, one = "/v3/OS-FEDERATION/service_providers", "/v3/OS-FEDERATION/service_providers/{id}"
	return []rest.Route{
		{Do: "PUT " + one, Rule: "identity:create_service_provider", In: rest.Body(serviceProviderCreate), Status: 201, Run: rest.JSON(a.createServiceProvider)},
		{Do: "GET " + all, Rule: "identity:list_service_providers", Status: 200, Run: rest.Get(a.listServiceProviders)},
		{Do: "GET " + one, Rule: "identity:get_service_provider", Status: 200, Run: rest.Get(a.showServiceProvider)},
		{Do: "PATCH " + one, Rule: "identity:update_service_provider", In: rest.Body(serviceProviderUpdate), Status: 200, Run: rest.JSON(a.updateServiceProvider)},
		{Do: "DELETE " + one, Rule: "identity:delete_service_provider", Status: 204, Run: rest.Do(a.deleteServiceProvider)},
	}
}

// serviceProviderMembers are keystone/federation/schema.py's.
const serviceProviderMembers = `
	"auth_url": {"type": "string", "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"},
	"sp_url": {"type": "string", "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"},
	"description": {"type": ["string", "null"]},
	"enabled": {"type": "boolean"},
	"relay_state_prefix": {"type": ["string", "null"], "maxLength": 256}`

var (
	serviceProviderCreate = exactly("service_provider", serviceProviderMembers, []string{"auth_url", "sp_url"}, 0)
	serviceProviderUpdate = exactly("service_provider", serviceProviderMembers, nil, 1)
)

// relayStatePrefix is how keystone marks what it sends to a service provider that has no mark of its own. As keystone/conf/saml.py.
const relayStatePrefix = "ss:mem:"

func (a *API) createServiceProvider(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	id, err := chosenID(c, "id", "a service provider")
	if err != nil {
		return nil, err
	}
	prefix := relayStatePrefix
	p := keystone.ServiceProvider{ID: id, RelayStatePrefix: &prefix}
	serviceProviderChange(in["service_provider"]).Apply(&p)
	p, err = a.Federation.CreateServiceProvider(ctx, p)
	return view{"service_provider": serviceProviderView(c, p)}, err
}

func serviceProviderChange(given attributes) keystone.ServiceProviderChange {
	return keystone.ServiceProviderChange{
		AuthURL: given.text("auth_url"), AssertionURL: given.text("sp_url"), Enabled: given.flag("enabled"),
		Description: given.nullable("description"), RelayStatePrefix: given.nullable("relay_state_prefix"),
	}
}

func (a *API) listServiceProviders(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	providers, err := a.Federation.ServiceProviders(ctx, a.query(c, "id", "enabled"))
	return collection(a, c, "service_providers", providers, serviceProviderView), err
}

func (a *API) showServiceProvider(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.ServiceProvider(ctx, c.Path("id"))
	return view{"service_provider": serviceProviderView(c, p)}, err
}

func (a *API) updateServiceProvider(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.UpdateServiceProvider(ctx, c.Path("id"), serviceProviderChange(in["service_provider"]))
	return view{"service_provider": serviceProviderView(c, p)}, err
}

func (a *API) deleteServiceProvider(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Federation.DeleteServiceProvider(ctx, c.Path("id"))
}

// renderServiceProviders is how tokens show those that are enabled.
func renderServiceProviders(providers []keystone.ServiceProvider) (json.RawMessage, error) {
	views := make([]view, len(providers))
	for i, p := range providers {
		views[i] = view{"id": p.ID, "auth_url": p.AuthURL, "sp_url": p.AssertionURL}
	}
	return json.Marshal(views)
}

func serviceProviderView(c *rest.Call, p keystone.ServiceProvider) view {
	return seen(c, "OS-FEDERATION/service_providers/"+p.ID, nil, view{
		"id": p.ID, "auth_url": p.AuthURL, "sp_url": p.AssertionURL, "enabled": p.Enabled, "description": p.Description,
		"relay_state_prefix": p.RelayStatePrefix,
	})
}
