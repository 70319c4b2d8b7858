// Package liveness reports to neutron-server that an agent lives, and hears from it when to synchronise anew. What an agent
// does is not its business.
package liveness

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/messaging"
)

// Liveness is one agent's pulse.
type Liveness struct {
	Bus *messaging.Bus
	// Agent is what stays the same in every report.
	Agent neutron.AgentReport
	// Load tells how much the agent serves now.
	Load func() int
	// Resync is called when the agent must fetch everything: the server said so, or the last time failed.
	Resync func()
	Every  time.Duration
	Log    *slog.Logger

	synced atomic.Bool
}

// Synced keeps how the last full synchronisation went.
func (l *Liveness) Synced(err error) { l.synced.Store(err == nil) }

// Run reports regularly until ctx ends. An agent reports once before it begins, since the server has nothing to do for
// agents that it does not know.
func (l *Liveness) Run(ctx context.Context) {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.Report(ctx)
		}
	}
}

// Report reports once.
func (l *Liveness) Report(ctx context.Context) {
	report := l.Agent
	report.Load, report.Synced = l.Load(), l.synced.Load()
	ctx, cancel := context.WithTimeout(ctx, l.Every+5*time.Second)
	defer cancel()
	answer, err := messaging.Call[neutron.AgentReported](ctx, l.Bus, messaging.Topic(neutron.Topic), report)
	if err != nil {
		if ctx.Err() == nil {
			l.Log.WarnContext(ctx, "neutron-server does not take the report", "agent", l.Agent.Binary, "error", err)
		}
		l.synced.Store(false) // it may have forgotten what was reported
		return
	}
	if answer.Resync || !report.Synced {
		l.Resync()
	}
}
