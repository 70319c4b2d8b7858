package linuxbridge

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
)

// guard is what stands before a filtered port: who it may speak as, and the groups that say what passes.
type guard struct {
	id, tap, network string
	mark             int // of its packets
	zone             int // of its network's tracked connections
	sources          []source
	groups           []*group
	stateful         bool
}

// source is a MAC and an address (or a prefix) that a port may speak with.
type source struct {
	mac    string
	prefix netip.Prefix
}

// group is a security group with its rules read.
type group struct {
	id      string
	number  int // names its chains and sets
	rules   []rule
	members []netip.Prefix
}

// rule allows packets; remote prefixes and members are compared with the far end's address.
type rule struct {
	direction neutron.Direction
	v6        bool
	protocol  int
	min, max  *int
	prefix    netip.Prefix // not valid: any
	remote    *group       // nil: any
}

// policy is everything that the filters of a host are made of.
type policy struct {
	guards []guard
	groups []*group
	zones  map[string]int // by network
	uplink []string       // interfaces that physical networks come in by
	tunnel tunnelEnds
}

// tunnelEnds are between whom tunnels are: what a guest sends to this host, by a router, must not count as another host's.
type tunnelEnds struct {
	port  int
	own   netip.Addr // not valid: there are no tunnels
	peers []netip.Addr
}

// newPolicy reads what the server said. What cannot be read is left out: then less is allowed.
func newPolicy(ports []neutron.WiredPort, groups []neutron.WiredGroup, marks, zones map[string]int) policy {
	p := policy{zones: zones}
	ports, groups = slices.Clone(ports), slices.Clone(groups)
	slices.SortFunc(ports, func(a, b neutron.WiredPort) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(groups, func(a, b neutron.WiredGroup) int { return strings.Compare(a.ID, b.ID) })
	byID := map[string]*group{}
	stateless := map[string]bool{}
	for i, g := range groups {
		byID[g.ID] = &group{id: g.ID, number: i + 1, members: prefixes(g.Members)}
		stateless[g.ID] = !g.Stateful
		p.groups = append(p.groups, byID[g.ID])
	}
	for _, g := range groups {
		byID[g.ID].rules = rules(g.Rules, byID)
	}
	for _, port := range ports {
		if !guarded(port) {
			continue
		}
		g := guard{
			id: port.ID, tap: neutron.InterfaceName(tapPrefix, port.ID), network: port.NetworkID,
			mark: marks[port.ID], zone: zones[port.NetworkID], sources: sources(port),
			// One stateless group is enough for answers not to be let back by themselves.
			stateful: !slices.ContainsFunc(port.SecurityGroups, func(id string) bool { return stateless[id] }),
		}
		for _, id := range port.SecurityGroups {
			if byID[id] != nil {
				g.groups = append(g.groups, byID[id])
			}
		}
		p.guards = append(p.guards, g)
	}
	return p
}

// guarded tells whether a filter stands before the port.
func guarded(p neutron.WiredPort) bool { return p.PortSecurity && !p.Trusted() }

func rules(wired []neutron.WiredRule, groups map[string]*group) []rule {
	var read []rule
	for _, w := range wired {
		r := rule{direction: w.Direction, v6: w.EtherType == "IPv6", protocol: w.Protocol, min: w.PortMin, max: w.PortMax}
		if w.RemotePrefix != "" {
			found := prefixes([]string{w.RemotePrefix})
			if len(found) == 0 || found[0].Addr().Is6() != r.v6 {
				continue
			}
			r.prefix = found[0]
		}
		if w.RemoteGroupID != "" {
			if r.remote = groups[w.RemoteGroupID]; r.remote == nil {
				continue
			}
		}
		read = append(read, r)
	}
	return read
}

// prefixes reads addresses and prefixes.
func prefixes(texts []string) []netip.Prefix {
	var read []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			read = append(read, p.Masked())
		} else if a, err := netip.ParseAddr(text); err == nil {
			read = append(read, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return read
}

// sources are the port's fixed addresses, its allowed pairs, and the link-local address that IPv6 makes of each MAC.
func sources(p neutron.WiredPort) []source {
	own, err := net.ParseMAC(p.MAC)
	if err != nil {
		return nil
	}
	all := []source{{own.String(), linkLocal(own)}}
	for _, ip := range p.FixedIPs {
		all = append(all, source{own.String(), netip.PrefixFrom(ip.Address, ip.Address.BitLen())})
	}
	for _, pair := range p.AddressPairs {
		mac := own
		if pair.MAC != "" {
			if mac, err = net.ParseMAC(pair.MAC); err != nil {
				continue
			}
			all = append(all, source{mac.String(), linkLocal(mac)})
		}
		for _, prefix := range prefixes([]string{pair.Address}) {
			all = append(all, source{mac.String(), prefix})
		}
	}
	return all
}

// linkLocal is the address that a device gives itself by its MAC (RFC 4291, appendix A).
func linkLocal(mac net.HardwareAddr) netip.Prefix {
	a := netip.AddrFrom16([16]byte{0xfe, 0x80, 8: mac[0] ^ 2, 9: mac[1], 10: mac[2], 11: 0xff, 12: 0xfe, 13: mac[3], 14: mac[4], 15: mac[5]})
	return netip.PrefixFrom(a, a.BitLen())
}
