package linuxbridge

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
)

// table is the name of our tables, one of the bridge and one of the inet family.
const table = "cumulet"

// ruleset is the whole filter as a text for nft, which swaps it in at once. The bridge table knows devices: it drops what a
// port may not speak as, and marks packets with the numbers of the ports they come from (low 16 bits) and go to (high).
// The inet table, which bridges hand packets to, follows connections, in a zone for each network, and asks the groups.
// Verdicts of one base chain end only that chain: egress and ingress are asked one after the other.
func (p policy) ruleset() string {
	var b strings.Builder
	for _, family := range []string{"bridge", "inet"} {
		fmt.Fprintf(&b, "table %s %s\ndelete table %s %s\n", family, table, family, table)
	}
	p.bridgeTable(&b)
	p.inetTable(&b)
	return b.String()
}

// emptyRuleset takes the filter away.
func emptyRuleset() string {
	return fmt.Sprintf("table bridge %s\ndelete table bridge %s\ntable inet %s\ndelete table inet %s\n", table, table, table, table)
}

func (p policy) bridgeTable(b *strings.Builder) {
	var marks, macs, from, to []string
	sources := map[bool][]string{}
	for _, g := range p.guards {
		marks = append(marks, fmt.Sprintf("%q : %#x", g.tap, g.mark))
		from = append(from, fmt.Sprintf("%q : goto from-%d", g.tap, g.mark))
		to = append(to, fmt.Sprintf("%q : goto to-%d", g.tap, g.mark))
		for _, s := range g.sources {
			macs = append(macs, fmt.Sprintf("%q . %s", g.tap, s.mac))
			if s.prefix.IsSingleIP() {
				v6 := s.prefix.Addr().Is6()
				sources[v6] = append(sources[v6], fmt.Sprintf("%q . %s . %s", g.tap, s.mac, s.prefix.Addr()))
			}
		}
	}
	fmt.Fprintf(b, "table bridge %s {\n", table)
	set(b, "map", "marks", "ifname : mark", marks)
	set(b, "set", "macs", "ifname . ether_addr", macs)
	set(b, "set", "sources4", "ifname . ether_addr . ipv4_addr", sources[false])
	set(b, "set", "sources6", "ifname . ether_addr . ipv6_addr", sources[true])
	for _, g := range p.guards {
		g.bridgeChains(b)
	}
	b.WriteString("chain prerouting { type filter hook prerouting priority -300; policy accept;\n")
	for _, device := range append([]string{tapPrefix + "*", innerPrefix + "*", vxlanPrefix + "*"}, p.uplink...) {
		fmt.Fprintf(b, "iifname %q meta mark set 0\n", device)
	}
	lookup(b, "iifname", from)
	b.WriteString("}\nchain forward { type filter hook forward priority -10; policy accept;\n")
	lookup(b, "oifname", to)
	b.WriteString("}\n}\n")
}

// bridgeChains drop what the port may not speak as, and mark what comes from it and goes to it.
func (g guard) bridgeChains(b *strings.Builder) {
	var targets, arp, ip4, ip6 strings.Builder
	for _, s := range g.sources {
		a := s.prefix.Addr()
		switch {
		case a.Is6() && s.prefix.IsSingleIP():
			fmt.Fprintf(&targets, "icmpv6 type nd-neighbor-advert @th,64,128 %#x accept\n", a.AsSlice())
		case s.prefix.IsSingleIP(): // in the set
		case a.Is6():
			fmt.Fprintf(&ip6, "ether saddr %s ip6 saddr %s accept\n", s.mac, s.prefix)
			fmt.Fprintf(&targets, "ether saddr %s ip6 saddr %s icmpv6 type nd-neighbor-advert accept\n", s.mac, s.prefix)
		case s.prefix.Bits() == 0:
			fmt.Fprintf(&arp, "arp saddr ether %s accept\n", s.mac)
			fmt.Fprintf(&ip4, "ether saddr %s accept\n", s.mac)
		default:
			fmt.Fprintf(&arp, "arp saddr ether %s arp saddr ip %s accept\n", s.mac, s.prefix)
			fmt.Fprintf(&ip4, "ether saddr %s ip saddr %s accept\n", s.mac, s.prefix)
		}
	}
	fmt.Fprintf(b, bridgeChains, g.mark, arp.String(), ip4.String(), targets.String(), ip6.String(), g.mark<<16)
}

