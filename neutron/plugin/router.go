package plugin

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// Routers lists routers.
func (p *Plugin) Routers(ctx context.Context, q neutron.Query) ([]neutron.Router, error) {
	return p.DB.Routers(ctx, q)
}

// Router finds a router within a scope.
func (p *Plugin) Router(ctx context.Context, as neutron.Scope, id string) (neutron.Router, error) {
	return p.DB.Router(ctx, as, id)
}

// CreateRouters makes routers, all or none.
func (p *Plugin) CreateRouters(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.Router]) ([]neutron.Router, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.Router]) (neutron.Router, error) {
		return w.createRouter(ctx, as, d.Of)
	})
}

func (w *work) createRouter(ctx context.Context, as neutron.Scope, r neutron.Router) (neutron.Router, error) {
	if err := w.admit(ctx, r.ProjectID, "router", 1); err != nil {
		return r, err
	}
	r.ID, r.Status = newID(), neutron.Active
	w.made(&r.Revision, &r.CreatedAt, &r.UpdatedAt)
	r.Revision = 1
	wanted := r.Gateway
	r.Gateway = nil
	if err := w.InsertRouter(ctx, r); err != nil {
		return r, fmt.Errorf("create router %q: %w", r.ID, err)
	}
	if wanted != nil {
		if err := w.setGateway(ctx, as, &r, wanted); err != nil {
			return r, err
		}
		r.Revision++
		if err := w.UpdateRouter(ctx, r); err != nil {
			return r, fmt.Errorf("create router %q: %w", r.ID, err)
		}
		if err := w.scheduleRouters(ctx, []string{r.ID}); err != nil {
			return r, err
		}
	}
	w.tell(neutron.RouterChanged{ID: r.ID}, neutron.TopicL3)
	return r, w.Record(ctx, "router.create.end", r)
}

