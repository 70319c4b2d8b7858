// Package virt is what nova-compute asks of a hypervisor: the Driver interface and the nouns it speaks in.
//
// Two drivers stand below it: libvirt (QEMU and KVM) and fake (in memory, for tests and simulated hosts). Both pass
// virttest.Run. A driver knows this host and nothing else: no database, no bus, no glance, no neutron. Who calls it
// has fetched the image to a file and made the ports; the L2 agent wires the tap devices that a driver makes.
//
// A guest is named by its server's UUID everywhere. Every method is idempotent: a caller that was killed repeats what
// it did. Calls for one guest come one at a time; calls for different guests may run together.
//
//	           Spawn                PowerOff               Suspend
//	(absent) ────────▶ Running ◀──────────────▶ Shutdown    Running ─────────▶ Suspended
//	    ▲                │  ▲       PowerOn                 Running ◀───────── Suspended
//	    └── Destroy ─────┘  │                                          Resume
//	     (from any)   Pause ▼ Unpause
//	                   Paused
package virt
