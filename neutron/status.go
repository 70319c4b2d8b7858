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

// Turn is a change of a status: whose, from which ("" when it is made) to which, and when.
type Turn struct {
	Noun     string
	From, To Status
	When     string
}

// Turns are all changes of statuses there are. A status is what agents report and what callers do to it, never what they say.
func Turns() []Turn {
	return []Turn{
		{"network", "", Active, "made: it has nothing that could be down"},
		{"port", "", Down, "made"},
		{"port", Down, Active, "its host's agent has wired it"},
		{"port", Active, Down, "its host's agent found its device gone or could not wire it; bound to another host or to none"},
		{"router", "", Active, "made"},
		{"router", Active, Error, "an agent could not build it"},
		{"router", Error, Active, "an agent has built it"},
		{"floatingip", "", Down, "made"},
		{"floatingip", Down, Active, "an agent serves it"},
		{"floatingip", Down, Error, "an agent could not serve it"},
		{"floatingip", Active, Error, "an agent could not serve it"},
		{"floatingip", Error, Active, "an agent serves it"},
		{"floatingip", Active, Down, "its port went, or its router's agent no longer serves it"},
		{"floatingip", Error, Down, "its port went, or its router's agent no longer serves it"},
	}
}
