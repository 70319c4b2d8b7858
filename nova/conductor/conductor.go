package conductor

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/nova/inventory"
	"cumulet/nova/network"
	"cumulet/oslo/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// Conductor is the role.
type Conductor struct {
	DB        *novadb.DB
	Bus       *messaging.Bus
	Inventory *inventory.Client
	Network   *network.Client
	Host      string // its own name, for the service list
	Owner     string // unique to this process, for leases
	Config    nova.Config
	Now       func() time.Time
	NewID     func() string // a UUID
	Log       *slog.Logger
	// Boundary is called at each step boundary of a flow, where set; tests kill there.
	Boundary func(op flow.Operation, step, edge string)

	watch   watches
	touched heartbeats
}

// Run serves until ctx ends; it calls ready once it takes messages.
func (c *Conductor) Run(ctx context.Context, ready func()) error {
	runner := &flow.Runner{
		DB: c.DB.DB, Flows: c.Flows(), Owner: c.Owner, Now: c.Now, Log: c.Log, Workers: c.Config.Conductors,
		Boundary: c.Boundary,
	}
	server := &messaging.Server{Bus: c.Bus, Topic: nova.ConductorTopic, Host: c.Host, Workers: 32}
	c.serve(server, runner)
	report := &service.Reconciler{Name: "conductor report", Every: c.Config.ReportInterval, Log: c.Log,
		Do: func(ctx context.Context) error {
			return c.ReportService(ctx, nova.ReportService{Host: c.Host, Binary: nova.ConductorBinary, Topic: nova.ConductorTopic})
		}}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return runner.Run(ctx) })
	group.Go(func() error { return report.Run(ctx) })
	group.Go(func() error { return c.touched.run(ctx, c) })
	group.Go(func() error { return server.Run(ctx, ready) })
	return group.Wait()
}

// serve registers what conductors answer and take.
func (c *Conductor) serve(s *messaging.Server, runner *flow.Runner) {
	messaging.Take(s, func(context.Context, nova.OperationsWaiting) error { runner.Nudge(); return nil })
	messaging.Take(s, func(_ context.Context, m nova.ServerChanged) error { c.watch.wake(m.ServerID); return nil })
	messaging.Take(s, c.RefreshNetwork)
	messaging.Take(s, c.ReportService)
	messaging.Answer(s, c.ReportNode)
	messaging.Answer(s, c.ListHostStates)
	messaging.Answer(s, c.ListHostServers)
	messaging.Answer(s, c.ListEndedClaims)
	messaging.Take(s, c.GuestPower)
	messaging.Take(s, c.AnnounceHost)
}

// Flows are the operations that conductors run.
func (c *Conductor) Flows() []flow.Definition {
	return []flow.Definition{
		flow.Define(c.createFlow()), flow.Define(c.deleteFlow()), flow.Define(c.powerFlow()), flow.Define(c.interfaceFlow()),
	}
}

// now is the time as rows keep it.
func (c *Conductor) now() time.Time { return db.Clock(c.Now()) }

// on targets the nova-compute of a host.
func on(host string) messaging.Target { return messaging.Topic(nova.ComputeTopic).On(host) }
