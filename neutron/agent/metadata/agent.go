package metadata

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/liveness"
	"cumulet/oslo/messaging"
)

// Config is the agent's section of the configuration.
type Config struct {
	// Nova is where nova's metadata service answers ("http://127.0.0.1:8775").
	Nova *url.URL
	// Secret is shared with nova (metadata_proxy_shared_secret).
	Secret string
	// ReportEvery is how often the agent says that it lives; 10 s when 0.
	ReportEvery time.Duration
}

// Agent is neutron-metadata-agent. The L3 and the DHCP agent open their namespaces to it; it must be in their process.
type Agent struct {
	Bus    *messaging.Bus
	Host   host.Host
	Config Config
	// Client carries requests to nova.
	Client *http.Client
	Log    *slog.Logger
	Now    func() time.Time

	open atomic.Int64
}

// Run reports that the agent lives until ctx ends. Namespaces are served whether it runs or not.
func (a *Agent) Run(ctx context.Context, ready func()) error {
	every := a.Config.ReportEvery
	if every == 0 {
		every = 10 * time.Second
	}
	pulse := &liveness.Liveness{
		Bus: a.Bus, Every: every, Log: a.Log, Resync: func() {},
		Load: func() int { return int(a.open.Load()) },
		Agent: neutron.AgentReport{
			Type: neutron.AgentMetadata, Binary: "neutron-metadata-agent", Host: a.Host.Name, StartedAt: a.Now(),
			Configurations: map[string]any{"nova_metadata_host": a.Config.Nova.Hostname(), "nova_metadata_port": a.Config.Nova.Port()},
		},
	}
	pulse.Synced(nil)
	pulse.Report(ctx)
	var task sync.WaitGroup
	task.Go(func() { pulse.Run(ctx) })
	ready()
	task.Wait()
	return nil
}
