package api

import (
	"context"
	"encoding/json"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

type router = neutron.Router

func (a *API) routers() *resource[router] {
	return &resource[router]{
		name: "router", plural: "routers", path: "routers", attributes: routerAttributes(),
		fresh:   func() router { return router{AdminUp: true} },
		project: func(r *router) *string { return &r.ProjectID },
		target: func(r router) policy.Target {
			return policy.Target{"project_id": r.ProjectID, "tenant_id": r.ProjectID}
		},
		list:   unowned(a.Plugin.Routers),
		find:   a.Plugin.Router,
		create: a.Plugin.CreateRouters, update: a.Plugin.UpdateRouter, remove: a.Plugin.DeleteRouter,
	}
}

// routerAttributes are those of neutron_lib/api/definitions/l3.py and the extensions that are built.
func routerAttributes() []attribute[router] {
	gateway := plain[router]("external_gateway_info", post|put|ruled, gatewayInfo)
	gateway.set = func(r *router, v any) { r.Gateway = v.(*neutron.Gateway) }
	gateway.get = func(r router) any {
		if r.Gateway == nil {
			return nil
		}
		return map[string]any{
			"network_id": r.Gateway.NetworkID, "external_fixed_ips": fixedViews(r.Gateway.FixedIPs), "enable_snat": r.Gateway.SNAT,
		}
	}
	static := plain[router]("routes", put, routes)
	static.set, static.get = func(r *router, v any) { r.Routes = v.([]neutron.Route) }, func(r router) any { return routeViews(r.Routes) }
	return append(standard(
		func(r *router) *string { return &r.ID }, func(r *router) *string { return &r.ProjectID },
		func(r *router) *string { return &r.Name }, func(r *router) *string { return &r.Description },
		func(r *router) *[]string { return &r.Tags },
		func(r router) (int, time.Time, time.Time) { return r.Revision, r.CreatedAt, r.UpdatedAt }),
		gateway, static,
		shown("status", sorts, func(r router) any { return r.Status }),
		boolAt("admin_state_up", post|put|sorts, true, func(r *router) *bool { return &r.AdminUp }),
		neverTrue("ha"), neverTrue("distributed"),
		listAt("availability_zone_hints", post, texts, func(r *router) *[]string { return &r.ZoneHints }),
		shown("availability_zones", 0, func(r router) any { return listOf(r.Zones) }),
		nullString("flavor_id", post, uuid, func(r *router) *string { return &r.FlavorID }),
	)
}

// neverTrue is a mode of routers that there is not.
func neverTrue(name string) attribute[router] {
	at := plain[router](name, post|put|ruled, kind{filter: boolean.filter, check: func(v any) (any, error) {
		if v == nil {
			return false, nil
		}
		on, err := toBool(v)
		if err == nil && on == true {
			return nil, neutron.Bad("router", "%s routers are not supported", name)
		}
		return on, err
	}})
	at.get = func(router) any { return false }
	return at
}

var gatewayInfo = kind{check: func(v any) (any, error) {
	o, ok := v.(map[string]any)
	if v == nil || ok && len(o) == 0 {
		return (*neutron.Gateway)(nil), nil
	}
	if !ok {
		return nil, reason("'" + python(v) + "' is not a dictionary")
	}
	out := &neutron.Gateway{SNAT: true}
	for name, value := range o {
		switch name {
		case "network_id":
			id, err := uuid.check(value)
			if err != nil {
				return nil, err
			}
			out.NetworkID = id.(string)
		case "enable_snat":
			on, err := toBool(value)
			if err != nil {
				return nil, err
			}
			out.SNAT, out.SNATGiven = on.(bool), true
		case "external_fixed_ips":
			ips, err := fixedIPs.check(value)
			if err != nil {
				return nil, err
			}
			out.FixedIPs = ips.([]neutron.FixedIP)
		case "qos_policy_id":
		default:
			return nil, reason("Validation of dictionary's keys failed. Unexpected keys: {'" + name + "'}")
		}
	}
	if out.NetworkID == "" {
		return nil, reason("Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: " + python(v))
	}
	return out, nil
}}

// routerActions are what else routers do.
func (a *API) routerActions() []rest.Route {
	return []rest.Route{
		{Do: "PUT /v2.0/routers/{id}/add_router_interface", Rule: "add_router_interface", Status: 200, Run: a.plug(a.Plugin.AddRouterInterface, false)},
		{Do: "PUT /v2.0/routers/{id}/remove_router_interface", Rule: "remove_router_interface", Status: 200, Run: a.plug(a.Plugin.RemoveRouterInterface, true)},
		{Do: "PUT /v2.0/routers/{id}/add_extraroutes", Rule: "add_extraroutes", Status: 200, Run: a.reroute(a.Plugin.AddRoutes)},
		{Do: "PUT /v2.0/routers/{id}/remove_extraroutes", Rule: "remove_extraroutes", Status: 200, Run: a.reroute(a.Plugin.RemoveRoutes)},
	}
}

// plug adds or removes an interface. As neutron/db/l3_db.py, _validate_interface_info.
func (a *API) plug(do func(ctx context.Context, as neutron.Scope, routerID, subnetID, portID string) (neutron.RouterInterface, error), removing bool) rest.Handler {
	return func(ctx context.Context, c *rest.Call) (any, error) {
		r, err := seen(ctx, a.routers(), c)
		if err != nil {
			return nil, err
		}
		if err := c.AuthorizeOwner(r.ProjectID); err != nil {
			return nil, err
		}
		var in map[string]any
		if json.Unmarshal(c.Raw, &in) != nil {
			return nil, badRequest("Body contains invalid data")
		}
		ids := map[string]string{}
		for _, name := range []string{"port_id", "subnet_id"} {
			v, ok := in[name]
			if !ok {
				continue
			}
			id, err := uuid.check(v)
			if err != nil {
				return nil, neutron.Bad("router", "%s", err)
			}
			ids[name] = id.(string)
		}
		if len(ids) == 0 {
			return nil, neutron.Bad("router", "Either subnet_id or port_id must be specified")
		}
		if len(ids) == 2 && !removing {
			return nil, neutron.Bad("router", "Cannot specify both subnet-id and port-id")
		}
		i, err := do(ctx, scope(c), r.ID, ids["subnet_id"], ids["port_id"])
		if err != nil {
			return nil, err
		}
		return RouterInterface(i), nil
	}
}

// reroute adds or removes static routes.
func (a *API) reroute(do func(ctx context.Context, as neutron.Scope, id string, list []neutron.Route) (router, error)) rest.Handler {
	return func(ctx context.Context, c *rest.Call) (any, error) {
		r, err := seen(ctx, a.routers(), c)
		if err != nil {
			return nil, err
		}
		if err := c.AuthorizeOwner(r.ProjectID); err != nil {
			return nil, err
		}
		list, _, err := items(c.Raw, "router", "routers")
		if err != nil {
			return nil, err
		}
		in, _, err := take(routerAttributes(), list[0], false)
		if err != nil {
			return nil, err
		}
		given, _ := in.values["routes"].([]neutron.Route)
		if r, err = do(ctx, scope(c), r.ID, given); err != nil {
			return nil, err
		}
		return map[string]any{"router": view(a, a.routers(), c, r, nil)}, nil
	}
}
