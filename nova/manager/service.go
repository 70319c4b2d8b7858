package manager

import (
	"context"

	"cumulet/nova"
)

// Services lists nova's services.
func (m *Manager) Services(ctx context.Context, f nova.ServiceFilter) ([]nova.Service, error) {
	return nil, errUnderWay
}

// ServiceUpdate is what may be changed of a service; nil leaves a thing as it is.
type ServiceUpdate struct {
	Disabled, ForcedDown *bool
	// DisabledReason goes with Disabled.
	DisabledReason *string
}

// UpdateService changes the service with this UUID (microversion 2.53).
func (m *Manager) UpdateService(ctx context.Context, id string, u ServiceUpdate) (nova.Service, error) {
	return nova.Service{}, errUnderWay
}

// UpdateServiceOn changes the service of this host and binary (before 2.53).
func (m *Manager) UpdateServiceOn(ctx context.Context, host, binary string, u ServiceUpdate) (nova.Service, error) {
	return nova.Service{}, errUnderWay
}

// DeleteService forgets a service by UUID or, before 2.53, by number. A compute with servers is a fault of kind Conflict.
func (m *Manager) DeleteService(ctx context.Context, id string) error { return errUnderWay }
