// Package fake is an L2 agent whose host has no wires: it reports, as a Linux bridge agent does, that every port bound to
// it is wired. With nova's fake hypervisor it stands for hosts by the thousand. It serves no DHCP and no routers.
package fake

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/duty"
	"cumulet/oslo/messaging"
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

	duty  *duty.Duty
	wired atomic.Int64
}

// Run reports until ctx ends; ready is called once it hears of changes and has tried for the first time.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	mappings := map[string]string{}
	for _, name := range a.Physical {
		mappings[name] = "fake"
	}
	a.duty = &duty.Duty{
		Bus: a.Bus, Log: a.Log, Topic: neutron.TopicL2, Hear: a.hear, Reconcile: a.wire,
		ReportEvery: a.ReportEvery, Load: func() int { return int(a.wired.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentLinuxBridge, Binary: "neutron-linuxbridge-agent", Host: a.Host, StartedAt: a.Now(),
			Configurations: map[string]any{
				neutron.ConfigBridgeMappings: mappings,
				neutron.ConfigTunnelTypes:    []string{string(neutron.VXLAN)},
				neutron.ConfigTunnelIP:       "127.0.0.1",
			},
		},
	}
	return a.duty.Run(ctx, ready)
}

// hear takes what concerns ports of this host. What else the topic carries changes nothing here: filters, neighbours and networks
// have no wires either.
func (a *Agent) hear(s *messaging.Server) {
	messaging.Take(s, func(_ context.Context, m neutron.PortChanged) error {
		if m.Host == a.Host {
			a.duty.Nudge()
		}
		return nil
	})
	messaging.Take(s, func(context.Context, neutron.PortDeleted) error { return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkChanged) error { return nil })
	messaging.Take(s, func(context.Context, neutron.NetworkDeleted) error { return nil })
	messaging.Take(s, func(context.Context, neutron.SecurityGroupsChanged) error { return nil })
	messaging.Take(s, func(context.Context, neutron.PeersChanged) error { return nil })
}

// wire reports all ports of the host as wired.
func (a *Agent) wire(ctx context.Context) error {
	wiring, err := messaging.Call[neutron.Wiring](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.BoundPorts{Host: a.Host})
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
