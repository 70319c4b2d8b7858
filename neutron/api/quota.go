package api

import (
	"context"
	"slices"

	"cumulet/neutron"
	"cumulet/oslo/rest"
)

func (a *API) quotaRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2.0/quotas", Rule: "get_quotas", Status: 200, Run: rest.Get(a.listQuotas)},
		{Do: "GET /v2.0/quotas/{project}", Rule: "get_quota", Status: 200, Run: rest.Get(a.showQuota)},
		{Do: "GET /v2.0/quotas/{project}/default", Rule: "get_quota", Status: 200, Run: rest.Get(a.defaultQuota)},
		{Do: "GET /v2.0/quotas/{project}/details.json", Rule: "get_quota", Status: 200, Run: rest.Get(a.quotaDetails)},
		{Do: "GET /v2.0/quotas/{project}/details", Rule: "get_quota", Status: 200, Run: rest.Get(a.quotaDetails)},
		{Do: "PUT /v2.0/quotas/{project}", Rule: "update_quota", Status: 200, Run: rest.Handler(a.updateQuota)},
		{Do: "DELETE /v2.0/quotas/{project}", Rule: "delete_quota", Status: 204, Run: rest.Do(a.deleteQuota)},
	}
}

func (a *API) listQuotas(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	all, err := a.Plugin.Quotas(ctx)
	views := []any{}
	for project, limits := range all {
		view := map[string]any{"project_id": project, "tenant_id": project}
		for r, n := range limits {
			view[r] = n
		}
		views = append(views, view)
	}
	return map[string]any{"quotas": views}, err
}

func (a *API) showQuota(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.AuthorizeOwner(c.Path("project")); err != nil {
		return nil, err
	}
	limits, err := a.Plugin.Quota(ctx, c.Path("project"))
	return map[string]any{"quota": limits}, err
}

func (a *API) defaultQuota(_ context.Context, c *rest.Call) (any, error) {
	return map[string]any{"quota": a.Plugin.DefaultQuotas()}, c.AuthorizeOwner(c.Path("project"))
}

// quotaDetails also tells what is used. As neutron/extensions/quotasv2_detail.py.
func (a *API) quotaDetails(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.AuthorizeOwner(c.Path("project")); err != nil {
		return nil, err
	}
	limits, err := a.Plugin.Quota(ctx, c.Path("project"))
	if err != nil {
		return nil, err
	}
	used, err := a.Plugin.Usage(ctx, c.Path("project"))
	view := map[string]any{}
	for r, n := range limits {
		view[r] = map[string]any{"limit": n, "used": used[r], "reserved": 0}
	}
	return map[string]any{"quota": view}, err
}

func (a *API) updateQuota(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.AuthorizeOwner(c.Path("project")); err != nil {
		return nil, err
	}
	list, _, err := items(c.Raw, "quota", "quotas")
	if err != nil {
		return nil, err
	}
	limits := map[string]int{}
	for name, v := range list[0] {
		if name == "project_id" || name == "tenant_id" {
			continue
		}
		if !slices.Contains(neutron.Resources(), name) {
			return nil, badRequest("Unrecognized attribute(s) '%s'", name)
		}
		n, err := toInt(v)
		if err != nil {
			return nil, err
		}
		if n.(int) < -1 {
			return nil, badRequest("Invalid input for %s. Reason: '%d' is too small - must be at least '-1'.", name, n)
		}
		limits[name] = n.(int)
	}
	if err := a.Plugin.UpdateQuota(ctx, c.Path("project"), limits); err != nil {
		return nil, err
	}
	now, err := a.Plugin.Quota(ctx, c.Path("project"))
	return map[string]any{"quota": now}, err
}

func (a *API) deleteQuota(ctx context.Context, c *rest.Call) error {
	if err := c.AuthorizeOwner(c.Path("project")); err != nil {
		return err
	}
	return a.Plugin.DeleteQuota(ctx, c.Path("project"))
}
