package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

const endpointGroupPath = "/v3/OS-EP-FILTER/endpoint_groups"

func (a *API) endpointGroupRoutes() []rest.Route {
	const one = endpointGroupPath + "/{id}"
	return []rest.Route{
		{Do: "POST " + endpointGroupPath, Rule: "identity:create_endpoint_group", In: rest.Body(endpointGroupCreate), Status: 201,
			Run: rest.JSON(a.createEndpointGroup)},
		{Do: "GET " + endpointGroupPath, Rule: "identity:list_endpoint_groups", Status: 200, Run: rest.Get(a.listEndpointGroups)},
		{Do: "GET " + one, Rule: "identity:get_endpoint_group", Status: 200, Run: rest.Get(a.showEndpointGroup)},
		{Do: "PATCH " + one, Rule: "identity:update_endpoint_group", In: rest.Body(endpointGroupUpdate), Status: 200,
			Run: rest.JSON(a.updateEndpointGroup)},
		{Do: "DELETE " + one, Rule: "identity:delete_endpoint_group", Status: 204, Run: rest.Do(a.deleteEndpointGroup)},
		{Do: "GET " + one + "/endpoints", Rule: "identity:list_endpoints_associated_with_endpoint_group", Status: 200,
			Run: rest.Get(a.listEndpointsInGroup)},
		{Do: "GET " + one + "/projects", Rule: "identity:list_projects_associated_with_endpoint_group", Status: 200,
			Run: rest.Get(a.listProjectsWithGroup)},
	}
}

// endpointGroupMembers are keystone/catalog/schema.py's.
const endpointGroupMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"description": {"type": ["string", "null"]},
	"filters": {"type": "object"}`

var (
	endpointGroupCreate = rest.MustSchema(`{"type": "object", "required": ["endpoint_group"], "properties": {"endpoint_group": {
		"type": "object", "required": ["name", "filters"], "properties": {` + endpointGroupMembers + `}}}}`)
	endpointGroupUpdate = update("endpoint_group", endpointGroupMembers)
)

func (a *API) createEndpointGroup(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	var g keystone.EndpointGroup
	endpointGroupChange(in["endpoint_group"]).Apply(&g)
	g, err := a.Catalog.CreateEndpointGroup(ctx, g)
	return view{"endpoint_group": endpointGroupView(c, g)}, err
}

func (a *API) listEndpointGroups(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	groups, err := a.Catalog.EndpointGroups(ctx, a.query(c, "name"))
	return collection(a, c, "endpoint_groups", groups, endpointGroupView), err
}

func (a *API) showEndpointGroup(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	g, err := a.Catalog.EndpointGroup(ctx, c.Path("id"))
	return view{"endpoint_group": endpointGroupView(c, g)}, err
}

func (a *API) updateEndpointGroup(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["endpoint_group"]
	if err := given.same("id", c.Path("id"), "ID"); err != nil {
		return nil, err
	}
	g, err := a.Catalog.UpdateEndpointGroup(ctx, c.Path("id"), endpointGroupChange(given))
	return view{"endpoint_group": endpointGroupView(c, g)}, err
}

func (a *API) deleteEndpointGroup(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.DeleteEndpointGroup(ctx, c.Path("id"))
}

func (a *API) listEndpointsInGroup(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	endpoints, err := a.Catalog.EndpointsInGroup(ctx, c.Path("id"))
	return collection(a, c, "endpoints", endpoints, endpointView), err
}

// listProjectsWithGroup lists none for a group that is not there, as upstream.
func (a *API) listProjectsWithGroup(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	projects, err := a.Catalog.ProjectsWithEndpointGroup(ctx, c.Path("id"))
	return collection(a, c, "projects", projects, projectView), err
}

func endpointGroupChange(given attributes) keystone.EndpointGroupChange {
	return keystone.EndpointGroupChange{
		Name: given.text("name"), Description: given.nullable("description"), Filters: given.object("filters"),
	}
}

func endpointGroupView(c *rest.Call, g keystone.EndpointGroup) view {
	return seen(c, "OS-EP-FILTER/endpoint_groups/"+g.ID, nil, view{
		"id": g.ID, "name": g.Name, "description": g.Description, "filters": g.Filters,
	})
}
