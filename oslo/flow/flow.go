// Package flow carries a request with an end (build a server, upload an image) through recorded steps, so that whichever
// process dies, the operation ends done or undone. It is not for keeping the world as recorded: that is
// service.Reconcile.
//
// An operation is a row, written in the transaction that writes the resource. Each step is recorded before it runs and is
// idempotent: after a crash it runs again. When a step fails for good, the steps begun are undone in reverse, the
// failed one first; undo is idempotent as well and is repeated until it succeeds.
package flow

import (
	"context"
	"log/slog"
	"time"

	"cumulet/oslo/db"
)

// Step is one recorded part of a flow over state S.
type Step[S any] struct {
	Name string
	// Do may change the state; what it changed is recorded with the step's end. It may run more than once.
	Do func(ctx context.Context, s *S) error
	// Undo takes back what Do did, wholly, partly, or not at all. Nil where there is nothing to take back.
	Undo func(ctx context.Context, s *S) error
	// Deadline bounds one try; 5 minutes when zero.
	Deadline time.Duration
	// Tries bounds how often Do is tried when it fails with an error that is not a fault, or with a fault of kind
	// unavailable or timeout; 1 when zero.
	Tries int
}

// Flow is a named list of steps over a JSON-able state S.
type Flow[S any] struct {
	Name  string
	Steps []Step[S]
	// Failed runs once all is undone, with the error that began the undoing: it marks the resource. Idempotent.
	Failed func(ctx context.Context, s *S, why error) error
}

// Definition is a Flow without its type, for a Runner's table.
type Definition struct {
	Name string
	code code
}

// Steps are the names of the flow's steps, in their order.
func (d Definition) Steps() []string {
	var names []string
	for _, s := range d.code.steps() {
		names = append(names, s.name)
	}
	return names
}

// Define erases the flow's type.
func Define[S any](f Flow[S]) Definition { return define(f) }

// Operation is a flow under way or ended, as recorded.
type Operation struct {
	ID        string     `json:"id"`
	Flow      string     `json:"flow"`
	Resource  string     `json:"resource"` // id of the thing it works on
	RequestID string     `json:"request_id"`
	Status    Status     `json:"status"`
	Step      string     `json:"step"`            // the step begun last
	Tries     int        `json:"tries,omitempty"` // failures of that step since it last succeeded
	Error     string     `json:"error,omitempty"` // why it is undone, or what failed last
	Owner     string     `json:"owner,omitempty"` // who holds the lease
	Created   time.Time  `json:"created_at"`
	Updated   time.Time  `json:"updated_at"`
	Ended     *time.Time `json:"ended_at,omitempty"`
	// What it waits for, where it is under way: the end of the lease, the end of a pause after a failure, the operation of the
	// same resource that was started before (by its id). Cancelled tells that it was asked to be undone.
	LeaseUntil *time.Time `json:"lease_until,omitempty"`
	Due        *time.Time `json:"due_at,omitempty"`
	After      string     `json:"after,omitempty"`
	Cancelled  bool       `json:"cancelled,omitempty"`
}

// Status is how far an operation is.
type Status string

// The statuses of an operation.
const (
	Running Status = "running"
	Undoing Status = "undoing"
	Done    Status = "done"
	Undone  Status = "undone"
)

// Start records an operation of the named flow in tx, to be run by any Runner on this database after the commit. At most
// one operation of a resource runs at a time: they run in the order of their starting.
func Start(ctx context.Context, tx *db.Tx, flow, resource string, state any) (id string, err error) {
	return start(ctx, tx, flow, resource, state)
}

// Get gives one operation; none of that id is a fault of kind not-found.
func Get(ctx context.Context, d *db.DB, id string) (Operation, error) { return get(ctx, d, id) }

// Wait returns the operation once it has ended, done or undone, or with ctx's error as far as it is by then.
func Wait(ctx context.Context, d *db.DB, id string) (Operation, error) { return wait(ctx, d, id) }

// Cancel asks that an operation be undone: it stops at its next step boundary. One that is undoing goes on; one that has
// ended is a fault of kind conflict.
func Cancel(ctx context.Context, d *db.DB, id string) error { return cancel(ctx, d, id) }

// Retry has an operation that pauses after a failure try again at once.
func Retry(ctx context.Context, d *db.DB, id string) error { return retry(ctx, d, id) }

// Forget deletes the operations that ended before that time.
func Forget(ctx context.Context, d *db.DB, before time.Time) error { return forget(ctx, d, before) }

// All lists every operation that is under way, and the last ended ones up to that number, oldest first.
func All(ctx context.Context, d *db.DB, ended int) ([]Operation, error) { return all(ctx, d, ended) }

// Operations lists the operations of a resource ("" for all that have not ended), oldest first.
func Operations(ctx context.Context, d *db.DB, resource string) ([]Operation, error) {
	return operations(ctx, d, resource)
}

// Runner runs the operations recorded in one database. Several may share it: a lease with a fencing number keeps each
// operation with one of them.
type Runner struct {
	DB    *db.DB
	Flows []Definition
	Owner string           // unique name of this runner; one made by the function Owner is known to be dead when it is
	Now   func() time.Time // for leases and pauses, may jump; time.Now when nil
	Log   *slog.Logger
	// Workers bounds the operations at once; 64 when zero. Lease is how long one is held without renewal; 30 s when zero.
	Workers int
	Lease   time.Duration
	// Grace is how long running steps may still run once Run's context has ended; 10 s when zero.
	Grace time.Duration
	// Boundary, where set, is called at each step boundary (before and after each record, which is the edge); tests kill
	// there. It may end its goroutine (runtime.Goexit), which leaves the operation as a dead process would.
	Boundary func(op Operation, step, edge string)

	state runnerState
}

// Run takes operations until ctx ends, then lets the running steps end or gives their leases back. Operations started in this
// process are taken at once, others when nudged, and whatever is left when its lease has run out.
func (r *Runner) Run(ctx context.Context) error { return r.run(ctx) }

// Nudge tells the runner that an operation may be waiting.
func (r *Runner) Nudge() { r.nudge() }

// Wait, Cancel and Retry are the functions of those names, on the runner's database.
func (r *Runner) Wait(ctx context.Context, id string) (Operation, error) { return Wait(ctx, r.DB, id) }

// Cancel asks that an operation be undone.
func (r *Runner) Cancel(ctx context.Context, id string) error { return Cancel(ctx, r.DB, id) }

// Retry has an operation that pauses try again at once.
func (r *Runner) Retry(ctx context.Context, id string) error { return Retry(ctx, r.DB, id) }
