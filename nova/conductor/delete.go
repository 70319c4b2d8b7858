package conductor

import (
	"context"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/flow"
)

const terminateEvent = "compute_terminate_instance"

func (c *Conductor) deleteFlow() flow.Flow[nova.DeleteState] {
	// Nothing is undone: what is deleted half-way is deleted on. Failures pass within the time a host takes to be known
	// as down; what fails longer ends in ERROR, and may be deleted again.
	return flow.Flow[nova.DeleteState]{
		Name: nova.DeleteFlow,
		Steps: []flow.Step[nova.DeleteState]{
			{Name: "destroy", Do: c.terminate, Tries: 20},
			{Name: "ports", Do: c.giveUpPorts, Tries: 20},
			{Name: "release", Do: c.release, Tries: 20},
			{Name: "record", Do: c.recordDeleted, Tries: 20},
		},
		Failed: c.deleteFailed,
	}
}

func (c *Conductor) terminate(ctx context.Context, st *nova.DeleteState) error {
	if err := c.begin(ctx, st.ActionID, terminateEvent, c.Host); err != nil {
		return err
	}
	return c.destroy(ctx, st.ServerID)
}

func (c *Conductor) giveUpPorts(ctx context.Context, st *nova.DeleteState) error {
	s, err := c.DB.Server(ctx, st.ServerID)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, vif := range s.Network {
		kept[vif.PortID] = !vif.Created
	}
	return c.Network.Disconnect(ctx, s.ID, kept)
}

func (c *Conductor) release(ctx context.Context, st *nova.DeleteState) error {
	return c.Inventory.Release(ctx, st.ServerID)
}

func (c *Conductor) recordDeleted(ctx context.Context, st *nova.DeleteState) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		now := c.now()
		s.VMState, s.TaskState, s.PowerState = nova.DeletedState, nova.NoTask, nova.NoState
		s.Deleted, s.DeletedAt, s.TerminatedAt, s.Network = true, &now, &now, nil
		if err := c.end(ctx, tx, st.ActionID, terminateEvent, s.Host, nil); err != nil {
			return err
		}
		return record(ctx, tx, "server.delete.end", *s)
	})
	return err
}

func (c *Conductor) deleteFailed(ctx context.Context, st *nova.DeleteState, why error) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		s.VMState, s.TaskState, s.Fault = nova.ErrorState, nova.NoTask, c.failure(why)
		if err := c.end(ctx, tx, st.ActionID, terminateEvent, s.Host, why); err != nil {
			return err
		}
		return record(ctx, tx, "server.delete.error", *s)
	})
	if gone(err) {
		return nil
	}
	return err
}
