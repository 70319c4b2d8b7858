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
	taken  atomic.Bool // whether the last report was
	told   atomic.Bool // whether there was a report at all
}

// Synced keeps how the last full synchronisation went.
func (l *Liveness) Synced(err error) { l.synced.Store(err == nil) }

// again is how soon a report follows one that neutron-server did not take: it binds no port to a host that it has not heard of.
const again = time.Second

// Run reports regularly until ctx ends. An agent reports once before it begins, since the server has nothing to do for
// agents that it does not know.
func (l *Liveness) Run(ctx context.Context) {
	for {
		pause := l.Every
		if !l.taken.Load() {
			pause = min(again, l.Every)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			l.Report(ctx)
		}
	}
}

// Report reports once. Of several failures in a row only the first is told.
func (l *Liveness) Report(ctx context.Context) {
	report := l.Agent
	report.Load, report.Synced = l.Load(), l.synced.Load()
	ctx, cancel := context.WithTimeout(ctx, l.Every+5*time.Second)
	defer cancel()
	answer, err := messaging.Call[neutron.AgentReported](ctx, l.Bus, messaging.Topic(neutron.Topic), report)
	taken := err == nil
	if before, told := l.taken.Swap(taken), l.told.Swap(true); !taken && (before || !told) && ctx.Err() == nil {
		l.Log.WarnContext(ctx, "neutron-server does not take the report", "agent", l.Agent.Binary, "error", err)
	}
	if !taken {
		l.synced.Store(false) // it may have forgotten what was reported
		return
	}
	if answer.Resync || !report.Synced {
		l.Resync()
	}
}
