package virt

import (
	"strconv"
	"time"
)

// State is a guest's power state, in nova's numbers (nova/compute/power_state.py).
type State int

// The power states.
const (
	NoState   State = 0
	Running   State = 1
	Paused    State = 3
	Shutdown  State = 4
	Crashed   State = 6
	Suspended State = 7 // its memory is on disk
)

func (s State) String() string {
	switch s {
	case NoState:
		return "pending"
	case Running:
		return "running"
	case Paused:
		return "paused"
	case Shutdown:
		return "shutdown"
	case Crashed:
		return "crashed"
	case Suspended:
		return "suspended"
	}
	return "state " + strconv.Itoa(int(s))
}

// Change is what happened to a guest.
type Change string

// The changes that drivers tell of.
const (
	ChangeStarted   Change = "started"
	ChangeStopped   Change = "stopped"
	ChangePaused    Change = "paused"
	ChangeResumed   Change = "resumed" // from Paused or Suspended
	ChangeSuspended Change = "suspended"
	ChangeCrashed   Change = "crashed"
)

// Event is one change of one guest. A change that quickly follows another may be told with the later State.
type Event struct {
	ID     string
	Change Change
	At     time.Time
}
