// Package plugin is neutron-server's rules: what may be made, changed and removed, and what follows from it. Each change is one
// transaction that counts quotas, writes the rows and the event; after the commit it nudges the agents, which then ask
// through Serve what they must wire. Ports are bound by mechanisms (mechanism.go), networks and routers given to agents by
// schedule.go.
//
// It knows no HTTP, and of hosts only what agents report.
package plugin
