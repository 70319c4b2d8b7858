package plugin

import (
	"context"
	"slices"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// AddRouterInterface plugs a router into a subnet (making the port, which gets the gateway's address) or takes a port.
func (p *Plugin) AddRouterInterface(ctx context.Context, as neutron.Scope, routerID, subnetID, portID string) (neutron.RouterInterface, error) {
	var made neutron.RouterInterface
	err := p.tx(ctx, func(w *work) error {
		r, err := w.Router(ctx, as, routerID)
		if err != nil {
			return err
		}
		var port neutron.Port
		if portID != "" {
			port, err = w.interfaceOfPort(ctx, as, r, portID)
		} else {
			port, err = w.interfaceOfSubnet(ctx, as, r, subnetID)
		}
		if err != nil {
			return err
		}
		made = neutron.RouterInterface{
			RouterID: r.ID, ProjectID: port.ProjectID, PortID: port.ID, NetworkID: port.NetworkID, Tags: r.Tags,
		}
		for _, f := range port.FixedIPs {
			if portID != "" || f.SubnetID == subnetID {
				made.SubnetIDs = append(made.SubnetIDs, f.SubnetID)
			}
		}
		return w.interfacesChanged(ctx, r.ID, "router.interface.create", made)
	})
	return made, err
}

// interfacesChanged does what follows from a new or gone interface.
func (w *work) interfacesChanged(ctx context.Context, routerID, event string, i neutron.RouterInterface) error {
	if err := w.Touch(ctx, "routers", routerID); err != nil {
		return err
	}
	if err := w.scheduleRouters(ctx, []string{routerID}); err != nil {
		return err
	}
	w.tell(neutron.RouterChanged{ID: routerID}, neutron.TopicL3)
	w.tell(neutron.NetworkChanged{ID: i.NetworkID}, neutron.TopicDHCP) // metadata and gateway may go another way now
	return w.Record(ctx, event, i)
}

func (w *work) interfaceOfPort(ctx context.Context, as neutron.Scope, r neutron.Router, portID string) (neutron.Port, error) {
	port, err := w.Port(ctx, as, portID)
	if err != nil {
		return port, err
	}
	if port.DeviceID != "" {
		return port, neutron.Conflict("PortInUse", "Unable to complete operation on port %s for network %s. "+
			"Port already has an attached device %s.", port.ID, port.NetworkID, port.DeviceID)
	}
	if len(port.FixedIPs) == 0 {
		return port, neutron.Bad("router", "Router port must have at least one fixed IP")
	}
	var ids []string
	for _, f := range port.FixedIPs {
		ids = append(ids, f.SubnetID)
	}
	subnets, err := w.Subnets(ctx, neutron.By("id", ids...))
	if err != nil {
		return port, err
	}
	if err := w.noRouterOverlap(ctx, r.ID, subnets); err != nil {
		return port, err
	}
	if count(subnets, 4) > 1 {
		return port, neutron.Bad("router", "Cannot have multiple IPv4 subnets on router port")
	}
	if err := ownedOrInPools(as, port, subnets); err != nil {
		return port, err
	}
	old := port
	port.DeviceID, port.DeviceOwner = r.ID, neutron.OwnerRouterInterface
	port.PortSecurity, port.SecurityGroups, port.AddressPairs = false, nil, nil
	if port.Binding.Host, err = w.routerHost(ctx, r.ID); err != nil {
		return port, err
	}
	return port, w.updatePort(ctx, as, old, &port, neutron.Given{})
}

func count(subnets []neutron.Subnet, version int) int {
	n := 0
	for _, s := range subnets {
		if s.IPVersion() == version {
			n++
		}
	}
	return n
}

// ownedOrInPools refuses to have a router take an address that others' subnets do not give out.
func ownedOrInPools(as neutron.Scope, port neutron.Port, subnets []neutron.Subnet) error {
	if as.All {
		return nil
	}
	for _, s := range subnets {
		for _, f := range port.FixedIPs {
			inside := slices.ContainsFunc(s.Pools, func(p neutron.Pool) bool { return p.Contains(f.Address) })
			if f.SubnetID == s.ID && s.ProjectID != as.ProjectID && !inside {
				return neutron.Bad("router", "Cannot add interface to router because specified port %s has an IP address out of "+
					"the allocation pool of subnet %s, which is not owned by the project making the request", port.ID, s.ID)
			}
		}
	}
	return nil
}

func (w *work) interfaceOfSubnet(ctx context.Context, as neutron.Scope, r neutron.Router, subnetID string) (neutron.Port, error) {
	s, err := w.Subnet(ctx, as, subnetID)
	if err != nil {
		return neutron.Port{}, err
	}
	if !s.Gateway.IsValid() {
		return neutron.Port{}, neutron.Bad("router", "Subnet for router interface must have a gateway IP")
	}
	if !as.All && s.ProjectID != as.ProjectID {
		return neutron.Port{}, neutron.Bad("router",
			"Cannot add interface to router because subnet %s is not owned by project making the request", s.ID)
	}
	if err := w.noRouterOverlap(ctx, r.ID, []neutron.Subnet{s}); err != nil {
		return neutron.Port{}, err
	}
	address := neutron.FixedIP{SubnetID: s.ID, Address: s.Gateway}
	if s.IPVersion() == 6 {
		ports, err := w.Ports(ctx, neutron.By("device_id", r.ID).Where("device_owner", neutron.OwnerRouterInterface).
			Where("network_id", s.NetworkID))
		if err != nil {
			return neutron.Port{}, err
		}
		for _, port := range ports { // a network's IPv6 prefixes share one port
			if slices.ContainsFunc(port.FixedIPs, func(f neutron.FixedIP) bool { return f.Address.Is6() }) {
				old := port
				port.FixedIPs = append(slices.Clone(port.FixedIPs), address)
				return port, w.updatePort(ctx, as, old, &port, neutron.Given{"fixed_ips": true})
			}
		}
	}
	host, err := w.routerHost(ctx, r.ID)
	if err != nil {
		return neutron.Port{}, err
	}
	return w.createPort(ctx, as, neutron.Port{
		ProjectID: r.ProjectID, NetworkID: s.NetworkID, AdminUp: true, DeviceID: r.ID, DeviceOwner: neutron.OwnerRouterInterface,
		FixedIPs: []neutron.FixedIP{address}, Binding: neutron.Binding{Host: host},
	}, neutron.Given{"fixed_ips": true})
}

// noRouterOverlap refuses subnets that a router is on already, or whose addresses overlap those of its subnets.
// As neutron/db/l3_db.py, _check_for_dup_router_subnets.
func (w *work) noRouterOverlap(ctx context.Context, routerID string, added []neutron.Subnet) error {
	ports, err := w.routerPorts(ctx, routerID)
	if err != nil {
		return err
	}
	var ids, networks []string
	for _, port := range ports {
		if port.DeviceOwner == neutron.OwnerRouterGateway {
			networks = append(networks, port.NetworkID)
		}
		for _, f := range port.FixedIPs {
			if slices.ContainsFunc(added, func(s neutron.Subnet) bool { return s.ID == f.SubnetID }) {
				return neutron.Bad("router", "Router already has a port on subnet %s", f.SubnetID)
			}
			ids = append(ids, f.SubnetID)
		}
	}
	for _, q := range []neutron.Query{neutron.By("id", ids...), neutron.By("network_id", networks...)} {
		have, err := w.Subnets(ctx, q)
		if err != nil {
			return err
		}
		for _, s := range have {
			for _, a := range added {
				if a.CIDR.Overlaps(s.CIDR) {
					return neutron.Bad("router", "Cidr %s of subnet %s overlaps with cidr %s of subnet %s", a.CIDR, a.ID, s.CIDR, s.ID)
				}
			}
		}
	}
	return nil
}

// RemoveRouterInterface unplugs a router from a subnet or port. With both named they must belong together.
func (p *Plugin) RemoveRouterInterface(ctx context.Context, as neutron.Scope, routerID, subnetID, portID string) (neutron.RouterInterface, error) {
	var gone neutron.RouterInterface
	err := p.tx(ctx, func(w *work) error {
		r, err := w.Router(ctx, as, routerID)
		if err != nil {
			return err
		}
		port, err := w.interfaceToRemove(ctx, as, r, subnetID, portID)
		if err != nil {
			return err
		}
		gone = neutron.RouterInterface{
			RouterID: r.ID, ProjectID: port.ProjectID, PortID: port.ID, NetworkID: port.NetworkID, Tags: r.Tags,
		}
		for _, f := range port.FixedIPs {
			if portID != "" || f.SubnetID == subnetID {
				gone.SubnetIDs = append(gone.SubnetIDs, f.SubnetID)
			}
		}
		for _, id := range gone.SubnetIDs {
			if err := w.interfaceFree(ctx, r, id, port.ID); err != nil {
				return err
			}
		}
		if portID == "" && len(port.FixedIPs) > 1 {
			old := port
			port.FixedIPs = slices.DeleteFunc(slices.Clone(port.FixedIPs), func(f neutron.FixedIP) bool { return f.SubnetID == subnetID })
			err = w.updatePort(ctx, as, old, &port, neutron.Given{"fixed_ips": true})
		} else {
			err = w.deletePort(ctx, port)
		}
		if err != nil {
			return err
		}
		return w.interfacesChanged(ctx, r.ID, "router.interface.delete", gone)
	})
	return gone, err
}

func (w *work) interfaceToRemove(ctx context.Context, as neutron.Scope, r neutron.Router, subnetID, portID string) (neutron.Port, error) {
	if portID == "" {
		if _, err := w.Subnet(ctx, as, subnetID); err != nil {
			return neutron.Port{}, err
		}
	}
	ports, err := w.Ports(ctx, neutron.By("device_id", r.ID).Where("device_owner", neutron.OwnerRouterInterface))
	if err != nil {
		return neutron.Port{}, err
	}
	for _, port := range ports {
		on := slices.ContainsFunc(port.FixedIPs, func(f neutron.FixedIP) bool { return f.SubnetID == subnetID })
		switch {
		case portID == "" && on, portID == port.ID && (subnetID == "" || on):
			return port, nil
		case portID == port.ID:
			return port, fault.New(fault.Invalid, "SubnetMismatchForPort",
				"Subnet on port %s does not match the requested subnet %s.", portID, subnetID)
		}
	}
	if portID != "" {
		return neutron.Port{}, fault.New(fault.NotFound, "RouterInterfaceNotFound",
			"Router %s does not have an interface with id %s", r.ID, portID)
	}
	return neutron.Port{}, fault.New(fault.NotFound, "RouterInterfaceNotFoundForSubnet",
		"Router %s has no interface on subnet %s", r.ID, subnetID)
}

// interfaceFree refuses to leave a subnet that floating addresses or routes of the router need.
func (w *work) interfaceFree(ctx context.Context, r neutron.Router, subnetID, portID string) error {
	s, err := w.Subnet(ctx, neutron.Everything(), subnetID)
	if err != nil {
		return err
	}
	floating, err := w.FloatingIPs(ctx, neutron.By("router_id", r.ID))
	if err != nil {
		return err
	}
	for _, f := range floating {
		if !f.FixedAddress.IsValid() || !s.CIDR.Contains(f.FixedAddress) {
			continue
		}
		owner, err := w.AddressTaken(ctx, s.ID, f.FixedAddress)
		if err != nil {
			return err
		}
		if owner == f.PortID {
			return neutron.Conflict("RouterInterfaceInUseByFloatingIP", "Router interface for subnet %s on router %s cannot be "+
				"deleted, as it is required by one or more floating IPs.", s.ID, r.ID)
		}
	}
	_, others, err := w.routerAddresses(ctx, r.ID, portID)
	if err != nil {
		return err
	}
	for _, route := range r.Routes {
		if s.CIDR.Contains(route.NextHop) && !neutron.Reaches(others, route.NextHop) {
			return neutron.Conflict("RouterInterfaceInUseByRoute", "Router interface for subnet %s on router %s cannot be "+
				"deleted, as it is required by one or more routes.", s.ID, r.ID)
		}
	}
	return nil
}
