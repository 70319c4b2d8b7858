package virttest

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"cumulet/nova/virt"
	"cumulet/oslo/fault"
)

// life takes one guest through all its states, and a second one along for company.
func (r *run) life(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	events, err := r.driver.Events(ctx)
	must(t, "Events", err)
	l := &life{run: r, guest: NewGuest(1, r.options.Image), events: events}
	t.Cleanup(func() {
		stop()
		for range events { // read until it is closed, as is promised
		}
		for _, n := range []int{1, 2} {
			if err := r.driver.Destroy(context.Background(), NewGuest(n, virt.Image{}).ID); err != nil {
				t.Errorf("Destroy: %v", err)
			}
		}
	})
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"SpawnedGuestRuns", l.spawn},
		{"RepeatedSpawnChangesNothing", l.spawnAgain},
		{"ConsoleShowsTheEnd", l.console},
		{"PausedGuestGoesOn", l.pause},
		{"InterfaceComesAndGoes", l.attach},
		{"SoftRebootEndsRunning", l.rebootSoft},
		{"SuspendedGuestGoesOn", l.suspend},
		{"HardRebootEndsRunning", l.rebootHard},
		{"PowerOffWithGraceStops", l.powerOffGently},
		{"StoppedGuestCannotBePaused", l.pauseStopped},
		{"PoweredOffGuestStartsAgain", l.powerOn},
		{"GuestsAreListed", l.company},
		{"DestroyedGuestIsGone", l.destroy},
	} {
		if !t.Run(step.name, step.do) {
			return // each step starts where the one before ended
		}
	}
}

type life struct {
	*run
	guest  virt.Guest
	events <-chan virt.Event
}

func (l *life) spawn(t *testing.T) {
	var steps []virt.Step
	must(t, "Spawn", l.driver.Spawn(t.Context(), l.guest, func(s virt.Step) { steps = append(steps, s) }))
	if want := []virt.Step{virt.StepDisks, virt.StepDefine, virt.StepStart}; !slices.Equal(steps, want) {
		t.Errorf("steps were %v", steps)
	}
	l.is(t, virt.Running)
	l.told(t, virt.ChangeStarted)
}

func (l *life) spawnAgain(t *testing.T) {
	must(t, "Spawn", l.driver.Spawn(t.Context(), l.guest, nil))
	l.is(t, virt.Running)
}

func (l *life) console(t *testing.T) {
	l.ready(t)
	all, err := l.driver.ConsoleOutput(t.Context(), l.guest.ID, -1)
	must(t, "ConsoleOutput", err)
	some, err := l.driver.ConsoleOutput(t.Context(), l.guest.ID, 3)
	must(t, "ConsoleOutput", err)
	if len(all) == 0 || bytes.Count(some, []byte("\n")) != 2 {
		t.Errorf("all is %q, three lines are %q", all, some)
	}
}

func (l *life) pause(t *testing.T) {
	for range 2 {
		must(t, "Pause", l.driver.Pause(t.Context(), l.guest.ID))
		l.is(t, virt.Paused)
	}
	l.told(t, virt.ChangePaused)
	for range 2 {
		must(t, "Unpause", l.driver.Unpause(t.Context(), l.guest.ID))
		l.is(t, virt.Running)
	}
	l.told(t, virt.ChangeResumed)
}

func (l *life) attach(t *testing.T) {
	nic := NewGuest(77, virt.Image{}).NICs[0]
	for range 2 {
		must(t, "AttachInterface", l.driver.AttachInterface(t.Context(), l.guest.ID, nic))
	}
	for range 2 {
		must(t, "DetachInterface", l.driver.DetachInterface(t.Context(), l.guest.ID, nic))
	}
}

func (l *life) suspend(t *testing.T) {
	for range 2 {
		must(t, "Suspend", l.driver.Suspend(t.Context(), l.guest.ID))
		l.is(t, virt.Suspended)
	}
	l.told(t, virt.ChangeSuspended)
	for range 2 {
		must(t, "Resume", l.driver.Resume(t.Context(), l.guest.ID))
		l.is(t, virt.Running)
	}
	l.told(t, virt.ChangeResumed)
}

