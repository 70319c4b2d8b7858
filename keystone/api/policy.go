package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) policyRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/policies", Rule: "identity:create_policy", In: rest.Body(policyCreate), Status: 201, Run: rest.JSON(a.createPolicy)},
		{Do: "GET /v3/policies", Rule: "identity:list_policies", Status: 200, Run: rest.Get(a.listPolicies)},
		{Do: "GET /v3/policies/{id}", Rule: "identity:get_policy", Status: 200, Run: rest.Get(a.showPolicy)},
		{Do: "PATCH /v3/policies/{id}", Rule: "identity:update_policy", In: rest.Body(policyUpdate), Status: 200, Run: rest.JSON(a.updatePolicy)},
		{Do: "DELETE /v3/policies/{id}", Rule: "identity:delete_policy", Status: 204, Run: rest.Do(a.deletePolicy)},
	}
}

// policyMembers are keystone/policy/schema.py's.
const policyMembers = `
	"blob": {"type": "string"},
	"type": {"type": "string", "maxLength": 255}`

var (
	policyCreate = rest.MustSchema(`{"type": "object", "required": ["policy"], "properties": {"policy": {
		"type": "object", "required": ["blob", "type"], "properties": {` + policyMembers + `}}}}`)
	policyUpdate = update("policy", policyMembers)
)

func (a *API) createPolicy(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	var p keystone.Policy
	policyChange(in["policy"]).Apply(&p)
	p, err := a.Catalog.CreatePolicy(ctx, p)
	return view{"policy": policyView(c, p)}, err
}

func (a *API) listPolicies(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	policies, err := a.Catalog.Policies(ctx, a.query(c, "type"))
	return collection(a, c, "policies", policies, policyView), err
}

func (a *API) showPolicy(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Catalog.Policy(ctx, c.Path("id"))
	return view{"policy": policyView(c, p)}, err
}

func (a *API) updatePolicy(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["policy"]
	if err := given.same("id", c.Path("id"), "policy ID"); err != nil {
		return nil, err
	}
	p, err := a.Catalog.UpdatePolicy(ctx, c.Path("id"), policyChange(given))
	return view{"policy": policyView(c, p)}, err
}

func (a *API) deletePolicy(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.DeletePolicy(ctx, c.Path("id"))
}

func policyChange(given attributes) keystone.PolicyChange {
	return keystone.PolicyChange{Blob: given.text("blob"), Type: given.text("type"), Extra: given.extra("blob", "type")}
}

func policyView(c *rest.Call, p keystone.Policy) view {
	return seen(c, "policies/"+p.ID, p.Extra, view{"id": p.ID, "blob": p.Blob, "type": p.Type})
}
