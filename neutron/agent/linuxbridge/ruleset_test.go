package linuxbridge

import (
	"net/netip"
	"strings"
	"testing"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

func port(n int) *int { return &n }

func TestRuleIsTheSameToTheKernelAndToReview(t *testing.T) {
	t.Parallel()
	far, mine := netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.3")
	group := &group{number: 7, members: []netip.Prefix{netip.MustParsePrefix("10.0.0.8/29")}}
	cases := []struct {
		rule   rule
		text   string
		allows bool
	}{
		{rule{direction: neutron.Ingress}, "meta nfproto ipv4", true},
		{rule{direction: neutron.Ingress, v6: true}, "meta nfproto ipv6", false},
		{rule{direction: neutron.Ingress, protocol: 6, min: port(22), max: port(22)}, "meta nfproto ipv4 meta l4proto 6 th dport 22", true},
		{rule{direction: neutron.Ingress, protocol: 6, min: port(80), max: port(90)}, "meta nfproto ipv4 meta l4proto 6 th dport 80-90", false},
		{rule{direction: neutron.Ingress, protocol: 17}, "meta nfproto ipv4 meta l4proto 17", false},
		{rule{direction: neutron.Ingress, protocol: 1, min: port(8), max: port(0)}, "meta nfproto ipv4 meta l4proto 1 icmp type 8 icmp code 0", false},
		{rule{direction: neutron.Ingress, prefix: netip.MustParsePrefix("10.0.0.0/24")}, "meta nfproto ipv4 ip saddr 10.0.0.0/24", true},
		{rule{direction: neutron.Ingress, prefix: netip.MustParsePrefix("0.0.0.0/0")}, "meta nfproto ipv4", true},
		{rule{direction: neutron.Egress, prefix: netip.MustParsePrefix("10.1.0.0/24")}, "meta nfproto ipv4 ip daddr 10.1.0.0/24", false},
		{rule{direction: neutron.Ingress, remote: group}, "meta nfproto ipv4 ip saddr @members4-7", true},
	}
	c := host.Connection{Source: far, Destination: mine, Protocol: 6, SourcePort: 40000, DestinationPort: 22}
	for _, test := range cases {
		if got := test.rule.text(); got != test.text {
			t.Errorf("rule is %q, not %q", got, test.text)
		}
		if got := test.rule.allows(c); got != test.allows {
			t.Errorf("%q allows: %v", test.text, got)
		}
	}
}

func TestServerCannotPutTextIntoTheFilter(t *testing.T) {
	t.Parallel()
	evil := "x } ; flush ruleset ; #\n"
	p := newPolicy([]neutron.WiredPort{{ID: "1", NetworkID: "n", MAC: evil, PortSecurity: true, SecurityGroups: []string{"g"},
		AddressPairs: []neutron.AddressPair{{Address: evil, MAC: evil}}}},
		[]neutron.WiredGroup{{ID: "g" + evil, Members: []string{evil}, Rules: []neutron.WiredRule{{Direction: neutron.Ingress, RemotePrefix: evil, EtherType: evil}}}},
		map[string]int{"1": 1}, map[string]int{"n": 1})
	if text := p.ruleset(); strings.Contains(text, "flush") {
		t.Errorf("the filter holds what the server sent:\n%s", text)
	}
}

func TestNumbersStayWhileTheirIDsDo(t *testing.T) {
	t.Parallel()
	var n numbers
	n.keep([]string{"a", "b", "c"})
	fresh := n.keep([]string{"c", "d", "b"})
	if n.of["b"] != 2 || n.of["c"] != 3 || n.of["d"] != 1 || len(fresh) != 1 || fresh[0] != "d" {
		t.Errorf("numbers %v, fresh %v", n.of, fresh)
	}
}
