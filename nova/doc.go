// Package nova holds the nouns of compute: servers and their states, flavors, key pairs, services, compute nodes, quotas,
// and the messages that nova's roles send one another. It knows no HTTP, no SQL and no bus; rows live in nova/db, rules in
// nova/manager, the wire in nova/api.
package nova
