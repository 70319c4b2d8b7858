package libvirt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"

	"cumulet/nova/virt"
)

const (
	// pressAgain is after how long the power button is pressed again: a guest that is still booting misses it (as
	// nova/virt/libvirt/driver.py shutdown_retry_interval).
	pressAgain = 10 * time.Second
	look       = 100 * time.Millisecond
)

// PowerOn starts the guest, or lets it go on.
func (d *Driver) PowerOn(ctx context.Context, id string) error {
	return d.with(ctx, "power on", id, domain.start)
}

// start makes the guest Running from any state.
func (dom domain) start() error {
	state, err := dom.state()
	if err != nil {
		return err
	}
	switch state {
	case virt.Running:
		return nil
	case virt.Paused:
		return dom.DomainResume(dom.Domain)
	case virt.Crashed:
		if err := dom.stop(); err != nil {
			return err
		}
	}
	_, err = dom.DomainCreateWithFlags(dom.Domain, 0)
	if is(err, golibvirt.ErrOperationInvalid) { // it was started meanwhile
		return nil
	}
	return err
}

// stop pulls the plug; a guest that is off stays so.
func (dom domain) stop() error {
	err := dom.DomainDestroyFlags(dom.Domain, 0)
	if is(err, golibvirt.ErrOperationInvalid) || golibvirt.IsNotFound(err) {
		return nil
	}
	return err
}

// PowerOff presses the power button and, after grace, pulls the plug.
func (d *Driver) PowerOff(ctx context.Context, id string, grace time.Duration) error {
	state, err := d.Guest(ctx, id)
	if err != nil {
		return err
	}
	if state == virt.Running && grace > 0 {
		if err := d.press(ctx, id, grace); err != nil {
			return err
		}
	} else if state == virt.Suspended {
		return nil
	}
	return d.with(ctx, "power off", id, domain.stop)
}

// press presses the power button until the guest is down or grace is over.
func (d *Driver) press(ctx context.Context, id string, grace time.Duration) error {
	patient, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	again, tick := time.NewTicker(pressAgain), time.NewTicker(look)
	defer again.Stop()
	defer tick.Stop()
	button := func() error {
		return d.with(ctx, "shut down", id, func(dom domain) error {
			err := dom.DomainShutdownFlags(dom.Domain, golibvirt.DomainShutdownAcpiPowerBtn)
			if is(err, golibvirt.ErrOperationInvalid) { // it is down
				return nil
			}
			return err
		})
	}
	if err := button(); err != nil {
		return err
	}
	for {
		select {
		case <-patient.Done():
			return ctx.Err()
		case <-again.C:
			if err := button(); err != nil {
				return err
			}
		case <-tick.C:
			state, err := d.Guest(ctx, id)
			if err != nil || state != virt.Running {
				return err
			}
		}
	}
}

// Reboot ends the guest, gently or not, and starts it from its definition.
func (d *Driver) Reboot(ctx context.Context, id string, hard bool) error {
	grace := d.SoftReboot
	if grace == 0 {
		grace = 2 * time.Minute // as nova's wait_soft_reboot_seconds
	}
	if hard {
		grace = 0
	}
	if err := d.PowerOff(ctx, id, grace); err != nil {
		return err
	}
	return d.with(ctx, "reboot", id, func(dom domain) error {
		state, err := dom.state()
		if err != nil {
			return err
		}
		if state == virt.Suspended {
			if err := dom.DomainManagedSaveRemove(dom.Domain, 0); err != nil {
				return err
			}
		}
		return dom.start()
	})
}

// Pause stops the guest's processors.
func (d *Driver) Pause(ctx context.Context, id string) error {
	return d.transit(ctx, "pause", id, []virt.State{virt.Running}, virt.Paused, func(dom domain) error {
		return dom.DomainSuspend(dom.Domain)
	})
}

// Unpause lets the guest go on.
func (d *Driver) Unpause(ctx context.Context, id string) error {
	return d.transit(ctx, "unpause", id, []virt.State{virt.Paused}, virt.Running, domain.start)
}

// Suspend saves the guest's memory beside libvirt's own files and ends it.
func (d *Driver) Suspend(ctx context.Context, id string) error {
	return d.transit(ctx, "suspend", id, []virt.State{virt.Running, virt.Paused}, virt.Suspended, func(dom domain) error {
		return dom.DomainManagedSave(dom.Domain, uint32(golibvirt.DomainSaveRunning))
	})
}

// Resume starts the guest from its saved memory.
func (d *Driver) Resume(ctx context.Context, id string) error {
	return d.transit(ctx, "resume", id, []virt.State{virt.Suspended}, virt.Running, domain.start)
}

// transit brings the guest from one of the states to another; one that is there already is left alone.
func (d *Driver) transit(ctx context.Context, verb, id string, from []virt.State, to virt.State, do func(domain) error) error {
	return d.with(ctx, verb, id, func(dom domain) error {
		state, err := dom.state()
		if err != nil || state == to {
			return err
		}
		for _, s := range from {
			if s == state {
				return do(dom)
			}
		}
		return virt.WrongState(uuid.UUID(dom.UUID).String(), state, verb)
	})
}

// StopGuests powers off all guests at once, each with the grace, for a host that goes down. They start again with PowerOn.
func (d *Driver) StopGuests(ctx context.Context, grace time.Duration) error {
	states, err := d.Guests(ctx)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for id, state := range states {
		if state != virt.Running && state != virt.Paused {
			continue
		}
		wait.Go(func() {
			if err := d.PowerOff(ctx, id, grace); err != nil && !isNoGuest(err) {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("stop guest %q: %w", id, err))
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
