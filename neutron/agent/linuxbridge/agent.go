package linuxbridge

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/duty"
	"cumulet/neutron/agent/host"
	"cumulet/oslo/messaging"
	"cumulet/oslo/telemetry"
)

// Config is the agent's section of the configuration.
type Config struct {
	// TunnelIP is the host's end of VXLAN tunnels; not valid: none are made.
	TunnelIP netip.Addr
	// TunnelPort is the UDP port of VXLAN; 4789 when 0.
	TunnelPort int
	// BridgeMappings and InterfaceMappings lead a physical network to a bridge or an interface of the node namespace.
	BridgeMappings    map[string]string
	InterfaceMappings map[string]string
	// SyncEvery is how often everything is compared without cause; a minute when 0.
	SyncEvery time.Duration
	// ReportEvery is how often the agent says that it lives; 10 s when 0.
	ReportEvery time.Duration
}

// Agent is neutron-linuxbridge-agent.
type Agent struct {
	Bus    *messaging.Bus
	Host   host.Host
	Config Config
	Log    *slog.Logger
	Now    func() time.Time

	duty *duty.Duty

	mu     sync.Mutex
	wiring neutron.Wiring // as last fetched

	loaded   string             // the filter that stands
	reported map[string]outcome // what was said of each port
	zones    numbers            // connection tracking zones of networks
	marks    numbers            // of ports, in packets' marks
	wired    atomic.Int64
	causes   telemetry.Causes // who asked for ports that are to be wired
}

// Run wires until ctx ends; ready is called once the agent hears of changes and has tried to wire everything.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	if err := a.Host.Prepare(); err != nil {
		return err
	}
	a.reported, a.loaded = map[string]outcome{}, ""
	a.zones, a.marks = numbers{}, numbers{}
	a.duty = &duty.Duty{
		Bus: a.Bus, Log: a.Log, Topic: neutron.TopicL2, Hear: a.hear, Reconcile: a.reconcile, Watch: a.watch,
		SyncEvery: a.Config.SyncEvery, ReportEvery: a.Config.ReportEvery, Load: func() int { return int(a.wired.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentLinuxBridge, Binary: "neutron-linuxbridge-agent", Host: a.Host.Name,
			StartedAt: a.Now(), Configurations: a.configurations(),
		},
	}
	return a.duty.Run(ctx, ready)
}

// configurations is what `openstack network agent show` prints, as linuxbridge_neutron_agent.py, get_agent_configurations.
func (a *Agent) configurations() map[string]any {
	c := map[string]any{
		neutron.ConfigBridgeMappings:    a.Config.BridgeMappings,
		neutron.ConfigInterfaceMappings: a.Config.InterfaceMappings,
		neutron.ConfigTunnelTypes:       []string{},
		neutron.ConfigTunnelIP:          "",
		"extensions":                    []string{},
		"l2_population":                 false,
	}
	if a.Config.TunnelIP.IsValid() {
		c[neutron.ConfigTunnelTypes] = []string{string(neutron.VXLAN)}
		c[neutron.ConfigTunnelIP] = a.Config.TunnelIP.String()
		c["l2_population"] = true
	}
	return c
}

// hear takes what changed; each message is weighed against what the host wires.
func (a *Agent) hear(s *messaging.Server) {
	nudge := func(concerned bool) error {
		if concerned {
			a.duty.Nudge()
		}
		return nil
	}
	messaging.Take(s, func(ctx context.Context, m neutron.PortChanged) error {
		if m.Host == a.Host.Name {
			a.causes.Remember(ctx, m.PortID)
		}
		return nudge(m.Host == a.Host.Name || m.OldHost == a.Host.Name || a.wires(m.NetworkID))
	})
	messaging.Take(s, func(_ context.Context, m neutron.PortDeleted) error {
		return nudge(m.Host == a.Host.Name || a.wires(m.NetworkID))
	})
	messaging.Take(s, func(_ context.Context, m neutron.SecurityGroupsChanged) error {
		return nudge(a.filters(m.IDs))
	})
	messaging.Take(s, func(_ context.Context, m neutron.NetworkChanged) error { return nudge(a.wires(m.ID)) })
	messaging.Take(s, func(_ context.Context, m neutron.NetworkDeleted) error { return nudge(a.wires(m.ID)) })
	messaging.Take(s, func(_ context.Context, m neutron.PeersChanged) error { return nudge(true) })
}

// wires tells whether the host has ports on the network.
func (a *Agent) wires(networkID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.wiring.Networks, func(n neutron.WiredNetwork) bool { return n.ID == networkID })
}

// filters tells whether the host's filters are made of one of the groups.
func (a *Agent) filters(groups []string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.wiring.Groups, func(g neutron.WiredGroup) bool { return slices.Contains(groups, g.ID) })
}
