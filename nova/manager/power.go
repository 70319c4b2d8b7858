package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// DeleteServer records the flow that removes a server, whatever state it is in; a build under way is broken off. A second
// call while it goes on changes nothing.
func (m *Manager) DeleteServer(ctx context.Context, who policy.Who, id string) error {
	return errUnderWay
}

// StopServer has the guest shut down.
func (m *Manager) StopServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Stop)
}

// StartServer has the guest started.
func (m *Manager) StartServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Start)
}

// RebootServer has the guest rebooted, by itself or hard by power.
func (m *Manager) RebootServer(ctx context.Context, who policy.Who, id string, hard bool) error {
	if hard {
		return m.change(ctx, who, id, nova.HardReboot)
	}
	return m.change(ctx, who, id, nova.SoftReboot)
}

// PauseServer has the guest's processors halted.
func (m *Manager) PauseServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Pause)
}

// UnpauseServer has them run on.
func (m *Manager) UnpauseServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Unpause)
}

// SuspendServer has the guest's memory saved to disk and the guest halted.
func (m *Manager) SuspendServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Suspend)
}

// ResumeServer has a suspended guest run on.
func (m *Manager) ResumeServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Resume)
}

// ResetState sets a server's stable state by an admin's word, without touching the guest: nova.Active or nova.ErrorState.
func (m *Manager) ResetState(ctx context.Context, who policy.Who, id string, to nova.VMState) error {
	return errUnderWay
}

// LockServer keeps everyone but admins, or but its owner, from changing the server.
func (m *Manager) LockServer(ctx context.Context, who policy.Who, id string, reason *string) error {
	return errUnderWay
}

// UnlockServer ends it. overrides tells that the caller may break an admin's lock (rule
// os_compute_api:os-lock-server:unlock:unlock_override).
func (m *Manager) UnlockServer(ctx context.Context, who policy.Who, id string, overrides bool) error {
	return errUnderWay
}

func (m *Manager) change(ctx context.Context, who policy.Who, id string, t nova.Transition) error {
	return errUnderWay
}
