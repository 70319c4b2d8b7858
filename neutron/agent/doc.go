// Package agent holds the agents of neutron, each in a folder of its own, and the test that runs them together on a host
// made of namespaces.
//
//	linuxbridge  wires ports into bridges and filters them          netns     namespaces
//	dhcp         DHCP and DNS for every network                     host      devices, routes, packet filters
//	l3           routers, source NAT, floating addresses            liveness  the pulse that each agent sends
//	metadata     carries guests' questions to nova                  duty      what each does around its own work
//
// Agents know what neutron-server tells them over the bus, and no database.
package agent
