package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) impliedRoleRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/role_inferences", Rule: "identity:list_role_inference_rules", Status: 200, Run: rest.Get(a.listInferences)},
		{Do: "GET /v3/roles/{id}/implies", Rule: "identity:list_implied_roles", Status: 200, Run: rest.Get(a.listImplied)},
		{Do: "GET /v3/roles/{id}/implies/{implied}", Rule: "identity:get_implied_role", Status: 200, Run: rest.Get(a.showImplied)},
		{Do: "HEAD /v3/roles/{id}/implies/{implied}", Rule: "identity:check_implied_role", Status: 204, Run: rest.Do(a.checkImplied)},
		{Do: "PUT /v3/roles/{id}/implies/{implied}", Rule: "identity:create_implied_role", Status: 201, Run: rest.Get(a.imply)},
		{Do: "DELETE /v3/roles/{id}/implies/{implied}", Rule: "identity:delete_implied_role", Status: 204, Run: rest.Do(a.unimply)},
	}
}

func inference(c *rest.Call) keystone.ImpliedRole {
	return keystone.ImpliedRole{PriorID: c.Path("id"), ImpliedID: c.Path("implied")}
}

func (a *API) listInferences(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	all, err := a.Assignment.ImpliedRoles(ctx)
	if err != nil {
		return nil, err
	}
	inferences := []view{}
	for i := 0; i < len(all); { // they come in the order of their prior roles
		prior := all[i].PriorID
		v, err := a.impliedBy(ctx, c, prior)
		if err != nil {
			return nil, err
		}
		inferences = append(inferences, v)
		for i < len(all) && all[i].PriorID == prior {
			i++
		}
	}
	return view{"role_inferences": inferences}, nil
}

// impliedBy shows what one role implies.
func (a *API) impliedBy(ctx context.Context, c *rest.Call, id string) (view, error) {
	prior, err := a.Assignment.Role(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := a.Assignment.ImpliedRoles(ctx)
	implied := []view{}
	for _, i := range all {
		if i.PriorID != id {
			continue
		}
		r, err := a.Assignment.Role(ctx, i.ImpliedID)
		if err != nil {
			return nil, err
		}
		implied = append(implied, roleLink(c, r))
	}
	return view{"prior_role": roleLink(c, prior), "implies": implied}, err
}

func (a *API) listImplied(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{"target.prior_role.id": c.Path("id")}); err != nil {
		return nil, err
	}
	v, err := a.impliedBy(ctx, c, c.Path("id"))
	return view{"role_inference": v, "links": view{"self": a.self(c)}}, err
}

func (a *API) showImplied(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{"target.prior_role.id": c.Path("id")}); err != nil {
		return nil, err
	}
	prior, implied, err := a.Assignment.Implied(ctx, inference(c))
	return a.inferenceView(c, prior, implied), err
}

func (a *API) checkImplied(ctx context.Context, c *rest.Call) error {
	_, err := a.showImplied(ctx, c)
	return err
}

func (a *API) imply(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{"target.prior_role.id": c.Path("id")}); err != nil {
		return nil, err
	}
	if err := a.Assignment.Imply(ctx, inference(c)); err != nil {
		return nil, err
	}
	prior, implied, err := a.Assignment.Implied(ctx, inference(c))
	return a.inferenceView(c, prior, implied), err
}

func (a *API) unimply(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{"target.prior_role.id": c.Path("id")}); err != nil {
		return err
	}
	return a.Assignment.Unimply(ctx, inference(c))
}

func (a *API) inferenceView(c *rest.Call, prior, implied keystone.Role) view {
	return view{
		"role_inference": view{"prior_role": roleLink(c, prior), "implies": roleLink(c, implied)},
		"links":          view{"self": a.self(c)},
	}
}

func roleLink(c *rest.Call, r keystone.Role) view {
	return view{"id": r.ID, "name": r.Name, "links": view{"self": c.URL("/v3/roles/" + r.ID)}}
}
