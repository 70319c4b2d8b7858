package l3

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/duty"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/metadata"
	"cumulet/oslo/messaging"
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

	duty    *duty.Duty
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
	a.routers = map[string]*router{}
	defer a.closeAll()
	a.duty = &duty.Duty{
		Bus: a.Bus, Log: a.Log, Topic: neutron.TopicL3, Hear: a.hear, Reconcile: a.reconcile,
		SyncEvery: a.Config.SyncEvery, ReportEvery: a.Config.ReportEvery, Load: func() int { return int(a.load.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentL3, Binary: "neutron-l3-agent", Host: a.Host.Name, StartedAt: a.Now(),
			Configurations: map[string]any{"agent_mode": "legacy", "handle_internal_only_routers": true},
		},
	}
	return a.duty.Run(ctx, ready)
}

// hear takes what changed. Which routers are this agent's is the server's to say: it is asked each time.
func (a *Agent) hear(s *messaging.Server) {
	messaging.Take(s, func(ctx context.Context, m neutron.RouterChanged) error {
		a.causes.Remember(ctx, m.ID)
		a.duty.Nudge()
		return nil
	})
	messaging.Take(s, func(context.Context, neutron.RouterDeleted) error { a.duty.Nudge(); return nil })
	messaging.Take(s, func(_ context.Context, m neutron.PortChanged) error {
		a.nudgeFor(m.DeviceOwner)
		return nil
	})
	messaging.Take(s, func(_ context.Context, m neutron.PortDeleted) error {
		a.nudgeFor(m.DeviceOwner)
		return nil
	})
}

func (a *Agent) nudgeFor(owner string) {
	if owner == neutron.OwnerRouterInterface || owner == neutron.OwnerRouterGateway {
		a.duty.Nudge()
	}
}

func (a *Agent) closeAll() {
	for id, r := range a.routers {
		r.close()
		delete(a.routers, id)
	}
}
