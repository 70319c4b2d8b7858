package virt

import (
	"context"
	"time"
)

// Driver drives one host's hypervisor. Methods that name a guest answer NotFound (see NoGuest) when there is none,
// except Destroy, which is then already done.
type Driver interface {
	// Host says what this host is and has.
	Host(ctx context.Context) (Host, error)

	// Spawn makes the guest's disks, defines it and starts it. Repeated, it finishes what an earlier call left; a guest
	// that already runs is left alone. After an error what was made stays, for a repetition or for Destroy.
	// progress may be nil.
	Spawn(ctx context.Context, guest Guest, progress Progress) error
	// Destroy ends the guest without asking it, and removes its definition, disks and console log.
	Destroy(ctx context.Context, id string) error

	// PowerOn starts a guest that is shut down; a suspended one goes on where it was.
	PowerOn(ctx context.Context, id string) error
	// PowerOff presses the guest's power button, and after grace pulls the plug; with no grace, at once.
	PowerOff(ctx context.Context, id string, grace time.Duration) error
	// Reboot starts the guest anew: gently (power button, and if it does not go down in time, hard), or hard. It ends
	// with the guest Running, whatever state it was in.
	Reboot(ctx context.Context, id string, hard bool) error
	// Pause stops the guest's processors, its memory stays on the host. Unpause goes on.
	Pause(ctx context.Context, id string) error
	Unpause(ctx context.Context, id string) error
	// Suspend writes the guest's memory to disk and ends it. Resume goes on from there.
	Suspend(ctx context.Context, id string) error
	Resume(ctx context.Context, id string) error

	// Guest is the state of one guest, Guests of all that this driver made.
	Guest(ctx context.Context, id string) (State, error)
	Guests(ctx context.Context) (map[string]State, error)

	// ConsoleOutput is the end of what the guest wrote on its serial console since it was last started: the given number
	// of lines as Tail counts them, at most MaxConsoleBytes. Negative lines mean all of it.
	ConsoleOutput(ctx context.Context, id string, lines int) ([]byte, error)

	// Events tells what happens to guests from now on, asked for or not. The channel is closed when ctx ends or the
	// hypervisor is lost; the caller then reads Guests and asks anew. It must be read until it is closed.
	Events(ctx context.Context) (<-chan Event, error)

	// AttachInterface plugs one more interface into the guest, running or not. DetachInterface unplugs it; the NIC is
	// known by its MAC, one that is not there is already unplugged.
	AttachInterface(ctx context.Context, id string, nic NIC) error
	DetachInterface(ctx context.Context, id string, nic NIC) error
}

// Progress hears which step of a Spawn begins.
type Progress func(step Step)

// Say tells p of step; a nil p does not listen.
func (p Progress) Say(step Step) {
	if p != nil {
		p(step)
	}
}

// Step is a part of Spawn.
type Step string

// The steps of Spawn, in order.
const (
	StepDisks  Step = "disks"
	StepDefine Step = "define"
	StepStart  Step = "start"
)
