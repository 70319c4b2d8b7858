package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) endpointRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/endpoints", Rule: "identity:create_endpoint", In: rest.Body(endpointCreate), Status: 201, Run: rest.JSON(a.createEndpoint)},
		{Do: "GET /v3/endpoints", Rule: "identity:list_endpoints", Status: 200, Run: rest.Get(a.listEndpoints)},
		{Do: "GET /v3/endpoints/{id}", Rule: "identity:get_endpoint", Status: 200, Run: rest.Get(a.showEndpoint)},
		{Do: "PATCH /v3/endpoints/{id}", Rule: "identity:update_endpoint", In: rest.Body(endpointUpdate), Status: 200, Run: rest.JSON(a.updateEndpoint)},
		{Do: "DELETE /v3/endpoints/{id}", Rule: "identity:delete_endpoint", Status: 204, Run: rest.Do(a.deleteEndpoint)},
	}
}

// endpointMembers are keystone/catalog/schema.py's.
const endpointMembers = `
	"interface": {"type": "string", "enum": ["admin", "internal", "public"]},
	"service_id": {"type": "string"},
	"region_id": {"type": ["string", "null"], "maxLength": 255},
	"region": {"type": ["string", "null"], "maxLength": 255},
	"url": {"type": "string", "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"},
	"enabled": {"type": "boolean"}`

var (
	endpointCreate = rest.MustSchema(`{"type": "object", "required": ["endpoint"], "properties": {"endpoint": {
		"type": "object", "required": ["interface", "service_id", "url"], "properties": {` + endpointMembers + `}}}}`)
	endpointUpdate = update("endpoint", endpointMembers)
)

var endpointKnown = []string{"interface", "service_id", "region_id", "region", "url", "enabled"}

// region is the region given: by its id, or the old way, by a name that makes it. As keystone/api/endpoints.py.
func (a *API) region(ctx context.Context, given attributes) (*string, error) {
	if id := given.text("region_id"); id != nil {
		return id, nil
	}
	id := given.text("region")
	if id == nil || *id == "" {
		return id, nil
	}
	return id, a.Catalog.EnsureRegion(ctx, *id)
}

func (a *API) createEndpoint(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["endpoint"]
	region, err := a.region(ctx, given)
	if err != nil {
		return nil, err
	}
	e := keystone.Endpoint{
		ServiceID: given.word("service_id"), Interface: keystone.Interface(given.word("interface")), URL: given.word("url"),
		Enabled: given.flagOr("enabled", true), Extra: given.extra(endpointKnown...),
	}
	keystone.EndpointChange{RegionID: region}.Apply(&e)
	e, err = a.Catalog.CreateEndpoint(ctx, e)
	return view{"endpoint": endpointView(c, e)}, err
}

func (a *API) listEndpoints(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	q := a.query(c, "interface", "service_id", "region_id").And("region_id", c.Query().Get("region"))
	endpoints, err := a.Catalog.Endpoints(ctx, q)
	return collection(a, c, "endpoints", endpoints, endpointView), err
}

func (a *API) showEndpoint(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	e, err := a.Catalog.Endpoint(ctx, c.Path("id"))
	return view{"endpoint": endpointView(c, e)}, err
}

func (a *API) updateEndpoint(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["endpoint"]
	if err := given.same("id", c.Path("id"), "ID"); err != nil {
		return nil, err
	}
	region, err := a.region(ctx, given)
	if err != nil {
		return nil, err
	}
	change := keystone.EndpointChange{
		ServiceID: given.text("service_id"), RegionID: region, URL: given.text("url"), Enabled: given.flag("enabled"),
		Extra: given.extra(endpointKnown...),
	}
	if to := keystone.Interface(given.word("interface")); to != "" {
		change.Interface = &to
	}
	e, err := a.Catalog.UpdateEndpoint(ctx, c.Path("id"), change)
	return view{"endpoint": endpointView(c, e)}, err
}

func (a *API) deleteEndpoint(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.DeleteEndpoint(ctx, c.Path("id"))
}

func endpointView(c *rest.Call, e keystone.Endpoint) view {
	return seen(c, "endpoints/"+e.ID, e.Extra, view{
		"id": e.ID, "interface": e.Interface, "service_id": e.ServiceID, "url": e.URL, "enabled": e.Enabled,
		"region": orNull(e.RegionID), "region_id": orNull(e.RegionID),
	})
}
