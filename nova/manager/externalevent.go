package manager

import (
	"context"

	"cumulet/nova"
)

// ExternalEvents takes what other services tell of servers, wakes whoever waits for it, and gives the events back with
// the code each was taken with.
func (m *Manager) ExternalEvents(ctx context.Context, events []nova.ExternalEvent) ([]nova.ExternalEvent, error) {
	return nil, errUnderWay
}
