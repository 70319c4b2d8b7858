package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/messaging"
)

// nudge tells a conductor that an operation waits. A nudge that is lost costs time only: conductors look by themselves.
func (m *Manager) nudge(ctx context.Context) {
	if err := messaging.Cast(ctx, m.Bus, messaging.Topic(nova.ConductorTopic), nova.OperationsWaiting{}); err != nil {
		m.Log.WarnContext(ctx, "cannot nudge a conductor", "error", err)
	}
}

// changed wakes the flows that wait for something to happen to a server.
func (m *Manager) changed(ctx context.Context, id string) {
	if err := messaging.Fanout(ctx, m.Bus, nova.ConductorTopic, nova.ServerChanged{ServerID: id}); err != nil {
		m.Log.WarnContext(ctx, "cannot tell the conductors of a change", "server", id, "error", err)
	}
}
