// Package l3 is neutron-l3-agent: routers as network namespaces, with their ports, routes, source NAT and floating
// addresses.
//
//	qr-… (an address of each subnet) ┐
//	qr-…                             ├ namespace of the router: nftables maps for NAT, tracked connections ── qg-… (gateway)
//
// Reconciling is idempotent and changes only what differs; the NAT table is swapped whole and at once, which leaves tracked
// connections alone, and those of a floating address are forgotten when it goes. The host's ends of the ports are the
// Linux bridge agent's to wire. Stopping the agent leaves routers at work.
package l3
