// Package conductor is the role nova-conductor: it runs the flows that nova/manager recorded, and writes down what
// computes report, since those have no database. Any number may run; leases keep each flow with one of them.
//
// The flow that builds a server, with what undoes each step:
//
//	schedule  a host chosen and claimed   the claim is given back
//	ports     ports made, bound           deleted, unbound
//	build     the guest made and started  destroyed; on failure another host is tried first
//	plug      neutron wired the ports
//	activate  ACTIVE
//
// A server that is to be deleted has its flows broken off: they stop at what they wait for, are undone, and the flow that
// deletes it follows.
package conductor
