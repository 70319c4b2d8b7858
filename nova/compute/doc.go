// Package compute is the role nova-compute, one on each hypervisor host: it makes, changes and destroys guests through a
// virt.Driver as conductors ask, reports what the host has, and keeps what runs as it is recorded. It has no database:
// what it must know comes with a message or from the conductor.
//
// Every request may come twice; each does no harm. Requests for one guest go one at a time; to destroy a guest breaks off
// what is under way with it.
package compute
