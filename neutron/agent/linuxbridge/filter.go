package linuxbridge

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

// blockedMark is on tracked connections that a rule once allowed and none allows any more, as CT_MARK_INVALID of
// neutron/agent/linux/openvswitch_firewall. Forgetting them would not do: a packet of the other end, allowed in its
// direction, would begin the connection anew.
const blockedMark = 1

// filter puts the filter of the ports in place, where it differs from the one that stands, and blocks connections that are
// no longer allowed.
func (t *turn) filter(ctx context.Context, ports []neutron.WiredPort, freshNetworks []string) error {
	var ids []string
	for _, p := range ports {
		if guarded(p) {
			ids = append(ids, p.ID)
		}
	}
	t.marks.keep(ids)
	policy := newPolicy(ports, t.wiring.Groups, t.marks.of, t.zones.of)
	for _, name := range t.Config.InterfaceMappings {
		policy.uplink = append(policy.uplink, name)
	}
	slices.Sort(policy.uplink)
	policy.tunnel = t.tunnelEnds()
	text := policy.ruleset()
	if text == t.loaded {
		return nil
	}
	if err := host.Filter(ctx, t.Host.Namespace, text); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	if err := t.review(policy, freshNetworks); err != nil {
		return fmt.Errorf("review connections: %w", err)
	}
	t.loaded = text
	return nil
}

// review marks the tracked connections that the policy does not allow and unmarks those that it does. What an earlier
// network left in a zone that has a new one is forgotten.
func (t *turn) review(p policy, freshNetworks []string) error {
	stale := map[uint16]bool{}
	for _, id := range freshNetworks {
		stale[uint16(t.zones.of[id])] = true
	}
	ours := map[uint16]bool{}
	for _, zone := range t.zones.of {
		ours[uint16(zone)] = true
	}
	return host.Connections(t.Host.Namespace, func(c host.Connection) error {
		switch {
		case !ours[c.Zone]:
			return nil
		case stale[c.Zone]:
			return c.Delete()
		case p.allows(c):
			if c.Mark == blockedMark {
				return c.SetMark(0)
			}
		case c.Mark != blockedMark:
			return c.SetMark(blockedMark)
		}
		return nil
	})
}

// allows tells whether a connection might begin now: what each guarded end of it on this host allows.
func (p policy) allows(c host.Connection) bool {
	if from := p.owner(c.Zone, c.Source); from != nil && !from.allows(neutron.Egress, c) {
		return false
	}
	to := p.owner(c.Zone, c.Destination)
	return to == nil || to.allows(neutron.Ingress, c)
}

// owner is the guard of the port that has the address, or failing that, a pair whose prefix contains it.
func (p policy) owner(zone uint16, a netip.Addr) *guard {
	var found *guard
	for i, g := range p.guards {
		if uint16(g.zone) != zone {
			continue
		}
		for _, s := range g.sources {
			if s.prefix.IsSingleIP() && s.prefix.Addr() == a {
				return &p.guards[i]
			}
			if found == nil && s.prefix.Bits() > 0 && s.prefix.Contains(a) {
				found = &p.guards[i]
			}
		}
	}
	return found
}

func (g guard) allows(direction neutron.Direction, c host.Connection) bool {
	if always(direction, c) {
		return true
	}
	return slices.ContainsFunc(g.groups, func(group *group) bool {
		return slices.ContainsFunc(group.rules, func(r rule) bool { return r.direction == direction && r.allows(c) })
	})
}

// always says in Go what alwaysEgress and alwaysIngress say to the kernel, of what is tracked.
func always(direction neutron.Direction, c host.Connection) bool {
	if direction == neutron.Egress && c.Protocol == 6 && c.DestinationPort == 80 && c.Destination == metadataAddress {
		return true
	}
	client, server := c.SourcePort, c.DestinationPort
	if direction == neutron.Ingress {
		client, server = server, client
	}
	return c.Protocol == 17 && (client == 68 && server == 67 || client == 546 && server == 547)
}

// metadataAddress is where guests ask who they are.
var metadataAddress = netip.AddrFrom4([4]byte{169, 254, 169, 254})

func (r rule) allows(c host.Connection) bool {
	far := c.Source
	if r.direction == neutron.Egress {
		far = c.Destination
	}
	return far.Is6() == r.v6 &&
		(r.protocol == 0 || r.protocol == int(c.Protocol)) &&
		r.allowsPorts(c) &&
		(!r.prefix.IsValid() || r.prefix.Contains(far)) &&
		(r.remote == nil || reaches(r.remote.members, far))
}

func (r rule) allowsPorts(c host.Connection) bool {
	if r.min == nil {
		return true
	}
	if _, icmp := icmpNames[r.protocol]; icmp {
		return int(c.ICMPType) == *r.min && (r.max == nil || int(c.ICMPCode) == *r.max)
	}
	most := *r.min
	if r.max != nil {
		most = *r.max
	}
	return *r.min <= int(c.DestinationPort) && int(c.DestinationPort) <= most
}