// UpdateRouter changes a router.
func (p *Plugin) UpdateRouter(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.Router]) (neutron.Router, error) {
	var r neutron.Router
	err := p.tx(ctx, func(w *work) error {
		old, err := w.Router(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		r = old
		change.Apply(&r)
		wanted := r.Gateway
		r.Gateway = old.Gateway
		if change.Given["external_gateway_info"] {
			if err := w.setGateway(ctx, as, &r, wanted); err != nil {
				return err
			}
		}
		if change.Given["routes"] || change.Given["external_gateway_info"] && len(r.Routes) > 0 {
			if err := w.checkRoutes(ctx, r); err != nil {
				return err
			}
		}
		return w.writeRouter(ctx, &r)
	})
	return r, err
}

func (w *work) writeRouter(ctx context.Context, r *neutron.Router) error {
	w.changed(&r.Revision, &r.UpdatedAt)
	if err := w.UpdateRouter(ctx, *r); err != nil {
		return fmt.Errorf("update router %q: %w", r.ID, err)
	}
	if err := w.scheduleRouters(ctx, []string{r.ID}); err != nil {
		return err
	}
	w.tell(neutron.RouterChanged{ID: r.ID}, neutron.TopicL3)
	return w.Record(ctx, "router.update.end", *r)
}

// AddRoutes adds static routes to a router; RemoveRoutes takes some away. What is there, or is not, already is no error.
func (p *Plugin) AddRoutes(ctx context.Context, as neutron.Scope, id string, routes []neutron.Route) (neutron.Router, error) {
	return p.changeRoutes(ctx, as, id, func(have []neutron.Route) []neutron.Route {
		for _, r := range routes {
			if !slices.Contains(have, r) {
				have = append(have, r)
			}
		}
		return have
	})
}

// RemoveRoutes takes static routes from a router.
func (p *Plugin) RemoveRoutes(ctx context.Context, as neutron.Scope, id string, routes []neutron.Route) (neutron.Router, error) {
	return p.changeRoutes(ctx, as, id, func(have []neutron.Route) []neutron.Route {
		return slices.DeleteFunc(have, func(r neutron.Route) bool { return slices.Contains(routes, r) })
	})
}

func (p *Plugin) changeRoutes(ctx context.Context, as neutron.Scope, id string, change func([]neutron.Route) []neutron.Route) (neutron.Router, error) {
	return p.UpdateRouter(ctx, as, id, neutron.Change[neutron.Router]{
		Apply: func(r *neutron.Router) { r.Routes = change(slices.Clone(r.Routes)) },
		Given: neutron.Given{"routes": true},
	})
}

// checkRoutes is what must hold of static routes: next hops lie beside the router and are not itself.
func (w *work) checkRoutes(ctx context.Context, r neutron.Router) error {
	if most := w.p.Config.MaxRoutes; len(r.Routes) > most {
		return fault.New(fault.Invalid, "RoutesExhausted",
			"Unable to complete operation for %s. The number of routes exceeds the maximum %d.", r.ID, most)
	}
	own, prefixes, err := w.routerAddresses(ctx, r.ID, "")
	if err != nil {
		return err
	}
	for _, route := range r.Routes {
		switch {
		case !neutron.Reaches(prefixes, route.NextHop):
			return invalidRoutes(r.Routes, "the nexthop is not connected with router")
		case slices.Contains(own, route.NextHop):
			return invalidRoutes(r.Routes, "the nexthop is used by router")
		}
	}
	return nil
}

func invalidRoutes(routes []neutron.Route, why string) error {
	texts := make([]string, len(routes))
	for i, r := range routes {
		texts[i] = fmt.Sprintf("{'destination': '%s', 'nexthop': '%s'}", r.Destination, r.NextHop)
	}
	return fault.New(fault.Invalid, "InvalidRoutes", "Invalid format for routes: [%s], %s", strings.Join(texts, ", "), why)
}

// routerAddresses are a router's addresses and the prefixes of its subnets, but for one port.
func (w *work) routerAddresses(ctx context.Context, routerID, but string) ([]netip.Addr, []netip.Prefix, error) {
	ports, err := w.routerPorts(ctx, routerID)
	if err != nil {
		return nil, nil, err
	}
	var own []netip.Addr
	var ids []string
	for _, port := range ports {
		if port.ID == but {
			continue
		}
		for _, f := range port.FixedIPs {
			own, ids = append(own, f.Address), append(ids, f.SubnetID)
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil
	}
	subnets, err := w.Subnets(ctx, neutron.By("id", ids...))
	if err != nil {
		return nil, nil, err
	}
	prefixes := make([]netip.Prefix, len(subnets))
	for i, s := range subnets {
		prefixes[i] = s.CIDR
	}
	return own, prefixes, nil
}

// routerPorts are the ports of a router: interfaces and gateway.
func (w *work) routerPorts(ctx context.Context, routerID string) ([]neutron.Port, error) {
	return w.Ports(ctx, neutron.By("device_id", routerID).
		Where("device_owner", neutron.OwnerRouterInterface, neutron.OwnerRouterGateway))
}

// routersOf tells the routers that a changed port concerns: its own, and those that map floating addresses to it.
func (w *work) routersOf(ctx context.Context, port neutron.Port) error {
	switch port.DeviceOwner {
	case neutron.OwnerRouterInterface, neutron.OwnerRouterGateway:
		w.tell(neutron.RouterChanged{ID: port.DeviceID}, neutron.TopicL3)
	}
	floating, err := w.FloatingIPs(ctx, neutron.By("port_id", port.ID))
	for _, f := range floating {
		w.tell(neutron.RouterChanged{ID: f.RouterID}, neutron.TopicL3)
	}
	return err
}

// DeleteRouter removes a router without interfaces.
func (p *Plugin) DeleteRouter(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		r, err := w.Router(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.Router]{IfRevision: ifRevision}).Holds(r.Revision); err != nil {
			return err
		}
		ports, err := w.Ports(ctx, neutron.By("device_id", id).Where("device_owner", neutron.OwnerRouterInterface))
		if err != nil {
			return err
		}
		if len(ports) > 0 {
			ids := make([]string, len(ports))
			for i, port := range ports {
				ids[i] = port.ID
			}
			return neutron.Conflict("RouterInUse", "Router %s has ports still attached: %s", id, strings.Join(ids, ", "))
		}
		if err := w.dropGateway(ctx, &r); err != nil {
			return err
		}
		if err := w.DeleteRouter(ctx, id); err != nil {
			return fmt.Errorf("delete router %q: %w", id, err)
		}
		w.tell(neutron.RouterDeleted{ID: id}, neutron.TopicL3)
		return w.Record(ctx, "router.delete.end", r)
	})
}
