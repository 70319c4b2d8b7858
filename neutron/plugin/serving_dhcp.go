package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// hostNetworks is what a host's DHCP agent must serve. Networks that nobody serves are given out first, and the agent gets its own
// port on each.
func (p *Plugin) hostNetworks(ctx context.Context, in neutron.HostNetworks) (neutron.ServedNetworks, error) {
	var out neutron.ServedNetworks
	agents, err := p.DB.Agents(ctx, neutron.By("host", in.Host).Where("agent_type", neutron.AgentDHCP))
	if err != nil || len(agents) == 0 || !agents[0].AdminUp {
		return out, err
	}
	if in.NetworkIDs == nil {
		if err := p.tx(ctx, func(w *work) error { return w.scheduleNetworks(ctx, nil) }); err != nil {
			return out, err
		}
	}
	ids, err := p.DB.Served(ctx, agents[0].ID)
	if err != nil {
		return out, err
	}
	if in.NetworkIDs != nil {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(in.NetworkIDs, id) })
	}
	networks, err := p.DB.Networks(ctx, neutron.By("id", ids...))
	if err != nil {
		return out, err
	}
	subnets, err := p.DB.Subnets(ctx, neutron.By("network_id", ids...))
	if err != nil {
		return out, err
	}
	ports, err := p.DB.Ports(ctx, neutron.By("network_id", ids...))
	if err != nil {
		return out, err
	}
	for _, n := range networks {
		if !n.AdminUp {
			continue
		}
		own := ofNetwork(subnets, n.ID, func(s neutron.Subnet) string { return s.NetworkID })
		plugged := ofNetwork(ports, n.ID, func(p neutron.Port) string { return p.NetworkID })
		served, ok, err := p.servedNetwork(ctx, n, own, plugged, in.Host)
		if err != nil {
			return out, err
		}
		if ok {
			out.Networks = append(out.Networks, served)
		}
	}
	return out, nil
}

func ofNetwork[N any](all []N, id string, of func(N) string) []N {
	return slices.DeleteFunc(slices.Clone(all), func(n N) bool { return of(n) != id })
}

// servedNetwork describes a network for DHCP; false when no subnet of it has DHCP.
func (p *Plugin) servedNetwork(ctx context.Context, n neutron.Network, subnets []neutron.Subnet, ports []neutron.Port, host string) (neutron.ServedNetwork, bool, error) {
	if !slices.ContainsFunc(subnets, func(s neutron.Subnet) bool { return s.DHCP }) {
		return neutron.ServedNetwork{}, false, nil
	}
	server, err := p.dhcpPort(ctx, n, subnets, ports, host)
	if err != nil {
		return neutron.ServedNetwork{}, false, err
	}
	out := neutron.ServedNetwork{
		ID: n.ID, ProjectID: n.ProjectID, MTU: n.MTU, DNSDomain: p.domain(n.DNSDomain), Segment: n.Segment,
		Server: servedPort(server), Isolated: true,
	}
	for _, s := range subnets {
		served := neutron.ServedSubnet{
			ID: s.ID, CIDR: s.CIDR, Gateway: s.Gateway, DHCP: s.DHCP, Nameservers: s.Nameservers, HostRoutes: s.HostRoutes,
			RAMode: s.RAMode, AddressMode: s.AddressMode,
		}
		for _, port := range ports {
			if port.DeviceOwner == neutron.OwnerRouterInterface && slices.Contains(port.FixedIPs, neutron.FixedIP{SubnetID: s.ID, Address: s.Gateway}) {
				served.HasRouter, out.Isolated = true, false
			}
		}
		out.Subnets = append(out.Subnets, served)
	}
	for _, port := range ports {
		if port.ID != server.ID {
			out.Ports = append(out.Ports, servedPort(port))
		}
	}
	return out, true, nil
}

// domain is a domain with its last dot, the configured one where none is set.
func (p *Plugin) domain(own string) string {
	if own == "" {
		own = p.Config.DNSDomain
	}
	return strings.TrimSuffix(own, ".") + "."
}

