package dhcp

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

	sync    *service.Reconciler
	pulse   *liveness.Liveness
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
	a.servers = map[string]*server{}
	a.resolve = resolver{forwarders: a.Config.Forwarders, places: make(chan struct{}, maxForwarded)}
	a.sync = &service.Reconciler{Name: "dhcp", Retry: time.Second, Every: cmp.Or(a.Config.SyncEvery, time.Minute), Log: a.Log}
	a.pulse = &liveness.Liveness{
		Bus: a.Bus, Every: cmp.Or(a.Config.ReportEvery, 10*time.Second), Log: a.Log, Resync: a.sync.Nudge,
		Load: func() int { return int(a.load.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentDHCP, Binary: "neutron-dhcp-agent", Host: a.Host.Name, StartedAt: a.Now(),
			Configurations: map[string]any{"dhcp_driver": "cumulet", "dhcp_lease_duration": int(a.lease().Seconds())},
		},
	}
	a.sync.Do = func(ctx context.Context) error {
		defer ready()
		err := a.reconcile(ctx)
		a.pulse.Synced(err)
		return err
	}
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

// listener hears what changed. Which networks are this agent's is the server's to say: it is asked each time.
func (a *Agent) listener() *messaging.Server {
	s := &messaging.Server{Bus: a.Bus, Topic: neutron.TopicDHCP, Host: a.Host.Name}
	messaging.Take(s, func(context.Context, neutron.PortChanged) error { a.sync.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.PortDeleted) error { a.sync.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkChanged) error { a.sync.Nudge(); return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkDeleted) error { a.sync.Nudge(); return nil })
	return s
}

func (a *Agent) closeAll() {
	for id, s := range a.servers {
		s.close()
		delete(a.servers, id)
	}
}
