package api

import (
	"context"

	"cumulet/neutron"
	"cumulet/oslo/rest"
)

func (a *API) zoneRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2.0/availability_zones", Rule: "get_availability_zone", Status: 200, Run: rest.Get(a.listZones)},
	}
}

// listZones are the zones of agents that serve networks or routers. As neutron/db/agents_db.py, get_availability_zones.
func (a *API) listZones(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	agents, err := a.Plugin.Agents(ctx, neutron.Query{Scope: neutron.Everything()})
	type zone struct{ name, resource string }
	states := map[zone]bool{}
	var order []zone
	for _, one := range agents {
		z := zone{one.Zone, "network"}
		if one.Type == neutron.AgentL3 {
			z.resource = "router"
		}
		if z.name == "" {
			continue
		}
		if _, ok := states[z]; !ok {
			order = append(order, z)
		}
		states[z] = states[z] || one.AdminUp
	}
	views := []any{}
	for _, z := range order {
		state := "unavailable"
		if states[z] {
			state = "available"
		}
		views = append(views, map[string]any{"name": z.name, "resource": z.resource, "state": state})
	}
	return map[string]any{"availability_zones": views}, err
}

// emptyRoutes are lists that clients ask for, of what nobody can make here: they are empty.
func (a *API) emptyRoutes() []rest.Route {
	var out []rest.Route
	for _, of := range []struct{ path, rule, plural string }{
		{"subnetpools", "get_subnetpool", "subnetpools"},
		{"address-scopes", "get_address_scope", "address_scopes"},
		{"rbac-policies", "get_rbac_policy", "rbac_policies"},
		{"service-providers", "get_service_provider", "service_providers"},
	} {
		out = append(out, rest.Route{Do: "GET /v2.0/" + of.path, Rule: of.rule, Status: 200, Run: func(_ context.Context, c *rest.Call) (any, error) {
			return map[string]any{of.plural: []any{}}, c.Authorize(c.Mine())
		}})
	}
	return out
}
