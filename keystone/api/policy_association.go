package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// policyAssociationRoutes are the same three deeds for each kind of thing that a policy may be for, and both ways to look.
func (a *API) policyAssociationRoutes() []rest.Route {
	const path = "/v3/policies/{id}/OS-ENDPOINT-POLICY"
	routes := []rest.Route{
		{Do: "GET " + path + "/endpoints", Rule: "identity:list_endpoints_for_policy", Status: 200, Run: rest.Get(a.listPolicyEndpoints)},
		{Do: "GET /v3/endpoints/{id}/OS-ENDPOINT-POLICY/policy", Rule: "identity:get_policy_for_endpoint", Status: 200,
			Run: rest.Get(a.showEndpointPolicy)},
	}
	for _, of := range []struct{ path, noun string }{
		{"/endpoints/{endpoint}", "endpoint"}, {"/services/{service}", "service"},
		{"/services/{service}/regions/{region}", "region_and_service"},
	} {
		at, rule := path+of.path, "_policy_association_for_"+of.noun
		routes = append(routes,
			rest.Route{Do: "GET " + at, Rule: "identity:check" + rule, Status: 204, Run: associating(a.Catalog.CheckPolicyAssociation)},
			rest.Route{Do: "PUT " + at, Rule: "identity:create" + rule, Status: 204, Run: associating(a.Catalog.AssociatePolicy)},
			rest.Route{Do: "DELETE " + at, Rule: "identity:delete" + rule, Status: 204, Run: associating(a.Catalog.DissociatePolicy)},
		)
	}
	return routes
}

// associating does something to the association that the path names.
func associating(do func(context.Context, keystone.PolicyAssociation) error) rest.Handler {
	return rest.Do(func(ctx context.Context, c *rest.Call) error {
		if err := c.Authorize(policy.Target{}); err != nil {
			return err
		}
		return do(ctx, keystone.PolicyAssociation{
			PolicyID: c.Path("id"), EndpointID: c.Path("endpoint"), ServiceID: c.Path("service"), RegionID: c.Path("region"),
		})
	})
}

func (a *API) listPolicyEndpoints(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	endpoints, err := a.Catalog.EndpointsOfPolicy(ctx, c.Path("id"))
	return collection(a, c, "endpoints", endpoints, func(c *rest.Call, e keystone.Endpoint) view {
		v := endpointView(c, e)
		delete(v, "region") // the region's old name is not shown here; as keystone/api/policy.py
		return v
	}), err
}

// showEndpointPolicy links to a policy as if it were an endpoint, as keystone/api/endpoints.py does.
func (a *API) showEndpointPolicy(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Catalog.PolicyOfEndpoint(ctx, c.Path("id"))
	v := policyView(c, p)
	v["links"] = view{"self": c.URL("/v3/endpoints/" + p.ID)}
	return view{"policy": v}, err
}
