package fake

import (
	"context"
	"time"

	"cumulet/nova/virt"
)

// PowerOn starts a guest that is shut down or suspended.
func (d *Driver) PowerOn(ctx context.Context, id string) error {
	return d.change(ctx, "PowerOn", id, func(g *guest) error {
		switch g.state {
		case virt.Running:
			return nil
		case virt.Suspended, virt.Paused:
			d.resume(g)
			return nil
		}
		d.boot(g)
		return nil
	})
}

// PowerOff ends the guest; every fake guest goes down when asked, so grace does not matter.
func (d *Driver) PowerOff(ctx context.Context, id string, _ time.Duration) error {
	return d.change(ctx, "PowerOff", id, func(g *guest) error {
		if g.state == virt.Running || g.state == virt.Paused {
			d.halt(g)
		}
		return nil
	})
}

// Reboot ends the guest and starts it.
func (d *Driver) Reboot(ctx context.Context, id string, _ bool) error {
	return d.change(ctx, "Reboot", id, func(g *guest) error {
		if g.state == virt.Running || g.state == virt.Paused {
			d.halt(g)
		}
		d.boot(g)
		return nil
	})
}

// Pause stops a running guest's processors.
func (d *Driver) Pause(ctx context.Context, id string) error {
	return d.change(ctx, "Pause", id, func(g *guest) error {
		if g.state == virt.Paused {
			return nil
		}
		if g.state != virt.Running {
			return virt.WrongState(id, g.state, "pause")
		}
		g.state = virt.Paused
		d.tell(id, virt.ChangePaused)
		return nil
	})
}

// Unpause lets a paused guest go on.
func (d *Driver) Unpause(ctx context.Context, id string) error {
	return d.change(ctx, "Unpause", id, func(g *guest) error {
		if g.state == virt.Running {
			return nil
		}
		if g.state != virt.Paused {
			return virt.WrongState(id, g.state, "unpause")
		}
		d.resume(g)
		return nil
	})
}

// Suspend puts a running or paused guest's memory away.
func (d *Driver) Suspend(ctx context.Context, id string) error {
	return d.change(ctx, "Suspend", id, func(g *guest) error {
		if g.state == virt.Suspended {
			return nil
		}
		if g.state != virt.Running && g.state != virt.Paused {
			return virt.WrongState(id, g.state, "suspend")
		}
		g.state = virt.Suspended
		d.tell(id, virt.ChangeSuspended)
		return nil
	})
}

// Resume lets a suspended guest go on.
func (d *Driver) Resume(ctx context.Context, id string) error {
	return d.change(ctx, "Resume", id, func(g *guest) error {
		if g.state == virt.Running {
			return nil
		}
		if g.state != virt.Suspended {
			return virt.WrongState(id, g.state, "resume")
		}
		d.resume(g)
		return nil
	})
}

func (d *Driver) resume(g *guest) {
	g.state = virt.Running
	d.tell(g.ID, virt.ChangeResumed)
}

// Crash makes a running guest crash, as no method of the interface does.
func (d *Driver) Crash(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.guests[id]; g != nil && g.state == virt.Running {
		g.state = virt.Crashed
		d.tell(id, virt.ChangeCrashed)
	}
}

// ShutDown lets a guest go down by itself, as its user may.
func (d *Driver) ShutDown(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.guests[id]; g != nil && g.state == virt.Running {
		d.halt(g)
	}
}
