package manager

import (
	"context"
	"slices"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/messaging"
)

// ExternalEvents takes what other services tell of servers, wakes whoever waits for it, and gives the events back with
// the code each was taken with; as nova/api/openstack/compute/server_external_events.py.
func (m *Manager) ExternalEvents(ctx context.Context, events []nova.ExternalEvent) ([]nova.ExternalEvent, error) {
	taken := slices.Clone(events)
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		for i := range taken {
			if err := m.takeEvent(ctx, tx, &taken[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, doing(err, "take external events")
	}
	for _, e := range taken {
		if e.Code != 200 {
			continue
		}
		m.changed(ctx, e.ServerID)
		if e.Name == nova.NetworkChanged {
			refresh := nova.RefreshNetwork{ServerID: e.ServerID}
			if err := messaging.Cast(ctx, m.Bus, messaging.Topic(nova.ConductorTopic), refresh); err != nil {
				return nil, doing(err, "take event %s", e.Name)
			}
		}
	}
	return taken, nil
}

// takeEvent notes what an event says and how it was taken.
func (m *Manager) takeEvent(ctx context.Context, tx *novadb.Tx, e *nova.ExternalEvent) error {
	s, err := tx.Server(ctx, e.ServerID)
	switch {
	case db.NoRows(err) || err == nil && s.Deleted:
		e.Status, e.Code = "failed", 404
		return nil
	case err != nil:
		return err
	case s.Host == "":
		e.Status, e.Code = "failed", 422
		return nil
	}
	e.Code = 200
	vif := s.Network.WithPort(e.Tag)
	switch {
	case e.Name == nova.VIFPlugged && vif != nil && e.Status == "completed":
		vif.Active = true
	case e.Name == nova.VIFUnplugged && vif != nil:
		vif.Active = false
	case e.Name == nova.VIFDeleted && vif != nil:
		s.Network = slices.DeleteFunc(s.Network, func(v nova.VIF) bool { return v.PortID == e.Tag })
	default:
		return nil
	}
	return tx.UpdateServer(ctx, s)
}
