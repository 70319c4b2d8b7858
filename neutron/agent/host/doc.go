// Package host is the machine as neutron's agents see it: the namespace that stands for the whole of it, the namespaces
// that agents make beside it, the devices in them, packet filters and tracked connections.
//
//	root namespace        node namespace (Host.Namespace)                 Host.Router(id)   Host.DHCP(id)
//	                      br-ex ── exo…┐ ┌exi… ── brq… ── tap… ─────────── qg-…
//	real bridge ── veth ──┘            └─┘        brq… ── tap… ─────────── qr-…
//	                                              brq… ── tap… ─────────────────────────── ns-…
//	                                              brq… ── tap… (a guest's, made by the hypervisor)
//
// A hypervisor in production has the empty name for its node namespace: then all of it lies in the root. Every function
// here brings about a state and changes nothing when it is there already. It knows no bus and no nouns of the API.
package host
