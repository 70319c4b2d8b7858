// Package linuxbridge is neutron-linuxbridge-agent: it wires the ports of its host into Linux bridges, connects these over
// VXLAN or a physical network, and filters what guests send and receive (security groups, by nftables).
//
// One function does it all (reconcile): it fetches the desired state, compares it with the devices, and mends. It runs when
// a device appears or goes (netlink events), when the server says that something changed, and now and then.
//
//	guest ─ tap ─┐
//	guest ─ tap ─┤ brq<network> ─┬─ vxlan-<vni>           to other hosts
//	router─ tap ─┤               └─ exi ═ exo ─ br-ex     flat, a bridge of the host
//	DHCP  ─ tap ─┘
//
// A port is reported up only after its filter stands. Stopping the agent leaves everything in place. Taps are not made
// here: the hypervisor, the L3 and the DHCP agent bring theirs.
package linuxbridge