// bridgeChains, with the port's number [1], its prefixes for ARP [2], IPv4 [3], its addresses for neighbour advertisements
// [4], its prefixes for IPv6 [5], and the mark of packets to it [6]. As neutron/agent/linux/iptables_firewall.py,
// _spoofing_rule and _drop_dhcp_rule: no port but a trusted one answers DHCP or advertises a router.
const bridgeChains = `chain arp-%[1]d {
iifname . arp saddr ether . arp saddr ip @sources4 accept
arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept
%[2]sdrop
}
chain ip4-%[1]d {
ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
udp sport 67 udp dport 68 drop
iifname . ether saddr . ip saddr @sources4 accept
%[3]sdrop
}
chain advert-%[1]d {
%[4]sdrop
}
chain ip6-%[1]d {
icmpv6 type { nd-router-advert, nd-redirect } drop
udp sport 547 udp dport 546 drop
icmpv6 type nd-neighbor-advert jump advert-%[1]d
ip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld-listener-report, mld2-listener-report } accept
iifname . ether saddr . ip6 saddr @sources6 accept
%[5]sdrop
}
chain from-%[1]d {
meta mark set %[1]d
iifname . ether saddr != @macs drop
ether type vmap { arp : goto arp-%[1]d, ip : goto ip4-%[1]d, ip6 : goto ip6-%[1]d }
drop
}
chain to-%[1]d { meta mark set meta mark or %#[6]x
}
`

func (p policy) inetTable(b *strings.Builder) {
	fmt.Fprintf(b, "table inet %s {\n", table)
	for _, g := range p.groups {
		for v6, name := range map[bool]string{false: "ipv4_addr", true: "ipv6_addr"} {
			g.memberSet(b, v6, name)
		}
	}
	for _, g := range p.groups {
		for _, direction := range []neutron.Direction{neutron.Egress, neutron.Ingress} {
			g.chain(b, direction)
		}
	}
	var zones, from, to []string
	for _, network := range sorted(p.zones) {
		bridge := neutron.InterfaceName(bridgePrefix, network)
		zones = append(zones, fmt.Sprintf("%q : %d", bridge, p.zones[network]))
	}
	for _, g := range p.guards {
		g.portChain(b, neutron.Egress)
		g.portChain(b, neutron.Ingress)
		from = append(from, fmt.Sprintf("%#x : goto egress-%d", g.mark, g.mark))
		to = append(to, fmt.Sprintf("%#x : goto ingress-%d", g.mark<<16, g.mark))
	}
	b.WriteString("chain zone { type filter hook prerouting priority -300; policy accept;\n")
	if len(zones) > 0 {
		fmt.Fprintf(b, "ct zone set iifname map { %s }\n", strings.Join(zones, ", "))
	}
	bridges := fmt.Sprintf("iifname %q ", bridgePrefix+"*")
	b.WriteString("}\nchain egress { type filter hook forward priority 0; policy accept;\n")
	lookup(b, bridges+"meta mark and 0xffff", from)
	b.WriteString("}\nchain ingress { type filter hook forward priority 1; policy accept;\n")
	lookup(b, bridges+"meta mark and 0xffff0000", to)
	b.WriteString("}\n")
	p.tunnel.chain(b)
	b.WriteString("}\n")
}

// chain lets tunnels in from the other hosts only. The kernel's VXLAN listens on every address of the host and believes
// whoever speaks to it; a guest reaches an address of the host by a router with a gateway.
func (e tunnelEnds) chain(b *strings.Builder) {
	if !e.own.IsValid() {
		return
	}
	family := "ip"
	if e.own.Is6() {
		family = "ip6"
	}
	b.WriteString("chain tunnel { type filter hook input priority -20; policy accept;\n")
	if len(e.peers) > 0 {
		var from []string
		for _, peer := range e.peers {
			from = append(from, peer.String())
		}
		fmt.Fprintf(b, "udp dport %d %s saddr { %s } %s daddr %s accept\n", e.port, family, strings.Join(from, ", "), family, e.own)
	}
	fmt.Fprintf(b, "udp dport %d drop\n}\n", e.port)
}

