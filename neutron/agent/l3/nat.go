package l3

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

// translate puts the router's NAT in place, where it differs from what stands, and forgets the connections of what
// changed.
func (r *router) translate(ctx context.Context, want neutron.ServedRouter) error {
	floating := mapped(want)
	text := ruleset(want, floating)
	if text == r.loaded {
		return nil
	}
	if err := host.Filter(ctx, r.namespace, text); err != nil {
		return fmt.Errorf("NAT: %w", err)
	}
	if err := r.forget(want, floating); err != nil {
		return fmt.Errorf("forget connections: %w", err)
	}
	r.loaded, r.floating = text, floating
	return nil
}

// mapped are the router's floating addresses with the fixed ones that they stand for.
func mapped(want neutron.ServedRouter) map[netip.Addr]netip.Addr {
	floating := map[netip.Addr]netip.Addr{}
	if want.Gateway == nil || !want.Gateway.AdminUp {
		return floating
	}
	for _, f := range want.FloatingIPs {
		if f.Floating.Is4() && f.Fixed.Is4() {
			floating[f.Floating] = f.Fixed
		}
	}
	return floating
}

// forget deletes the tracked connections that are translated otherwise than the router would now. Others are not touched.
func (r *router) forget(want neutron.ServedRouter, floating map[netip.Addr]netip.Addr) error {
	speaksAs := map[netip.Addr]netip.Addr{}
	for out, in := range floating {
		speaksAs[in] = out
	}
	var own netip.Addr
	if want.Gateway != nil && want.Gateway.SNAT {
		own, _ = address(want.Gateway.ServedInterface)
	}
	return host.Connections(r.namespace, func(c host.Connection) error {
		if c.ReplySource != c.Destination && floating[c.Destination] != c.ReplySource {
			return c.Delete()
		}
		source := own
		if out, ok := speaksAs[c.Source]; ok {
			source = out
		}
		if c.ReplyDestination != c.Source && c.ReplyDestination != source {
			return c.Delete()
		}
		return nil
	})
}

const table = "cumulet"

// ruleset is the router's NAT and filter as a text for nft. Floating addresses are maps, looked up once per connection
// however many they are. As neutron/agent/l3/router_info.py and iptables rules of its external gateway:
// what stays inside is not translated; a floating address speaks for its fixed one also to neighbours behind this router;
// what is left leaves with the gateway's own address.
func ruleset(want neutron.ServedRouter, floating map[netip.Addr]netip.Addr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "table ip %s\ndelete table ip %s\n", table, table)
	if want.Gateway == nil {
		return b.String()
	}
	gateway := neutron.InterfaceName(gatewayPrefix, want.Gateway.PortID)
	var in, out []string
	for f, x := range floating {
		in = append(in, f.String()+" : "+x.String())
		out = append(out, x.String()+" : "+f.String())
	}
	slices.Sort(in)
	slices.Sort(out)
	fmt.Fprintf(&b, "table ip %s {\n", table)
	b.WriteString("chain prerouting { type nat hook prerouting priority -100; policy accept;\n")
	if len(in) > 0 {
		fmt.Fprintf(&b, "dnat to ip daddr map { %s }\n", strings.Join(in, ", "))
	}
	b.WriteString("}\nchain postrouting { type nat hook postrouting priority 100; policy accept;\n")
	fmt.Fprintf(&b, "iifname != %q oifname != %q ct status and dnat == 0 accept\n", gateway, gateway)
	if len(out) > 0 {
		fmt.Fprintf(&b, "snat to ip saddr map { %s }\n", strings.Join(unique(out), ", "))
	}
	if own, ok := address(want.Gateway.ServedInterface); ok && want.Gateway.SNAT {
		fmt.Fprintf(&b, "oifname %q snat to %s\n", gateway, own)
		// A neighbour who called a floating address must get the answer by this router too.
		fmt.Fprintf(&b, "iifname != %q ct status and dnat != 0 snat to %s\n", gateway, own)
	}
	b.WriteString("}\nchain input { type filter hook input priority 0; policy accept;\n")
	fmt.Fprintf(&b, "iifname %q ip daddr 169.254.169.254 drop\n", gateway)
	b.WriteString("}\n}\n")
	return b.String()
}

// unique keeps one mapping of each fixed address: the source of what it begins.
func unique(sorted []string) []string {
	return slices.CompactFunc(sorted, func(a, b string) bool {
		left, _, _ := strings.Cut(a, " ")
		right, _, _ := strings.Cut(b, " ")
		return left == right
	})
}

// address is the first IPv4 address of a port.
func address(port neutron.ServedInterface) (netip.Addr, bool) {
	for _, a := range port.Addresses {
		if a.Prefix.Addr().Is4() {
			return a.Prefix.Addr(), true
		}
	}
	return netip.Addr{}, false
}
