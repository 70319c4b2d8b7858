package network

import (
	"context"
	"net/url"
	"strings"

	"cumulet/nova"
)

// Info reads a server's ports anew, in the order they are remembered in; as nova's network info cache. Ports that are
// gone are left out, new ones come last.
func (c *Client) Info(ctx context.Context, s nova.Server) (nova.NetworkInfo, error) {
	there, err := ports(ctx, c.Neutron, url.Values{"device_id": {s.ID}})
	if err != nil {
		return nil, err
	}
	var ordered []port
	for _, vif := range s.Network {
		for _, one := range there {
			if one.ID == vif.PortID {
				ordered = append(ordered, one)
			}
		}
	}
	for _, one := range there {
		if s.Network.WithPort(one.ID) == nil {
			ordered = append(ordered, one)
		}
	}
	return c.describe(ctx, Plan{Server: s}, ordered)
}

// Wired tells, by port, whether neutron has it ACTIVE now.
func (c *Client) Wired(ctx context.Context, serverID string) (map[string]bool, error) {
	there, err := ports(ctx, c.Neutron, url.Values{"device_id": {serverID}})
	wired := map[string]bool{}
	for _, one := range there {
		wired[one.ID] = one.Status == "ACTIVE"
	}
	return wired, err
}

// describe makes what is remembered of ports, asking for their networks, subnets and floating addresses.
func (c *Client) describe(ctx context.Context, p Plan, list []port) (nova.NetworkInfo, error) {
	named := map[string]nova.RequestedNetwork{}
	for _, r := range p.Networks {
		if r.PortID != "" {
			named[r.PortID] = r
		}
	}
	l := lookup{c: c, networks: map[string]network{}, subnets: map[string][]subnet{}}
	info := make(nova.NetworkInfo, 0, len(list))
	for i, one := range list {
		vif, err := l.vif(ctx, one)
		if err != nil {
			return nil, err
		}
		_, handed := named[one.ID]
		vif.Created = !handed
		if i < len(p.Networks) {
			vif.Tag = p.Networks[i].Tag
		}
		if known := p.Server.Network.WithPort(one.ID); known != nil {
			vif.Created, vif.Tag = known.Created, known.Tag
		}
		info = append(info, vif)
	}
	if err := c.nameGroups(ctx, info); err != nil {
		return nil, err
	}
	return info, c.float(ctx, info)
}

// lookup remembers networks and subnets that several ports share.
type lookup struct {
	c        *Client
	networks map[string]network
	subnets  map[string][]subnet
}

func (l *lookup) network(ctx context.Context, id string) (network, []subnet, error) {
	if n, ok := l.networks[id]; ok {
		return n, l.subnets[id], nil
	}
	n, err := networkByID(ctx, l.c.Neutron, id)
	if err != nil {
		return n, nil, err
	}
	var answer struct {
		Subnets []subnet `json:"subnets"`
	}
	if err := get(ctx, l.c.Neutron, "subnets", url.Values{"network_id": {id}}, &answer); err != nil {
		return n, nil, err
	}
	l.networks[id], l.subnets[id] = n, answer.Subnets
	return n, answer.Subnets, nil
}

func (l *lookup) vif(ctx context.Context, one port) (nova.VIF, error) {
	n, subnets, err := l.network(ctx, one.NetworkID)
	if err != nil {
		return nova.VIF{}, err
	}
	vif := nova.VIF{
		PortID: one.ID, NetworkID: n.ID, NetworkName: n.Name, MAC: one.MAC, MTU: n.MTU, Type: one.VIFType,
		Details: one.VIFDetails, VNICType: one.VNICType, Profile: one.Profile, Active: one.Status == "ACTIVE",
		Device: device(one.ID), GroupIDs: one.Groups, Addresses: []nova.Address{}, Subnets: []nova.Subnet{},
	}
	if bridge, ok := one.VIFDetails["bridge_name"].(string); ok {
		vif.Bridge = bridge
	}
	for _, s := range subnets {
		used := false
		for _, f := range one.FixedIPs {
			if f.SubnetID == s.ID {
				used = true
				vif.Addresses = append(vif.Addresses, nova.Address{IP: f.IPAddress, Version: version(f.IPAddress), SubnetID: s.ID})
			}
		}
		if used {
			vif.Subnets = append(vif.Subnets, s.known())
		}
	}
	return vif, nil
}

// known is a subnet as nova remembers it.
func (s subnet) known() nova.Subnet {
	known := nova.Subnet{ID: s.ID, CIDR: s.CIDR, Version: s.IPVersion, DNS: append([]string{}, s.DNS...), DHCP: s.DHCP, Routes: []nova.Route{}}
	if s.GatewayIP != nil {
		known.Gateway = *s.GatewayIP
	}
	if s.IPv6Mode != nil {
		known.IPv6Mode = *s.IPv6Mode
	}
	for _, r := range s.HostRoutes {
		known.Routes = append(known.Routes, nova.Route{Destination: r.Destination, NextHop: r.NextHop})
	}
	return known
}

// float adds the floating addresses that lead to the ports.
func (c *Client) float(ctx context.Context, info nova.NetworkInfo) error {
	if len(info) == 0 {
		return nil
	}
	query := url.Values{}
	for _, vif := range info {
		query.Add("port_id", vif.PortID)
	}
	var answer struct {
		Floating []struct {
			PortID  string `json:"port_id"`
			Address string `json:"floating_ip_address"`
			FixedIP string `json:"fixed_ip_address"`
		} `json:"floatingips"`
	}
	if err := get(ctx, c.Neutron, "floatingips", query, &answer); err != nil {
		return err
	}
	for _, f := range answer.Floating {
		if vif := info.WithPort(f.PortID); vif != nil {
			vif.Addresses = append(vif.Addresses, nova.Address{
				IP: f.Address, Version: version(f.Address), Floating: true, FixedIP: f.FixedIP,
			})
		}
	}
	return nil
}

// device is the name of a port's tap; as nova/network/model.py, NIC_NAME_LEN.
func device(portID string) string {
	const length = 14
	name := "tap" + strings.ToLower(portID)
	return name[:min(len(name), length)]
}