// What each port's chain holds before its groups are asked. Connections that were allowed once and are no longer bear
// blockedMark. What every guest needs: DHCP, metadata, IPv6 neighbours and multicast membership, as
// neutron/agent/linux/iptables_firewall.py, _add_fixed_*_rules.
const (
	alwaysEgress = `icmpv6 type { 130, 131, 132, 133, 135, 136, 143 } accept
udp sport 68 udp dport 67 accept
udp sport 546 udp dport 547 accept
ip daddr 169.254.169.254 tcp dport 80 accept
`
	alwaysIngress = `icmpv6 type { 130, 131, 132, 134, 135, 136, 143 } accept
udp sport 67 udp dport 68 accept
udp sport 547 udp dport 546 accept
`
)

func (g guard) portChain(b *strings.Builder, direction neutron.Direction) {
	fmt.Fprintf(b, "chain %s-%d {\nct mark %d drop\n", direction, g.mark, blockedMark)
	if direction == neutron.Egress {
		b.WriteString(alwaysEgress)
	} else {
		b.WriteString(alwaysIngress)
	}
	if g.stateful {
		b.WriteString("ct state established,related accept\nct state invalid drop\n")
	}
	for _, group := range g.groups {
		fmt.Fprintf(b, "jump group-%s-%d\n", direction, group.number)
	}
	b.WriteString("drop\n}\n")
}

func (g *group) memberSet(b *strings.Builder, v6 bool, kind string) {
	var members []string
	for _, m := range g.members {
		if m.Addr().Is6() == v6 {
			members = append(members, m.String())
		}
	}
	set(b, "set", g.memberName(v6), kind+"; flags interval; auto-merge", members)
}

func (g *group) memberName(v6 bool) string {
	if v6 {
		return fmt.Sprintf("members6-%d", g.number)
	}
	return fmt.Sprintf("members4-%d", g.number)
}

func (g *group) chain(b *strings.Builder, direction neutron.Direction) {
	fmt.Fprintf(b, "chain group-%s-%d { # %s\n", direction, g.number, clean(g.id))
	for _, r := range g.rules {
		if r.direction == direction {
			b.WriteString(r.text() + " accept\n")
		}
	}
	b.WriteString("}\n")
}

// text is the rule's match.
func (r rule) text() string {
	family, far := "ipv4", "ip saddr"
	if r.v6 {
		family, far = "ipv6", "ip6 saddr"
	}
	if r.direction == neutron.Egress {
		far = strings.Replace(far, "saddr", "daddr", 1)
	}
	match := []string{"meta nfproto " + family}
	if r.protocol != 0 {
		match = append(match, fmt.Sprintf("meta l4proto %d", r.protocol))
	}
	if r.min != nil {
		match = append(match, r.ports())
	}
	if r.prefix.IsValid() && r.prefix.Bits() > 0 {
		match = append(match, far+" "+r.prefix.String())
	}
	if r.remote != nil {
		match = append(match, far+" @"+r.remote.memberName(r.v6))
	}
	return strings.Join(match, " ")
}

// ports matches the range of ports, or type and code of ICMP.
func (r rule) ports() string {
	if name, ok := icmpNames[r.protocol]; ok {
		text := fmt.Sprintf("%s type %d", name, *r.min)
		if r.max != nil {
			text += fmt.Sprintf(" %s code %d", name, *r.max)
		}
		return text
	}
	if r.max == nil || *r.max == *r.min {
		return fmt.Sprintf("th dport %d", *r.min)
	}
	return fmt.Sprintf("th dport %d-%d", *r.min, *r.max)
}

// icmpNames are the protocols whose ports are type and code.
var icmpNames = map[int]string{1: "icmp", 58: "icmpv6"}

func set(b *strings.Builder, kind, name, elementType string, elements []string) {
	fmt.Fprintf(b, "%s %s { type %s;", kind, name, elementType)
	if len(elements) > 0 {
		slices.Sort(elements)
		fmt.Fprintf(b, " elements = { %s }", strings.Join(slices.Compact(elements), ", "))
	}
	b.WriteString(" }\n")
}

func lookup(b *strings.Builder, key string, elements []string) {
	if len(elements) > 0 {
		fmt.Fprintf(b, "%s vmap { %s }\n", key, strings.Join(elements, ", "))
	}
}

// clean keeps what ids are made of: nothing else reaches the filter's text.
func clean(id string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789abcdefABCDEF-", r) {
			return r
		}
		return -1
	}, id)
}

func sorted(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// reaches tells whether one of the prefixes contains a.
func reaches(all []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(a) })
}
