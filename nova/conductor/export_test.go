package conductor

import (
	"context"

	"golang.org/x/sync/errgroup"

	"cumulet/nova"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// CreateFlow, DeleteFlow and PowerFlow are the flows, for flowtest.
func (c *Conductor) CreateFlow() flow.Flow[nova.CreateState] { return c.createFlow() }

// DeleteFlow is the flow that removes a server.
func (c *Conductor) DeleteFlow() flow.Flow[nova.DeleteState] { return c.deleteFlow() }

// PowerFlow is the flow that changes a guest's run.
func (c *Conductor) PowerFlow() flow.Flow[nova.PowerFlowState] { return c.powerFlow() }

// RunWithoutFlows serves messages only, so that a test runs the flows.
func (c *Conductor) RunWithoutFlows(ctx context.Context, ready func()) error {
	server := &messaging.Server{Bus: c.Bus, Topic: nova.ConductorTopic, Host: c.Host}
	c.serve(server, &flow.Runner{DB: c.DB.DB, Owner: "none"})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.touched.run(ctx, c) })
	group.Go(func() error { return server.Run(ctx, ready) })
	return group.Wait()
}
