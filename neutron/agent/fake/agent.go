// Package fake is an L2 agent whose host has no wires: it reports, as a Linux bridge agent does, that every port bound to
// it is wired. With nova's fake hypervisor it stands for hosts by the thousand. It serves no DHCP and no routers.
package fake

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/liveness"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// Agent is the L2 agent of a host without wires.
type Agent struct {
	Bus  *messaging.Bus
	Host string
	// Physical names the physical networks that the host is said to be connected to.
	Physical []string
	// ReportEvery is how often it says that it lives; 10 s when 0.
	ReportEvery time.Duration
	Now         func() time.Time
	Log         *slog.Logger

	sync  *service.Reconciler
	wired atomic.Int64
}

// Run reports until ctx ends; ready is called once it hears of changes.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	a.sync = &service.Reconciler{Name: "fake L2 agent", Every: time.Minute, Retry: time.Second, Log: a.Log}
	pulse := a.pulse()
	pulse.Report(ctx) // the server binds no port to a host that it does not know
	a.sync.Do = func(ctx context.Context) error {
		err := a.wire(ctx)
		pulse.Synced(err)
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer stop()
	tasks.Go(func() { pulse.Run(ctx) })
	tasks.Go(func() { _ = a.sync.Run(ctx) })
	return a.server().Run(ctx, ready)
}

func (a *Agent) pulse() *liveness.Liveness {
	mappings := map[string]string{}
	for _, name := range a.Physical {
		mappings[name] = "fake"
	}
	every := a.ReportEvery
	if every == 0 {
		every = 10 * time.Second
	}
	return &liveness.Liveness{
		Bus: a.Bus, Every: every, Log: a.Log, Resync: a.sync.Nudge,
		Load: func() int { return int(a.wired.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentLinuxBridge, Binary: "neutron-linuxbridge-agent", Host: a.Host, StartedAt: a.Now(),
			Configurations: map[string]any{
				neutron.ConfigBridgeMappings: mappings,
				neutron.ConfigTunnelTypes:    []string{string(neutron.VXLAN)},
				neutron.ConfigTunnelIP:       "127.0.0.1",
			},
		},
	}
}

// server hears of ports of this host. What else the topic carries changes nothing here: filters, neighbours and networks
// have no wires either.
func (a *Agent) server() *messaging.Server {
	s := &messaging.Server{Bus: a.Bus, Topic: neutron.TopicL2, Host: a.Host, Log: a.Log}
	messaging.Take(s, func(_ context.Context, m neutron.PortChanged) error {
		if m.Host == a.Host {
			a.sync.Nudge()
		}
		return nil
	})
	messaging.Take(s, func(context.Context, neutron.PortDeleted) error { return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkChanged) error { return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkDeleted) error { return nil })
	messaging.Take(s, func(context.Context, neutron.SecurityGroupsChanged) error { return nil })
	messaging.Take(s, func(context.Context, neutron.PeersChanged) error { return nil })
	return s
}

// wire reports all ports of the host as wired.
func (a *Agent) wire(ctx context.Context) error {
	wiring, err := messaging.Call[neutron.Wiring](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostWiring{Host: a.Host})
	if err != nil {
		return err
	}
	a.wired.Store(int64(len(wiring.Ports)))
	var up []string
	for _, port := range wiring.Ports {
		if port.AdminUp && port.Status != neutron.Active {
			up = append(up, port.ID)
		}
	}
	if len(up) == 0 {
		return nil
	}
	_, err = messaging.Call[struct{}](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.PortsUp{Host: a.Host, PortIDs: up})
	return err
}
