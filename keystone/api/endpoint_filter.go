package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) endpointFilterRoutes() []rest.Route {
	const (
		endpoints = "/v3/OS-EP-FILTER/projects/{id}/endpoints"
		endpoint  = endpoints + "/{endpoint}"
		group     = endpointGroupPath + "/{id}/projects/{project}"
	)
	return []rest.Route{
		{Do: "GET /v3/OS-EP-FILTER/endpoints/{id}/projects", Rule: "identity:list_projects_for_endpoint", Status: 200,
			Run: rest.Get(a.listProjectsWithEndpoint)},
		{Do: "GET " + endpoints, Rule: "identity:list_endpoints_for_project", Status: 200, Run: rest.Get(a.listProjectEndpoints)},
		{Do: "GET " + endpoint, Rule: "identity:check_endpoint_in_project", Status: 204, Run: rest.Do(a.checkProjectEndpoint)},
		{Do: "PUT " + endpoint, Rule: "identity:add_endpoint_to_project", Status: 204, Run: rest.Do(a.addProjectEndpoint)},
		{Do: "DELETE " + endpoint, Rule: "identity:remove_endpoint_from_project", Status: 204, Run: rest.Do(a.removeProjectEndpoint)},
		{Do: "GET /v3/OS-EP-FILTER/projects/{id}/endpoint_groups", Rule: "identity:list_endpoint_groups_for_project", Status: 200,
			Run: rest.Get(a.listProjectEndpointGroups)},
		{Do: "GET " + group, Rule: "identity:get_endpoint_group_in_project", Status: 200, Run: rest.Get(a.showProjectEndpointGroup)},
		{Do: "PUT " + group, Rule: "identity:add_endpoint_group_to_project", Status: 204, Run: rest.Do(a.addProjectEndpointGroup)},
		{Do: "DELETE " + group, Rule: "identity:remove_endpoint_group_from_project", Status: 204,
			Run: rest.Do(a.removeProjectEndpointGroup)},
	}
}

func (a *API) listProjectsWithEndpoint(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	projects, err := a.Catalog.ProjectsOfEndpoint(ctx, c.Path("id"))
	return collection(a, c, "projects", projects, projectView), err
}

func (a *API) listProjectEndpoints(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	endpoints, err := a.Catalog.EndpointsOfProject(ctx, c.Path("id"))
	return collection(a, c, "endpoints", endpoints, endpointView), err
}

func projectEndpoint(c *rest.Call) keystone.ProjectEndpoint {
	return keystone.ProjectEndpoint{ProjectID: c.Path("id"), EndpointID: c.Path("endpoint")}
}

func (a *API) checkProjectEndpoint(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.CheckEndpoint(ctx, projectEndpoint(c))
}

func (a *API) addProjectEndpoint(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.AddEndpoint(ctx, projectEndpoint(c))
}

func (a *API) removeProjectEndpoint(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.RemoveEndpoint(ctx, projectEndpoint(c))
}

func (a *API) listProjectEndpointGroups(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	groups, err := a.Catalog.EndpointGroupsOfProject(ctx, c.Path("id"))
	return collection(a, c, "endpoint_groups", groups, endpointGroupView), err
}

func projectEndpointGroup(c *rest.Call) keystone.ProjectEndpointGroup {
	return keystone.ProjectEndpointGroup{ProjectID: c.Path("project"), EndpointGroupID: c.Path("id")}
}

// showProjectEndpointGroup links to itself by a path without a host, as keystone/api/os_ep_filter.py does.
func (a *API) showProjectEndpointGroup(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p := projectEndpointGroup(c)
	return view{"project_endpoint_group": view{
		"project_id": p.ProjectID, "endpoint_group_id": p.EndpointGroupID,
		"links": view{"self": "/OS-EP-FILTER/endpoint_groups/" + p.EndpointGroupID + "/projects/" + p.ProjectID},
	}}, a.Catalog.CheckEndpointGroup(ctx, p)
}

func (a *API) addProjectEndpointGroup(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.AddEndpointGroup(ctx, projectEndpointGroup(c))
}

func (a *API) removeProjectEndpointGroup(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.RemoveEndpointGroup(ctx, projectEndpointGroup(c))
}
