// Package service runs the roles of a process: starts them in order, waits until each is ready, restarts what fails, and
// stops them in reverse. Reconcile keeps the world as recorded. It knows no role by name.
package service

import (
	"context"
	"log/slog"
	"time"
)

// Role is one part of the cloud that runs: nova-scheduler, neutron-l3-agent.
type Role struct {
	Name string
	// Run works until ctx ends; it calls ready once it serves. An error makes it start anew after a pause that grows.
	Run func(ctx context.Context, ready func()) error
}

// Group runs roles together.
type Group struct {
	Log *slog.Logger

	state groupState
}

// Start starts a role and returns once it is ready, or ctx ended, or its first run failed: with an error the role does not
// run. The end of ctx after that does not stop the role, Stop does; ctx's values are the role's.
func (g *Group) Start(ctx context.Context, r Role) error { return g.start(ctx, r) }

// Ready tells, per role that was started or is starting, whether it serves now.
func (g *Group) Ready() map[string]bool { return g.ready() }

// Stop stops the roles in the reverse of their starting, each within the context's deadline.
func (g *Group) Stop(ctx context.Context) error { return g.stop(ctx) }

// Reconciler keeps something as recorded: Do runs at once, every Every (never by time when zero), and at once after a Nudge.
// Nudges during a run cause one more.
type Reconciler struct {
	Name  string
	Every time.Duration
	// Retry is when the next turn comes after one that failed; as usual when zero.
	Retry time.Duration
	Do    func(ctx context.Context) error
	Log   *slog.Logger

	state reconcilerState
}

// Run reconciles until ctx ends; an error is logged and the next turn comes as usual.
func (r *Reconciler) Run(ctx context.Context) error { return r.run(ctx) }

// Nudge asks for a turn now.
func (r *Reconciler) Nudge() { r.nudge() }
