package dhcp

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/duty"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/metadata"
	"cumulet/oslo/messaging"
)

// Config is the agent's section of the configuration.
type Config struct {
	// Domain is that of networks which have none of their own; "openstacklocal" when empty.
	Domain string
	// Lease is how long guests may keep an address; a day when 0.
	Lease time.Duration
	// Forwarders answer what is no name of the network ("192.0.2.1:53"); none: such questions are refused.
	Forwarders []string
	// SyncEvery is how often everything is compared without cause; a minute when 0.
	SyncEvery time.Duration
	// ReportEvery is how often the agent says that it lives; 10 s when 0.
	ReportEvery time.Duration
}

// Agent is neutron-dhcp-agent.
type Agent struct {
	Bus    *messaging.Bus
	Host   host.Host
	Config Config
	// Metadata answers in the namespaces; nil: nobody does.
	Metadata *metadata.Agent
	Log      *slog.Logger
	Now      func() time.Time

	duty    *duty.Duty
	servers map[string]*server // by network; only the reconciler's goroutine touches it
	load    atomic.Int64
	resolve resolver
}

// Run serves until ctx ends; ready is called once the agent hears of changes and has tried to serve everything. Namespaces
// and their devices stay when it returns.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	if err := a.Host.Prepare(); err != nil {
		return err
	}
	a.servers = map[string]*server{}
	a.resolve = resolver{forwarders: a.Config.Forwarders, places: make(chan struct{}, maxForwarded)}
	defer a.closeAll()
	a.duty = &duty.Duty{
		Bus: a.Bus, Log: a.Log, Topic: neutron.TopicDHCP, Hear: a.hear, Reconcile: a.reconcile,
		SyncEvery: a.Config.SyncEvery, ReportEvery: a.Config.ReportEvery, Load: func() int { return int(a.load.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentDHCP, Binary: "neutron-dhcp-agent", Host: a.Host.Name, StartedAt: a.Now(),
			Configurations: map[string]any{"dhcp_driver": "cumulet", "dhcp_lease_duration": int(a.lease().Seconds())},
		},
	}
	return a.duty.Run(ctx, ready)
}

func (a *Agent) lease() time.Duration { return cmp.Or(a.Config.Lease, 24*time.Hour) }

func (a *Agent) domain(n neutron.ServedNetwork) string {
	switch {
	case n.DNSDomain != "":
		return n.DNSDomain
	case a.Config.Domain != "":
		return a.Config.Domain
	}
	return "openstacklocal"
}

// hear takes what changed. Which networks are this agent's is the server's to say: it is asked each time.
func (a *Agent) hear(s *messaging.Server) {
	messaging.Take(s, func(context.Context, neutron.PortChanged) error { a.duty.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.PortDeleted) error { a.duty.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkChanged) error { a.duty.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkDeleted) error { a.duty.Nudge(); return nil })
}

func (a *Agent) closeAll() {
	for id, s := range a.servers {
		s.close()
		delete(a.servers, id)
	}
}
