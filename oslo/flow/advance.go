package flow

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// The edges of a step boundary, for Runner.Boundary.
const (
	Before = "before" // the step has run, its record is not yet written
	After  = "after"  // the record is written, what it announces has not begun
)

// longestPause bounds the time between two tries of a step.
const longestPause = time.Minute

// failedStep names the call of Flow.Failed where others name a step; no step may have it.
const failedStep = "failed"

// work is an operation on its way through a runner.
type work struct {
	*Runner
	ctx      context.Context // ends when the lease is lost, or the runner's grace is over
	stopping context.Context // ends when the runner shall take no further step
	row      *row
	code     code
}

// advance carries a taken operation on until it ends, pauses, is lost, or the runner stops.
func (r *Runner) advance(ctx, stopping context.Context, o *row) {
	ctx = telemetry.OnBehalf(telemetry.Continue(ctx, o.RequestID, o.Trace), o.Actor.V)
	ctx, end := telemetry.Start(ctx, "flow."+o.Flow, slog.String("operation", o.ID), slog.String("resource", o.Resource),
		slog.String("owner", r.Owner))
	telemetry.Changed(ctx)
	if o.Fence == 1 { // taken up for the first time
		telemetry.Note(ctx, slog.Duration("waited", max(0, r.now().Sub(o.CreatedAt))))
	}
	w := &work{Runner: r, ctx: ctx, stopping: stopping, row: o, code: r.definition(o.Flow).code}
	w.edge(After)
	for more := true; more; {
		if stopping.Err() != nil {
			w.giveBack()
			break
		}
		if o.Status == Running {
			more = w.do()
		} else {
			more = w.undo()
		}
	}
	telemetry.Note(ctx, slog.String("status", string(o.Status)))
	end(o.why())
}

// do runs the step at hand, and tells whether to go on.
func (w *work) do() bool {
	o, steps := w.row, w.code.steps()
	if o.Cancelled {
		return w.turn(fault.New(fault.Conflict, "OperationCancelled", "The operation was cancelled."))
	}
	step := steps[o.Position]
	state, err := w.try("do", step.name, step.deadline, func(ctx context.Context) ([]byte, error) {
		return w.code.do(ctx, o.Position, []byte(o.State))
	})
	if err != nil && w.interrupted() {
		return false
	}
	o.State = string(state)
	if err != nil {
		o.Tries++
		if passing(err) && o.Tries < step.tries {
			return w.pause(err)
		}
		return w.turn(err)
	}
	o.Tries, o.Error = 0, ""
	if o.Position++; o.Position < len(steps) {
		o.Step = steps[o.Position].name
		return w.record()
	}
	o.Position--
	return w.end(Done)
}

// turn begins the undoing, with the step begun last.
func (w *work) turn(why error) bool {
	w.log().WarnContext(w.ctx, "operation fails, is undone", "flow", w.row.Flow, "operation", w.row.ID,
		"resource", w.row.Resource, "step", w.row.Step, "error", why)
	w.row.Status, w.row.Tries, w.row.Error = Undoing, 0, kept(why)
	return w.record()
}

// undo takes back the step at hand, or, when none is left, marks the resource; it tells whether to go on.
func (w *work) undo() bool {
	o, steps := w.row, w.code.steps()
	name, deadline := failedStep, 5*time.Minute
	call := func(ctx context.Context) ([]byte, error) { return w.code.failed(ctx, []byte(o.State), o.why()) }
	if o.Position >= 0 {
		name, deadline = steps[o.Position].name, steps[o.Position].deadline
		call = func(ctx context.Context) ([]byte, error) { return w.code.undo(ctx, o.Position, []byte(o.State)) }
	}
	state, err := w.try("undo", name, deadline, call)
	if err != nil && w.interrupted() {
		return false
	}
	o.State = string(state)
	if err != nil {
		o.Tries++
		return w.pause(err)
	}
	o.Tries = 0
	if o.Position < 0 {
		return w.end(Undone)
	}
	o.Position--
	o.Step = failedStep
	if o.Position >= 0 {
		o.Step = steps[o.Position].name
	}
	return w.record()
}

// try runs one try of a step, bounded and observed.
func (w *work) try(
	direction, step string, deadline time.Duration, call func(context.Context) ([]byte, error),
) (state []byte, err error) {
	ctx, cancel := context.WithTimeout(w.ctx, deadline)
	defer cancel()
	ctx, end := telemetry.Start(ctx, "flow."+direction, slog.String("step", step), slog.Int("tries", w.row.Tries))
	began := time.Now()
	state, err = call(ctx)
	end(err)
	if p := (*panicked)(nil); errors.As(err, &p) {
		w.log().ErrorContext(ctx, "step panicked", "flow", w.row.Flow, "step", step, "panic", p.value, "stack", string(p.stack))
	}
	telemetry.MetricsOf(ctx).Step(w.row.Flow, step, direction, err, time.Since(began))
	return state, err
}

// passing tells whether a failure may pass, so that trying again has sense.
func passing(err error) bool {
	f := fault.Of(err)
	return f == nil || f.Kind == fault.Unavailable || f.Kind == fault.Timeout
}

// interrupted tells whether the step was ended from outside, so that how it ended says nothing. A step that the stopping
// runner ended is run again by the next.
func (w *work) interrupted() bool {
	if w.ctx.Err() == nil {
		return false
	}
	if errors.Is(context.Cause(w.ctx), errStopping) {
		w.giveBack()
	}
	return true
}

// pause gives the lease back for a time that grows with the failures, and ends the work.
func (w *work) pause(err error) bool {
	w.log().WarnContext(w.ctx, "step fails, is tried again", "flow", w.row.Flow, "operation", w.row.ID,
		"status", w.row.Status, "step", w.row.Step, "tries", w.row.Tries, "error", err)
	if w.row.Status == Running {
		w.row.Error = kept(err)
	}
	longest := min(time.Second<<min(w.row.Tries-1, 6), longestPause)
	w.row.DueAt = w.now().Add(longest/2 + rand.N(longest/2))
	w.row.Owner, w.row.LeaseUntil = "", nil
	w.record()
	return false
}

// giveBack lets another runner go on at once.
func (w *work) giveBack() {
	w.row.Owner, w.row.LeaseUntil, w.row.DueAt = "", nil, atOnce()
	w.record()
}

func (w *work) end(status Status) bool {
	now := w.now()
	w.row.Status, w.row.EndedAt, w.row.Owner, w.row.LeaseUntil = status, &now, "", nil
	if w.record() {
		telemetry.MetricsOf(w.ctx).Operation(w.row.Flow, string(status))
	}
	return false
}

// record writes the operation as it is now. When that fails the work ends: the lease runs out and somebody goes on from
// what was recorded before.
func (w *work) record() bool {
	w.edge(Before)
	if w.row.LeaseUntil != nil {
		until := w.now().Add(w.lease())
		w.row.LeaseUntil = &until
	}
	// The record does not heed the end of the work: what was done is to be known, and the fence stops whoever lost it.
	if err := w.save(context.WithoutCancel(w.ctx), w.row); err != nil {
		level := slog.LevelError
		if errors.Is(err, errLost) { // nothing is wrong: another runner has it
			level = slog.LevelWarn
		}
		w.log().Log(w.ctx, level, "cannot record, leaves the operation to the next runner",
			"owner", w.Owner, "operation", w.row.ID, "error", err)
		return false
	}
	w.edge(After)
	return true
}

func (w *work) edge(edge string) {
	if w.Boundary != nil {
		w.Boundary(w.row.operation(), w.row.Step, edge)
	}
}
