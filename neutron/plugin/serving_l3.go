package plugin

import (
	"context"
	"net/netip"
	"slices"

	"cumulet/neutron"
)

// hostRouters is what a host's L3 agent must serve. Routers that nobody serves are given out first.
func (p *Plugin) hostRouters(ctx context.Context, in neutron.HostRouters) (neutron.ServedRouters, error) {
	var out neutron.ServedRouters
	agents, err := p.DB.Agents(ctx, neutron.By("host", in.Host).Where("agent_type", neutron.AgentL3))
	if err != nil || len(agents) == 0 || !agents[0].AdminUp {
		return out, err
	}
	if in.RouterIDs == nil {
		if err := p.tx(ctx, func(w *work) error { return w.scheduleRouters(ctx, nil) }); err != nil {
			return out, err
		}
	}
	q := neutron.By("agent_id", agents[0].ID)
	if in.RouterIDs != nil {
		q = q.Where("id", anys(in.RouterIDs)...)
	}
	routers, err := p.DB.Routers(ctx, q)
	if err != nil || len(routers) == 0 {
		return out, err
	}
	parts, err := p.routerParts(ctx, routers)
	if err != nil {
		return out, err
	}
	for _, r := range routers {
		out.Routers = append(out.Routers, parts.router(r))
	}
	return out, nil
}

// routerParts is what routers are made of, read in a fixed number of queries.
type routerParts struct {
	ports    map[string][]neutron.Port // by router
	networks map[string]neutron.Network
	subnets  map[string]neutron.Subnet
	floating map[string][]neutron.FloatingIP // by router
	mapped   map[string]neutron.Port         // ports of floating addresses
}

func (p *Plugin) routerParts(ctx context.Context, routers []neutron.Router) (*routerParts, error) {
	ids := make([]string, len(routers))
	for i, r := range routers {
		ids[i] = r.ID
	}
	parts := &routerParts{
		ports: map[string][]neutron.Port{}, networks: map[string]neutron.Network{}, subnets: map[string]neutron.Subnet{},
		floating: map[string][]neutron.FloatingIP{}, mapped: map[string]neutron.Port{},
	}
	ports, err := p.DB.Ports(ctx, neutron.By("device_id", ids...).
		Where("device_owner", neutron.OwnerRouterInterface, neutron.OwnerRouterGateway))
	if err != nil {
		return nil, err
	}
	var networks []string
	for _, port := range ports {
		parts.ports[port.DeviceID] = append(parts.ports[port.DeviceID], port)
		networks = append(networks, port.NetworkID)
	}
	list, err := p.DB.Networks(ctx, neutron.By("id", distinct(networks)...))
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		parts.networks[n.ID] = n
	}
	subnets, err := p.DB.Subnets(ctx, neutron.By("network_id", distinct(networks)...))
	if err != nil {
		return nil, err
	}
	for _, s := range subnets {
		parts.subnets[s.ID] = s
	}
	return parts, p.floatingParts(ctx, parts, ids)
}

func (p *Plugin) floatingParts(ctx context.Context, parts *routerParts, routers []string) error {
	floating, err := p.DB.FloatingIPs(ctx, neutron.By("router_id", routers...))
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range floating {
		parts.floating[f.RouterID] = append(parts.floating[f.RouterID], f)
		ids = append(ids, f.PortID)
	}
	ports, err := p.DB.Ports(ctx, neutron.By("id", ids...))
	for _, port := range ports {
		parts.mapped[port.ID] = port
	}
	return err
}

func (parts *routerParts) router(r neutron.Router) neutron.ServedRouter {
	out := neutron.ServedRouter{ID: r.ID, ProjectID: r.ProjectID, AdminUp: r.AdminUp, Routes: r.Routes}
	for _, port := range parts.ports[r.ID] {
		i := parts.face(port)
		if port.DeviceOwner == neutron.OwnerRouterInterface {
			out.Interfaces = append(out.Interfaces, i)
		} else if r.Gateway != nil && r.Gateway.PortID == port.ID {
			out.Gateway = &neutron.ServedGateway{ServedInterface: i, SNAT: r.Gateway.SNAT}
		}
	}
	for _, f := range parts.floating[r.ID] {
		served := neutron.ServedFloatingIP{ID: f.ID, Floating: f.Address, Fixed: f.FixedAddress, PortID: f.PortID, Status: f.Status}
		fixed := parts.mapped[f.PortID].FixedIPs
		if i := slices.IndexFunc(fixed, func(ip neutron.FixedIP) bool { return ip.Address == f.FixedAddress }); i >= 0 {
			served.FixedSubnetID = fixed[i].SubnetID
		}
		out.FloatingIPs = append(out.FloatingIPs, served)
	}
	return out
}

// face is a router's port with what its agent must know of its network and subnets.
func (parts *routerParts) face(port neutron.Port) neutron.ServedInterface {
	n := parts.networks[port.NetworkID]
	i := neutron.ServedInterface{
		PortID: port.ID, NetworkID: port.NetworkID, MAC: port.MAC, AdminUp: port.AdminUp, MTU: n.MTU, Segment: n.Segment,
	}
	for _, f := range port.FixedIPs {
		s := parts.subnets[f.SubnetID]
		i.Addresses = append(i.Addresses, neutron.ServedAddress{
			SubnetID: s.ID, Prefix: netip.PrefixFrom(f.Address, s.CIDR.Bits()), Gateway: s.Gateway,
			Nameservers: s.Nameservers, RAMode: s.RAMode, AddressMode: s.AddressMode,
		})
	}
	return i
}
