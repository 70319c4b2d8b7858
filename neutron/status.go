package neutron

// Status is the state of a network, port, router or floating address on the wire.
type Status string

// The statuses.
const (
	Active Status = "ACTIVE" // wired
	Down   Status = "DOWN"   // not wired, or not asked to be
	Build  Status = "BUILD"  // being wired
	Error  Status = "ERROR"  // an agent could not wire it
)
