// Package novatest gives tests a whole nova in one process: manager, conductor, scheduler and computes with fake
// hypervisors on a real database and the memory bus, before small placement and neutron servers that live in memory and
// can be asked what is left in them.
package novatest
