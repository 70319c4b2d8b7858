package plugin

import (
	"context"
	"slices"

	"cumulet/neutron"
)

// hostWiring is all that a host's layer 2 must be.
func (p *Plugin) hostWiring(ctx context.Context, in neutron.HostWiring) (neutron.Wiring, error) {
	ports, err := p.DB.Ports(ctx, neutron.By("binding:host_id", in.Host))
	if err != nil {
		return neutron.Wiring{}, err
	}
	out, agents, err := p.wiring(ctx, in.Host, ports)
	if err != nil {
		return out, err
	}
	for _, a := range agents {
		// One that is silent counts: while its agent is away, what a host has wired goes on.
		if a.Host == in.Host || a.TunnelIP() == "" {
			continue
		}
		peer := neutron.TunnelPeer{Host: a.Host, TunnelIP: a.TunnelIP()}
		for _, t := range []neutron.SegmentType{neutron.VXLAN, neutron.GRE} {
			if a.Tunnels(t) {
				peer.Types = append(peer.Types, string(t))
			}
		}
		out.Peers = append(out.Peers, peer)
	}
	return out, nil
}

// portWiring is hostWiring for some ports.
func (p *Plugin) portWiring(ctx context.Context, in neutron.PortWiring) (neutron.Wiring, error) {
	ports, err := p.DB.Ports(ctx, neutron.By("id", in.PortIDs...).Where("binding:host_id", in.Host))
	if err != nil {
		return neutron.Wiring{}, err
	}
	out, _, err := p.wiring(ctx, in.Host, ports)
	return out, err
}

// boundPorts is hostWiring without what surrounds the ports.
func (p *Plugin) boundPorts(ctx context.Context, in neutron.BoundPorts) (neutron.Wiring, error) {
	ports, err := p.DB.Ports(ctx, neutron.By("binding:host_id", in.Host))
	var out neutron.Wiring
	for _, port := range ports {
		if isBound(port) {
			out.Ports = append(out.Ports, wired(port))
		}
	}
	return out, err
}

func isBound(port neutron.Port) bool {
	return port.Binding.VIFType != neutron.VIFUnbound && port.Binding.VIFType != neutron.VIFFailed
}

// wiring gathers what ports of a host need, in a fixed number of queries.
func (p *Plugin) wiring(ctx context.Context, host string, ports []neutron.Port) (neutron.Wiring, []neutron.Agent, error) {
	var out neutron.Wiring
	var networks, groups []string
	for _, port := range ports {
		if !isBound(port) {
			continue
		}
		out.Ports = append(out.Ports, wired(port))
		networks = append(networks, port.NetworkID)
		groups = append(groups, port.SecurityGroups...)
	}
	agents, err := p.agents(ctx, p.DB, neutron.By("agent_type", neutron.AgentLinuxBridge, neutron.AgentOpenVSwitch))
	if err != nil {
		return out, nil, err
	}
	if out.Networks, err = p.wiredNetworks(ctx, host, distinct(networks), agents); err != nil {
		return out, nil, err
	}
	out.Groups, err = p.wiredGroups(ctx, distinct(groups))
	return out, agents, err
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

func wired(port neutron.Port) neutron.WiredPort {
	return neutron.WiredPort{
		ID: port.ID, ProjectID: port.ProjectID, NetworkID: port.NetworkID, MAC: port.MAC, AdminUp: port.AdminUp,
		Status: port.Status, FixedIPs: port.FixedIPs, AddressPairs: port.AddressPairs, PortSecurity: port.PortSecurity,
		SecurityGroups: port.SecurityGroups, DeviceOwner: port.DeviceOwner, DeviceID: port.DeviceID,
		VIFType: port.Binding.VIFType, Revision: port.Revision,
	}
}

// wiredNetworks describes networks, and where their ports on other hosts are behind tunnels.
func (p *Plugin) wiredNetworks(ctx context.Context, host string, ids []string, agents []neutron.Agent) ([]neutron.WiredNetwork, error) {
	networks, err := p.DB.Networks(ctx, neutron.By("id", ids...))
	if err != nil {
		return nil, err
	}
	var tunnelled []string
	for _, n := range networks {
		if n.Segment.Type.Tunnelled() {
			tunnelled = append(tunnelled, n.ID)
		}
	}
	ends := map[string]string{}
	for _, a := range agents {
		if a.Host != host && a.TunnelIP() != "" {
			ends[a.Host] = a.TunnelIP()
		}
	}
	neighbours, err := p.neighbours(ctx, tunnelled, ends)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.WiredNetwork, len(networks))
	for i, n := range networks {
		out[i] = neutron.WiredNetwork{
			ID: n.ID, ProjectID: n.ProjectID, MTU: n.MTU, AdminUp: n.AdminUp, External: n.External, Segment: n.Segment,
			Neighbours: neighbours[n.ID],
		}
	}
	return out, nil
}

// neighbours are the ports of networks on the hosts at the ends of tunnels.
func (p *Plugin) neighbours(ctx context.Context, networks []string, ends map[string]string) (map[string][]neutron.Neighbour, error) {
	out := map[string][]neutron.Neighbour{}
	if len(networks) == 0 || len(ends) == 0 {
		return out, nil
	}
	var hosts []string
	for host := range ends {
		hosts = append(hosts, host)
	}
	ports, err := p.DB.Ports(ctx, neutron.By("network_id", networks...).Where("binding:host_id", anys(hosts)...))
	if err != nil {
		return nil, err
	}
	for _, port := range ports {
		n := neutron.Neighbour{Host: port.Binding.Host, TunnelIP: ends[port.Binding.Host], MAC: port.MAC}
		for _, f := range port.FixedIPs {
			n.Addresses = append(n.Addresses, f.Address.String())
		}
		out[port.NetworkID] = append(out[port.NetworkID], n)
	}
	return out, nil
}

// wiredGroups describes groups with their rules, and the members of those that rules name.
func (p *Plugin) wiredGroups(ctx context.Context, ids []string) ([]neutron.WiredGroup, error) {
	groups, err := p.DB.SecurityGroups(ctx, neutron.By("id", ids...))
	if err != nil {
		return nil, err
	}
	var out []neutron.WiredGroup
	var remote []string
	for _, g := range groups {
		wired := neutron.WiredGroup{ID: g.ID, Stateful: g.Stateful}
		for _, r := range g.Rules {
			wired.Rules = append(wired.Rules, neutron.WiredRule{
				ID: r.ID, Direction: r.Direction, EtherType: r.EtherType, Protocol: neutron.ProtocolNumber(r.Protocol, r.EtherType),
				PortMin: r.PortMin, PortMax: r.PortMax, RemotePrefix: r.RemotePrefix, RemoteGroupID: r.RemoteGroupID,
			})
			if r.RemoteGroupID != "" {
				remote = append(remote, r.RemoteGroupID)
			}
		}
		out = append(out, wired)
	}
	remote = distinct(remote)
	members, err := p.DB.Members(ctx, remote)
	if err != nil {
		return nil, err
	}
	for _, id := range remote {
		i := slices.IndexFunc(out, func(g neutron.WiredGroup) bool { return g.ID == id })
		if i < 0 {
			out = append(out, neutron.WiredGroup{ID: id})
			i = len(out) - 1
		}
		out[i].Members = members[id]
	}
	return out, nil
}
