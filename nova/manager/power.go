package manager

import (
	"context"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/policy"
)

// DeleteServer records the flow that removes a server, whatever state it is in; a build under way is broken off. A second
// call while it goes on changes nothing.
func (m *Manager) DeleteServer(ctx context.Context, who policy.Who, id string) error {
	_, err := m.alter(ctx, who, id, "server.delete.start", func(tx *novadb.Tx, s *nova.Server) error {
		if err := unlocked(who, *s); err != nil {
			return err
		}
		if s.TaskState == nova.Deleting { // its flow is recorded, and ends
			return nil
		}
		action, err := m.beginAction(ctx, tx, who, id, "delete")
		if err != nil {
			return err
		}
		s.TaskState = nova.Deleting
		_, err = flow.Start(ctx, tx.Tx, nova.DeleteFlow, id, nova.DeleteState{ServerID: id, ActionID: action})
		return err
	})
	if err != nil {
		return doing(err, "delete server %q", id)
	}
	m.changed(ctx, id)
	m.nudge(ctx)
	return nil
}

// StopServer has the guest shut down.
func (m *Manager) StopServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Stop, nova.PowerOff)
}

// StartServer has the guest started.
func (m *Manager) StartServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Start, nova.PowerOn)
}

// RebootServer has the guest rebooted, by itself or hard by power.
func (m *Manager) RebootServer(ctx context.Context, who policy.Who, id string, hard bool) error {
	if hard {
		return m.change(ctx, who, id, nova.HardReboot, nova.PowerHardReset)
	}
	return m.change(ctx, who, id, nova.SoftReboot, nova.PowerReboot)
}

// PauseServer has the guest's processors halted.
func (m *Manager) PauseServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Pause, nova.PowerPause)
}

// UnpauseServer has them run on.
func (m *Manager) UnpauseServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Unpause, nova.PowerUnpause)
}

// SuspendServer has the guest's memory saved to disk and the guest halted.
func (m *Manager) SuspendServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Suspend, nova.PowerSuspend)
}

// ResumeServer has a suspended guest run on.
func (m *Manager) ResumeServer(ctx context.Context, who policy.Who, id string) error {
	return m.change(ctx, who, id, nova.Resume, nova.PowerResume)
}

// change records the flow of a transition with the task state it sets.
func (m *Manager) change(ctx context.Context, who policy.Who, id string, t nova.Transition, c nova.PowerChange) error {
	_, err := m.alter(ctx, who, id, "server."+t.Action+".start", func(tx *novadb.Tx, s *nova.Server) error {
		if err := unlocked(who, *s); err != nil {
			return err
		}
		if err := t.Check(*s); err != nil {
			return err
		}
		if s.Host == "" {
			return invalidHost(s.ID, t.Action)
		}
		action, err := m.beginAction(ctx, tx, who, id, t.Action)
		if err != nil {
			return err
		}
		s.TaskState = t.Task
		_, err = flow.Start(ctx, tx.Tx, nova.PowerFlow, id, nova.PowerFlowState{
			ServerID: id, ActionID: action, Change: c, Task: t.Task, To: t.To,
		})
		return err
	})
	if err != nil {
		return doing(err, "%s server %q", t.Action, id)
	}
	m.nudge(ctx)
	return nil
}

// ResetState sets a server's stable state by an admin's word, without touching the guest: nova.Active or nova.ErrorState.
func (m *Manager) ResetState(ctx context.Context, who policy.Who, id string, to nova.VMState) error {
	_, err := m.alter(ctx, who, id, "server.update", func(_ *novadb.Tx, s *nova.Server) error {
		s.VMState, s.TaskState = to, nova.NoTask
		return nil
	})
	return err
}

// LockServer keeps everyone but admins, or but its owner, from changing the server.
func (m *Manager) LockServer(ctx context.Context, who policy.Who, id string, reason *string) error {
	_, err := m.alter(ctx, who, id, "server.lock", func(tx *novadb.Tx, s *nova.Server) error {
		s.Locked, s.LockedReason, s.LockedBy = true, reason, "admin"
		if who.ProjectID == s.ProjectID { // as nova/compute/api.py, lock: the owner's own lock is the owner's to open
			s.LockedBy = "owner"
		}
		return m.noteAction(ctx, tx, who, id, "lock")
	})
	return err
}

// UnlockServer ends it. overrides tells that the caller may break an admin's lock (rule
// os_compute_api:os-lock-server:unlock:unlock_override).
func (m *Manager) UnlockServer(ctx context.Context, who policy.Who, id string, overrides bool) error {
	_, err := m.alter(ctx, who, id, "server.unlock", func(tx *novadb.Tx, s *nova.Server) error {
		if s.LockedBy == "admin" && !overrides {
			return locked(id)
		}
		s.Locked, s.LockedReason, s.LockedBy = false, nil, ""
		return m.noteAction(ctx, tx, who, id, "unlock")
	})
	return err
}

// noteAction records an action that is done as it is recorded.
func (m *Manager) noteAction(ctx context.Context, tx *novadb.Tx, who policy.Who, id, name string) error {
	action, err := m.beginAction(ctx, tx, who, id, name)
	if err != nil {
		return err
	}
	return tx.EndAction(ctx, action, nil, m.now())
}
