package api

import (
	"context"
	"encoding/json"

	"cumulet/oslo/rest"
)

func (a *API) flavorAccessRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2.1/flavors/{id}/os-flavor-access", Rule: "os_compute_api:os-flavor-access", Status: 200, Run: rest.Get(a.listFlavorAccess)},
		{Do: "POST /v2.1/flavors/{id}/action", Rule: "os_compute_api:os-flavor-access", Status: 200, Run: rest.Get(a.actOnFlavor)},
	}
}

func viewAccess(flavorID string, projects []string) view {
	list := []view{}
	for _, id := range projects {
		list = append(list, view{"flavor_id": flavorID, "tenant_id": id})
	}
	return view{"flavor_access": list}
}

func (a *API) listFlavorAccess(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	projects, err := a.Manager.FlavorAccess(ctx, c.Path("id"))
	return viewAccess(c.Path("id"), projects), err
}

// actOnFlavor gives a project access to a private flavor, or takes it.
func (a *API) actOnFlavor(ctx context.Context, c *rest.Call) (view, error) {
	var in map[string]struct {
		Tenant string `json:"tenant"`
	}
	if json.Unmarshal(c.Raw, &in) != nil || len(in) != 1 {
		return nil, bad(malformed)
	}
	actions := map[string]struct {
		rule string
		run  func(context.Context, string, string) ([]string, error)
	}{
		"addTenantAccess":    {"os_compute_api:os-flavor-access:add_tenant_access", a.Manager.GrantFlavor},
		"removeTenantAccess": {"os_compute_api:os-flavor-access:remove_tenant_access", a.Manager.RevokeFlavor},
	}
	for name, value := range in {
		action, known := actions[name]
		if !known {
			return nil, bad("There is no such action: %s", name)
		}
		tenant := object(`"tenant": {"type": "string", "minLength": 1, "maxLength": 255}`, "tenant")
		if err := c.Check(rest.Body(rest.MustSchema(wrapped(name, tenant)))); err != nil {
			return nil, err
		}
		if err := c.AuthorizeRule(action.rule, nil); err != nil {
			return nil, err
		}
		if name == "addTenantAccess" { // access may be taken from a project that is gone
			if err := a.Projects.CheckProject(ctx, c.Who, value.Tenant); err != nil {
				return nil, err
			}
		}
		projects, err := action.run(ctx, c.Path("id"), value.Tenant)
		return viewAccess(c.Path("id"), projects), err
	}
	return nil, nil
}
