package l3

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/liveness"
	"cumulet/neutron/agent/metadata"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
	"cumulet/oslo/telemetry"
)

// Config is the agent's section of the configuration.
type Config struct {
	// SyncEvery is how often everything is compared without cause; a minute when 0.
	SyncEvery time.Duration
	// ReportEvery is how often the agent says that it lives; 10 s when 0.
	ReportEvery time.Duration
}

// Agent is neutron-l3-agent.
type Agent struct {
	Bus    *messaging.Bus
	Host   host.Host
	Config Config
	// Metadata answers in the routers' namespaces; nil: nobody does.
	Metadata *metadata.Agent
	Log      *slog.Logger
	Now      func() time.Time

	sync    *service.Reconciler
	pulse   *liveness.Liveness
	routers map[string]*router // only the reconciler's goroutine touches it
	load    atomic.Int64
	causes  telemetry.Causes // who asked for changes of routers
}

// Run routes until ctx ends; ready is called once the agent hears of changes and has tried to build every router. Routers
// stay when it returns.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	if err := a.Host.Prepare(); err != nil {
		return err
	}
	a.start(sync.OnceFunc(ready))
	a.pulse.Report(ctx)
	ctx, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer a.closeAll()
	defer tasks.Wait()
	defer stop()
	tasks.Go(func() { a.pulse.Run(ctx) })
	return a.listener().Run(ctx, func() {
		tasks.Go(func() { a.sync.Run(ctx) })
	})
}

func (a *Agent) start(ready func()) {
	a.routers = map[string]*router{}
	a.sync = &service.Reconciler{Name: "l3", Retry: time.Second, Every: cmp.Or(a.Config.SyncEvery, time.Minute), Log: a.Log}
	a.pulse = &liveness.Liveness{
		Bus: a.Bus, Every: cmp.Or(a.Config.ReportEvery, 10*time.Second), Log: a.Log, Resync: a.sync.Nudge,
		Load: func() int { return int(a.load.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentL3, Binary: "neutron-l3-agent", Host: a.Host.Name, StartedAt: a.Now(),
			Configurations: map[string]any{"agent_mode": "legacy", "handle_internal_only_routers": true},
		},
	}
	a.sync.Do = func(ctx context.Context) error {
		defer ready()
		err := a.reconcile(ctx)
		a.pulse.Synced(err)
		return err
	}
}

// listener hears what changed. Which routers are this agent's is the server's to say: it is asked each time.
func (a *Agent) listener() *messaging.Server {
	s := &messaging.Server{Bus: a.Bus, Topic: neutron.TopicL3, Host: a.Host.Name}
	messaging.Take(s, func(ctx context.Context, m neutron.RouterChanged) error {
		a.causes.Remember(ctx, m.ID)
		a.sync.Nudge()
		return nil
	})
	messaging.Take(s, func(context.Context, neutron.RouterDeleted) error { a.sync.Nudge(); return nil })
	messaging.Take(s, func(_ context.Context, m neutron.PortChanged) error {
		a.nudgeFor(m.DeviceOwner)
		return nil
	})
	messaging.Take(s, func(_ context.Context, m neutron.PortDeleted) error {
		a.nudgeFor(m.DeviceOwner)
		return nil
	})
	return s
}

func (a *Agent) nudgeFor(owner string) {
	if owner == neutron.OwnerRouterInterface || owner == neutron.OwnerRouterGateway {
		a.sync.Nudge()
	}
}

func (a *Agent) closeAll() {
	for id, r := range a.routers {
		r.close()
		delete(a.routers, id)
	}
}
