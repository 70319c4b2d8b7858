package compute

import (
	"context"
	"fmt"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

// ChangePower does to a guest what is asked, and answers how it stands then.
func (c *Compute) ChangePower(ctx context.Context, m nova.ChangePower) (nova.GuestState, error) {
	var state nova.GuestState
	id := m.Server.ID
	err := c.guests.alone(ctx, id, func(ctx context.Context) error {
		if err := c.changePower(ctx, id, m.Change); err != nil {
			return err
		}
		now, err := c.Driver.Guest(ctx, id)
		state.PowerState = nova.PowerState(now)
		return err
	})
	if err != nil {
		return state, fmt.Errorf("%s guest of server %q: %w", m.Change, id, err)
	}
	return state, nil
}

func (c *Compute) changePower(ctx context.Context, id string, change nova.PowerChange) error {
	switch change {
	case nova.PowerOff:
		return c.Driver.PowerOff(ctx, id, c.Config.ShutdownTimeout)
	case nova.PowerOn:
		return c.Driver.PowerOn(ctx, id)
	case nova.PowerReboot:
		return c.Driver.Reboot(ctx, id, false)
	case nova.PowerHardReset:
		return c.Driver.Reboot(ctx, id, true)
	case nova.PowerPause:
		return c.Driver.Pause(ctx, id)
	case nova.PowerUnpause:
		return c.Driver.Unpause(ctx, id)
	case nova.PowerSuspend:
		return c.Driver.Suspend(ctx, id)
	case nova.PowerResume:
		return c.Driver.Resume(ctx, id)
	}
	return fault.New(fault.NotImplemented, "UnknownPowerChange", "A guest cannot be made to %s.", change)
}

// ReadGuestConsole reads the end of a guest's console.
func (c *Compute) ReadGuestConsole(ctx context.Context, m nova.ReadGuestConsole) (nova.ConsoleText, error) {
	lines := m.Lines
	if lines == 0 {
		lines = -1
	}
	output, err := c.Driver.ConsoleOutput(ctx, m.ServerID, lines)
	if err != nil {
		return nova.ConsoleText{}, fmt.Errorf("read console of server %q: %w", m.ServerID, err)
	}
	return nova.ConsoleText{Output: output}, nil
}

// PlugVIF attaches a port to a guest.
func (c *Compute) PlugVIF(ctx context.Context, m nova.PlugVIF) (struct{}, error) {
	return struct{}{}, c.guests.alone(ctx, m.Server.ID, func(ctx context.Context) error {
		return c.Driver.AttachInterface(ctx, m.Server.ID, nic(m.VIF, m.Server.Image["hw_vif_model"]))
	})
}

// UnplugVIF takes a port off a guest.
func (c *Compute) UnplugVIF(ctx context.Context, m nova.UnplugVIF) (struct{}, error) {
	return struct{}{}, c.guests.alone(ctx, m.Server.ID, func(ctx context.Context) error {
		return c.Driver.DetachInterface(ctx, m.Server.ID, nic(m.VIF, m.Server.Image["hw_vif_model"]))
	})
}
