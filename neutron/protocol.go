package neutron

import (
	"maps"
	"slices"
	"strconv"
)

// protocols are the names that rules may use, with their IP protocol numbers. As neutron_lib.constants.IP_PROTOCOL_MAP.
var protocols = map[string]int{
	"ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "icmp": 1, "icmpv6": 58, "igmp": 2, "ip": 0, "ipip": 4,
	"ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43,
	"ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}

// KnownProtocol tells whether rules may name the protocol: by name in lower case, or by number.
func KnownProtocol(name string) bool {
	if n, err := strconv.Atoi(name); err == nil {
		return n >= 0 && n <= 255
	}
	_, ok := protocols[name]
	return ok
}

// ProtocolNumber is a protocol's number; icmp of IPv6 is 58. What is no protocol is 0, as "any".
func ProtocolNumber(name, etherType string) int {
	n, err := strconv.Atoi(name)
	if err != nil {
		n = protocols[name]
	}
	if n == 1 && etherType == "IPv6" {
		return 58
	}
	return n
}

// Protocols are the names that rules may use, sorted.
func Protocols() []string { return slices.Sorted(maps.Keys(protocols)) }
