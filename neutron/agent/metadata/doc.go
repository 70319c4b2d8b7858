// Package metadata is neutron-metadata-agent: it answers 169.254.169.254 in the namespaces of routers and DHCP servers by
// asking nova on the guest's behalf.
//
// Who asks is known by where the request came in (a network or a router) and its source address, which the filters of the
// Linux bridge agent keep honest. What nova is told of the guest is signed with a secret that both share; such headers from
// a guest are stripped. It knows nothing of what metadata holds.
package metadata
