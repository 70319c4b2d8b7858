// Package dhcp is neutron-dhcp-agent: DHCP and DNS for all networks of its host, from one process.
//
// Each network has a namespace with the network's DHCP port in it; sockets opened there are served here. Every address is
// known beforehand from the port that has it: a MAC that has no port gets no answer. DNS knows the names of the network's
// ports and hands other questions on only where it is told to whom. Metadata is the metadata agent's, which is let into the
// namespaces.
//
//	reconcile: HostNetworks ─▶ namespaces and devices ─▶ servers (one per network, whose view of ports is swapped whole)
package dhcp