func servedPort(port neutron.Port) neutron.ServedPort {
	name := port.DNSName
	if name == "" && len(port.FixedIPs) > 0 {
		name = neutron.HostName(port.FixedIPs[0].Address)
	}
	return neutron.ServedPort{
		ID: port.ID, ProjectID: port.ProjectID, MAC: port.MAC, FixedIPs: port.FixedIPs, DeviceID: port.DeviceID,
		DeviceOwner: port.DeviceOwner, Hostname: name, Options: port.DHCPOptions, Status: port.Status, AdminUp: port.AdminUp,
	}
}

// dhcpDevice names the DHCP server of a host on a network. As neutron_lib/utils's get_dhcp_agent_device_id.
func dhcpDevice(host, networkID string) string {
	host, _, _ = strings.Cut(host, ".")
	return "dhcp" + uuid.NewSHA1(uuid.NameSpaceDNS, []byte(host)).String() + "-" + networkID
}

// dhcpPort is the DHCP agent's own port on a network, made when there is none, with an address of each subnet that it serves.
func (p *Plugin) dhcpPort(ctx context.Context, n neutron.Network, subnets []neutron.Subnet, ports []neutron.Port, host string) (neutron.Port, error) {
	device := dhcpDevice(host, n.ID)
	var wanted []neutron.FixedIP
	for _, s := range subnets {
		if s.DHCP {
			wanted = append(wanted, neutron.FixedIP{SubnetID: s.ID})
		}
	}
	i := slices.IndexFunc(ports, func(p neutron.Port) bool { return p.DeviceID == device && p.DeviceOwner == neutron.OwnerDHCP })
	if i >= 0 && hasAll(ports[i], wanted) && ports[i].Binding.Host == host && ports[i].Binding.VIFType != neutron.VIFFailed {
		return ports[i], nil
	}
	var port neutron.Port
	err := p.tx(ctx, func(w *work) error {
		found, err := w.Ports(ctx, neutron.By("device_id", device).Where("network_id", n.ID))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			port, err = w.createPort(ctx, neutron.Everything(), neutron.Port{
				ProjectID: n.ProjectID, NetworkID: n.ID, AdminUp: true, DeviceID: device, DeviceOwner: neutron.OwnerDHCP,
				FixedIPs: wanted, Binding: neutron.Binding{Host: host},
			}, neutron.Given{"fixed_ips": true})
			return err
		}
		old := found[0]
		port = old
		port.FixedIPs, port.Binding.Host = wanted, host
		return w.updatePort(ctx, neutron.Everything(), old, &port, neutron.Given{"fixed_ips": true, "binding:host_id": true})
	})
	return port, err
}

// hasAll tells whether a port has an address of each subnet wanted, and no other.
func hasAll(port neutron.Port, wanted []neutron.FixedIP) bool {
	if len(port.FixedIPs) != len(wanted) {
		return false
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(port.FixedIPs, func(f neutron.FixedIP) bool { return f.SubnetID == w.SubnetID }) {
			return false
		}
	}
	return true
}

// addressOwner finds the port behind an address, on a network or on any network of a router.
func (p *Plugin) addressOwner(ctx context.Context, in neutron.AddressOwner) (neutron.OwnedAddress, error) {
	networks := []string{in.NetworkID}
	if in.RouterID != "" {
		ports, err := p.DB.Ports(ctx, neutron.By("device_id", in.RouterID).Where("device_owner", neutron.OwnerRouterInterface))
		if err != nil {
			return neutron.OwnedAddress{}, err
		}
		networks = nil
		for _, port := range ports {
			networks = append(networks, port.NetworkID)
		}
	}
	ports, err := p.DB.Ports(ctx, neutron.By("network_id", networks...).Where("fixed_ips", "ip_address="+in.Address.String()))
	if err != nil {
		return neutron.OwnedAddress{}, err
	}
	if len(ports) != 1 {
		return neutron.OwnedAddress{}, fault.New(fault.NotFound, "PortNotFound", "No port has the address %s there.", in.Address)
	}
	port := ports[0]
	return neutron.OwnedAddress{
		PortID: port.ID, NetworkID: port.NetworkID, ProjectID: port.ProjectID, DeviceID: port.DeviceID, DeviceOwner: port.DeviceOwner,
	}, nil
}
