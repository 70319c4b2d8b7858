// Package duty is what every agent of neutron does around its own work: it reports to neutron-server that it lives, hears what
// changed, and brings its host in order at the start, when told, and now and then. What order is, is the agent's to say.
package duty

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cumulet/neutron"
	"cumulet/neutron/agent/liveness"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
	"cumulet/oslo/telemetry"
)

// Duty is one agent's, for one run.
type Duty struct {
	Bus *messaging.Bus
	Log *slog.Logger
	// Agent is what stays the same in every report, Load how much the agent serves now.
	Agent neutron.AgentReport
	Load  func() int
	// Topic is where changes are told, Hear takes those that concern the agent: it nudges.
	Topic string
	Hear  func(*messaging.Server)
	// Reconcile brings the host in order. It is called on one goroutine only.
	Reconcile func(context.Context) error
	// Watch, where there is one, nudges for what the host itself does; its end is the agent's.
	Watch func(context.Context) error
	// SyncEvery is how often the host is brought in order without cause, a minute when 0; ReportEvery how often the agent says
	// that it lives, 10 s when 0.
	SyncEvery, ReportEvery time.Duration

	sync service.Reconciler
}

// Nudge asks for a turn of Reconcile.
func (d *Duty) Nudge() { d.sync.Nudge() }

// Run does it until ctx ends; ready is called once the agent hears of changes and has tried for the first time. It may be
// called once.
func (d *Duty) Run(ctx context.Context, ready func()) error {
	ctx = telemetry.WithHost(ctx, d.Agent.Host)
	pulse := &liveness.Liveness{
		Bus: d.Bus, Agent: d.Agent, Load: d.Load, Resync: d.Nudge, Every: cmp.Or(d.ReportEvery, 10*time.Second), Log: d.Log,
	}
	pulse.Report(ctx) // the server has nothing to do for agents that it does not know
	tried := sync.OnceFunc(ready)
	d.sync.Name, d.sync.Every, d.sync.Retry, d.sync.Log = d.Agent.Binary, cmp.Or(d.SyncEvery, time.Minute), time.Second, d.Log
	d.sync.Do = func(ctx context.Context) error {
		defer tried()
		err := d.Reconcile(ctx)
		pulse.Synced(err)
		return err
	}
	server := &messaging.Server{Bus: d.Bus, Topic: d.Topic, Host: d.Agent.Host, Log: d.Log}
	d.Hear(server)

	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { pulse.Run(ctx); return nil })
	if d.Watch != nil {
		all.Go(func() error { return d.Watch(ctx) })
	}
	all.Go(func() error {
		// Nothing is fetched before the agent hears: what changes in between would be missed.
		return server.Run(ctx, func() { all.Go(func() error { return d.sync.Run(ctx) }) })
	})
	return all.Wait()
}
