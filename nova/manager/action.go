package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Actions lists what was asked of a server, newest first; the marker is a request id. Deleted servers keep theirs.
func (m *Manager) Actions(ctx context.Context, who policy.Who, serverID string, f nova.ActionFilter, p nova.Page) ([]nova.Action, error) {
	if _, err := m.anyServer(ctx, who, serverID); err != nil {
		return nil, err
	}
	var before int64
	if p.Marker != "" {
		a, err := m.DB.Action(ctx, serverID, p.Marker)
		if err != nil {
			return nil, missing(err, invalid("MarkerNotFound", "Marker %s could not be found.", p.Marker))
		}
		before = a.ID
	}
	return m.DB.Actions(ctx, serverID, f, before, p.Limit)
}

// Action shows one with its events.
func (m *Manager) Action(ctx context.Context, who policy.Who, serverID, requestID string) (nova.Action, error) {
	if _, err := m.anyServer(ctx, who, serverID); err != nil {
		return nova.Action{}, err
	}
	a, err := m.DB.Action(ctx, serverID, requestID)
	return a, missing(err, fault.New(fault.NotFound, "InstanceActionNotFound", "Action %s not found", requestID))
}
