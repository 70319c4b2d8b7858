package conductor

import (
	"context"
	"fmt"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

func (c *Conductor) powerFlow() flow.Flow[nova.PowerFlowState] {
	return flow.Flow[nova.PowerFlowState]{
		Name: nova.PowerFlow,
		Steps: []flow.Step[nova.PowerFlowState]{
			{Name: "change", Do: c.changePower, Deadline: c.Config.ShutdownTimeout*2 + 3*time.Minute, Tries: 3},
			{Name: "record", Do: c.recordPower, Tries: 5},
		},
		Failed: c.powerFailed,
	}
}

// powerEvent names the part of the action that users see; upstream's names ("compute_stop_instance").
func powerEvent(change nova.PowerChange) string { return "compute_" + change.Action() + "_instance" }

func (c *Conductor) changePower(ctx context.Context, st *nova.PowerFlowState) error {
	return c.whileWanted(ctx, st.ServerID, func(ctx context.Context, s nova.Server) error {
		if err := c.begin(ctx, st.ActionID, powerEvent(st.Change), s.Host); err != nil {
			return err
		}
		state, err := messaging.Call[nova.GuestState](ctx, c.Bus, on(s.Host), nova.ChangePower{Server: s, Change: st.Change})
		if err != nil {
			return fmt.Errorf("%s on %s: %w", st.Change, s.Host, err)
		}
		st.Reached = state.PowerState
		return nil
	})
}

func (c *Conductor) recordPower(ctx context.Context, st *nova.PowerFlowState) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		s.VMState, s.PowerState, s.Fault = st.To, st.Reached, nil
		if s.TaskState == st.Task { // else another operation waits, whose task it is
			s.TaskState = nova.NoTask
		}
		if err := c.end(ctx, tx, st.ActionID, powerEvent(st.Change), s.Host, nil); err != nil {
			return err
		}
		return record(ctx, tx, "server."+st.Change.Action()+".end", *s)
	})
	return err
}

// powerFailed records why. The server stays in the state it was in, except that a reboot's failure is an ERROR, and so is a
// guest that is not there; as nova/compute/manager.py, reboot_instance.
func (c *Conductor) powerFailed(ctx context.Context, st *nova.PowerFlowState, why error) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		if err := c.end(ctx, tx, st.ActionID, powerEvent(st.Change), s.Host, why); err != nil {
			return err
		}
		if s.TaskState != st.Task { // to be deleted, or another operation waits
			return nil
		}
		s.TaskState, s.Fault = nova.NoTask, c.failure(why)
		if st.Change == nova.PowerHardReset || fault.Is(why, fault.NotFound) {
			s.VMState = nova.ErrorState
		}
		return record(ctx, tx, "server."+st.Change.Action()+".error", *s)
	})
	if gone(err) {
		return nil
	}
	return err
}
