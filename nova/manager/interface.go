package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// Interfaces lists a server's ports as remembered.
func (m *Manager) Interfaces(ctx context.Context, who policy.Who, id string) (nova.NetworkInfo, error) {
	return nil, errUnderWay
}

// AttachInterface gives a server one more port and returns once it is plugged.
func (m *Manager) AttachInterface(ctx context.Context, who policy.Who, id string, r nova.RequestedNetwork) (nova.VIF, error) {
	return nova.VIF{}, errUnderWay
}

// DetachInterface records the flow that takes a port off a server.
func (m *Manager) DetachInterface(ctx context.Context, who policy.Who, id, portID string) error {
	return errUnderWay
}
