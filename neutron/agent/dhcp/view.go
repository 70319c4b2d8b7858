package dhcp

import (
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
)

// view is a network as its server sees it: made once, swapped whole, never changed.
type view struct {
	network  neutron.ServedNetwork
	subnets  map[string]neutron.ServedSubnet
	domain   string                        // without a dot at the end
	ports    map[string]neutron.ServedPort // by MAC
	names    map[string][]netip.Addr       // lower case, without the domain
	pointers map[netip.Addr]string         // with the domain and a dot
}

func newView(n neutron.ServedNetwork, domain string) *view {
	v := &view{
		network: n, domain: strings.ToLower(strings.TrimSuffix(domain, ".")),
		subnets: map[string]neutron.ServedSubnet{}, ports: map[string]neutron.ServedPort{},
		names: map[string][]netip.Addr{}, pointers: map[netip.Addr]string{},
	}
	for _, s := range n.Subnets {
		v.subnets[s.ID] = s
	}
	for _, p := range append([]neutron.ServedPort{n.Server}, n.Ports...) {
		if p.AdminUp {
			v.ports[strings.ToLower(p.MAC)] = p
		}
		for _, ip := range p.FixedIPs {
			made := addressName(ip.Address)
			name := strings.ToLower(p.Hostname)
			// One made of another address of the port is no name of this one.
			if name == "" || strings.HasPrefix(name, "host-") {
				name = made
			}
			v.name(name, ip.Address)
			v.name(made, ip.Address)
			v.pointers[ip.Address] = v.qualified(name) + "."
		}
	}
	return v
}

func (v *view) name(name string, a netip.Addr) {
	if !slices.Contains(v.names[name], a) {
		v.names[name] = append(v.names[name], a)
	}
}

func (v *view) qualified(name string) string {
	if v.domain == "" {
		return name
	}
	return name + "." + v.domain
}

// addressName is the name of a port that was given none, as neutron/agent/linux/dhcp.py, _get_port_hostname.
func addressName(a netip.Addr) string {
	return "host-" + strings.NewReplacer(".", "-", ":", "-").Replace(a.String())
}

// hostname is what DHCP tells a guest to be called.
func (v *view) hostname(a netip.Addr) string {
	return strings.TrimSuffix(strings.TrimSuffix(v.pointers[a], "."), "."+v.domain)
}

// serverAddresses are where DNS and DHCP answer.
func (v *view) serverAddresses() []netip.Addr {
	var all []netip.Addr
	for _, p := range addresses(v.network) {
		all = append(all, p.Addr())
	}
	return all
}

// serverOn is the server's address on a subnet.
func (v *view) serverOn(subnetID string) (netip.Addr, bool) {
	for _, ip := range v.network.Server.FixedIPs {
		if ip.SubnetID == subnetID && ip.Address.Is4() {
			return ip.Address, true
		}
	}
	return netip.Addr{}, false
}

// lease is what a MAC may have.
type lease struct {
	port    neutron.ServedPort
	subnet  neutron.ServedSubnet
	address netip.Addr
	server  netip.Addr
}

// lease finds the IPv4 address of a MAC: the wished one if it is the port's, else its first on a subnet with DHCP.
func (v *view) lease(mac string, wish netip.Addr) (lease, bool) {
	port, ok := v.ports[strings.ToLower(mac)]
	if !ok {
		return lease{}, false
	}
	var found lease
	for _, ip := range port.FixedIPs {
		subnet := v.subnets[ip.SubnetID]
		server, served := v.serverOn(ip.SubnetID)
		if !served || !subnet.DHCP || !ip.Address.Is4() {
			continue
		}
		l := lease{port, subnet, ip.Address, server}
		if ip.Address == wish {
			return l, true
		}
		if !found.address.IsValid() {
			found = l
		}
	}
	return found, found.address.IsValid()
}
