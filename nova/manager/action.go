package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// Actions lists what was asked of a server, newest first; the marker is a request id. Deleted servers keep theirs.
func (m *Manager) Actions(ctx context.Context, who policy.Who, serverID string, f nova.ActionFilter, p nova.Page) ([]nova.Action, error) {
	return nil, errUnderWay
}

// Action shows one with its events.
func (m *Manager) Action(ctx context.Context, who policy.Who, serverID, requestID string) (nova.Action, error) {
	return nova.Action{}, errUnderWay
}
