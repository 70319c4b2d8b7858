package fake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cumulet/nova/virt"
)

type guest struct {
	virt.Guest
	state   virt.State
	console []byte
}

// Definition is the guest as it was spawned and changed since, for tests to look at.
func (d *Driver) Definition(id string) (virt.Guest, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[id]
	if g == nil {
		return virt.Guest{}, false
	}
	return g.Guest, true
}

// Spawn makes the guest and starts it.
func (d *Driver) Spawn(ctx context.Context, want virt.Guest, progress virt.Progress) error {
	if err := d.before(ctx, "Spawn", want.ID); err != nil {
		return err
	}
	if err := want.Check(); err != nil {
		return err
	}
	for _, step := range []virt.Step{virt.StepDisks, virt.StepDefine, virt.StepStart} {
		progress.Say(step)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[want.ID]
	if g == nil {
		want.NICs = slices.Clone(want.NICs)
		g = &guest{Guest: want, state: virt.Shutdown}
		d.guests[want.ID] = g
	}
	if g.state == virt.Shutdown {
		d.boot(g)
	}
	return d.keep(g)
}

// Destroy forgets the guest.
func (d *Driver) Destroy(ctx context.Context, id string) error {
	if err := d.before(ctx, "Destroy", id); err != nil {
		return err
	}
	if err := virt.CheckID(id); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[id]
	if g == nil {
		return nil
	}
	if g.state == virt.Running || g.state == virt.Paused {
		d.tell(id, virt.ChangeStopped)
	}
	delete(d.guests, id)
	return d.drop(id)
}

// Guest is the state of one guest.
func (d *Driver) Guest(ctx context.Context, id string) (virt.State, error) {
	state := virt.NoState
	err := d.look(ctx, "Guest", id, func(g *guest) error {
		state = g.state
		return nil
	})
	return state, err
}

// Guests is the state of all guests.
func (d *Driver) Guests(ctx context.Context) (map[string]virt.State, error) {
	if err := d.before(ctx, "Guests", ""); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	states := make(map[string]virt.State, len(d.guests))
	for id, g := range d.guests {
		states[id] = g.state
	}
	return states, nil
}

// ConsoleOutput is what a small guest would have written.
func (d *Driver) ConsoleOutput(ctx context.Context, id string, lines int) ([]byte, error) {
	var out []byte
	err := d.look(ctx, "ConsoleOutput", id, func(g *guest) error {
		out = slices.Clone(virt.Tail(g.console, lines))
		return nil
	})
	return out, err
}

// boot lets a guest that is shut down run, on a fresh console.
func (d *Driver) boot(g *guest) {
	g.state = virt.Running
	g.console = fmt.Appendf(nil, "FAKE %s booted at %s\n", g.Name, d.Now().UTC().Format(time.RFC3339))
	for i := range 20 {
		g.console = fmt.Appendf(g.console, "FAKE boot message %d\n", i)
	}
	g.console = fmt.Appendf(g.console, "FAKE login: ")
	d.tell(g.ID, virt.ChangeStarted)
}

// halt ends a guest that runs or is paused.
func (d *Driver) halt(g *guest) {
	g.state = virt.Shutdown
	d.tell(g.ID, virt.ChangeStopped)
}