func (l *life) rebootSoft(t *testing.T) {
	l.ready(t)
	must(t, "Reboot", l.driver.Reboot(t.Context(), l.guest.ID, false))
	l.is(t, virt.Running)
	l.told(t, virt.ChangeStopped)
	l.told(t, virt.ChangeStarted)
}

func (l *life) rebootHard(t *testing.T) {
	must(t, "Pause", l.driver.Pause(t.Context(), l.guest.ID)) // a hard reboot helps in every state
	must(t, "Reboot", l.driver.Reboot(t.Context(), l.guest.ID, true))
	l.is(t, virt.Running)
	l.told(t, virt.ChangeStopped)
	l.told(t, virt.ChangeStarted)
}

func (l *life) powerOffGently(t *testing.T) {
	l.ready(t)
	for range 2 {
		must(t, "PowerOff", l.driver.PowerOff(t.Context(), l.guest.ID, l.options.Patience))
		l.is(t, virt.Shutdown)
	}
	l.told(t, virt.ChangeStopped)
}

func (l *life) pauseStopped(t *testing.T) {
	for method, err := range map[string]error{
		"Pause":   l.driver.Pause(t.Context(), l.guest.ID),
		"Unpause": l.driver.Unpause(t.Context(), l.guest.ID),
		"Suspend": l.driver.Suspend(t.Context(), l.guest.ID),
		"Resume":  l.driver.Resume(t.Context(), l.guest.ID),
	} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s of a stopped guest: %v", method, err)
		}
	}
	nic := NewGuest(78, virt.Image{}).NICs[0]
	must(t, "AttachInterface", l.driver.AttachInterface(t.Context(), l.guest.ID, nic))
	must(t, "DetachInterface", l.driver.DetachInterface(t.Context(), l.guest.ID, nic))
}

func (l *life) powerOn(t *testing.T) {
	for range 2 {
		must(t, "PowerOn", l.driver.PowerOn(t.Context(), l.guest.ID))
		l.is(t, virt.Running)
	}
	l.told(t, virt.ChangeStarted)
}

func (l *life) company(t *testing.T) {
	other := NewGuest(2, l.options.Image)
	other.ConfigDrive = nil
	must(t, "Spawn", l.driver.Spawn(t.Context(), other, nil))
	must(t, "PowerOff", l.driver.PowerOff(t.Context(), other.ID, 0))
	guests, err := l.driver.Guests(t.Context())
	must(t, "Guests", err)
	if len(guests) != 2 || guests[l.guest.ID] != virt.Running || guests[other.ID] != virt.Shutdown {
		t.Errorf("guests are %v", guests)
	}
}

func (l *life) destroy(t *testing.T) {
	for _, n := range []int{1, 1, 2} {
		must(t, "Destroy", l.driver.Destroy(t.Context(), NewGuest(n, virt.Image{}).ID))
	}
	l.none(t)
}

func (l *life) is(t *testing.T, want virt.State) {
	t.Helper()
	got, err := l.driver.Guest(t.Context(), l.guest.ID)
	must(t, "Guest", err)
	if got != want {
		t.Fatalf("the guest is %v, not %v", got, want)
	}
}

// told waits until the change of the guest is told; others may be told before.
func (l *life) told(t *testing.T, want virt.Change) {
	t.Helper()
	end := time.After(l.options.Patience)
	for {
		select {
		case event, open := <-l.events:
			if !open {
				t.Fatalf("the events end before %q", want)
			}
			if event.ID == l.guest.ID && event.Change == want {
				return
			}
		case <-end:
			t.Fatalf("%q is not told", want)
		}
	}
}

// ready waits until the guest listens to the power button.
func (l *life) ready(t *testing.T) {
	t.Helper()
	if l.options.Ready == "" {
		return
	}
	end := time.After(l.options.Patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := l.driver.ConsoleOutput(t.Context(), l.guest.ID, -1)
		must(t, "ConsoleOutput", err)
		if bytes.Contains(out, []byte(l.options.Ready)) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the guest never said %q; its console:\n%s", l.options.Ready, out)
		}
	}
}
