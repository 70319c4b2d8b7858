package flow

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/telemetry"
)

// runnerState is what a runner holds while it runs.
type runnerState struct {
	once   sync.Once
	nudges chan struct{}
	freed  chan struct{} // told when a worker ends

	clock clock

	mu   sync.Mutex
	held map[string]*holding  // by operation id
	said map[string]time.Time // when each complaint was logged
}

// holding is one operation in this runner's hands.
type holding struct {
	fence  int64
	cancel context.CancelCauseFunc
}

// errStopping is why steps end when the runner's grace is over.
var errStopping = errors.New("the runner stops")

func (r *Runner) prepare() {
	r.state.once.Do(func() {
		r.state.nudges = make(chan struct{}, 1)
		r.state.freed = make(chan struct{}, 1)
		r.state.held, r.state.said = map[string]*holding{}, map[string]time.Time{}
	})
}

func (r *Runner) nudge() {
	r.prepare()
	notify(r.state.nudges)
}

// notify tells once what one may be told already.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (r *Runner) run(ctx context.Context) error {
	if r.Owner == "" || len(r.Flows) == 0 {
		return errors.New("a flow runner needs a unique owner's name and flows")
	}
	r.prepare()
	defer telemetry.MetricsOf(ctx).Operations(r.Owner, r.underway)()
	var workers sync.WaitGroup
	working, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	r.leaseTime(ctx) // from here on the clock is watched
	r.takeOver(ctx)
	renewing, endRenewing := context.WithCancel(working)
	var renewer sync.WaitGroup
	renewer.Go(func() { r.keepLeases(renewing) })

	for ctx.Err() == nil {
		wake := r.DB.Signalled(dueSignal)
		pause := r.fill(ctx, working, &workers)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-r.state.nudges:
		case <-r.state.freed:
		case <-timer.C:
		}
		timer.Stop()
	}
	grace := time.AfterFunc(r.grace(), func() { stop(errStopping) })
	workers.Wait()
	grace.Stop()
	endRenewing()
	renewer.Wait()
	return nil
}

// fill takes operations as long as there are workers for them, and tells how long to wait at most before the next look.
func (r *Runner) fill(ctx, working context.Context, workers *sync.WaitGroup) time.Duration {
	look := r.lease() / 2 // for the leases of runners that died
	free := r.workers() - r.holds()
	if free <= 0 {
		return look
	}
	now := r.now()
	rows, err := r.due(ctx, now, free)
	for i := range rows {
		if err := r.begin(ctx, working, &rows[i], workers); err != nil {
			r.complain(ctx, "cannot take an operation", err)
		}
	}
	var next time.Time
	var some bool
	if err == nil {
		next, some, err = r.nextDue(ctx)
	}
	if err != nil {
		r.complain(ctx, "cannot look for operations", err)
		return time.Second
	}
	if !some {
		return look
	}
	look = min(look, elsewhere) // what pauses may be cancelled or retried by another process, whose signal does not come here
	if next.After(now) {
		look = min(look, max(next.Sub(r.now()), time.Millisecond))
	}
	return look
}

// begin takes an operation and runs it in a worker of its own.
func (r *Runner) begin(ctx, working context.Context, o *row, workers *sync.WaitGroup) error {
	if r.holding(o.ID) { // its lease ran out, and its worker is still ending
		return nil
	}
	won, err := r.take(ctx, o)
	if err != nil || !won {
		return err
	}
	own, cancel := context.WithCancelCause(working)
	h := &holding{fence: o.Fence, cancel: cancel}
	r.hold(o.ID, h)
	workers.Go(func() {
		defer func() { // also when the goroutine is ended at a boundary
			cancel(nil)
			r.release(o.ID, h)
			notify(r.state.freed)
		}()
		r.advance(own, ctx, o)
	})
	return nil
}

// keepLeases renews what is held until ctx ends, and stops the work on what is lost: at once where another runner took it,
// and before it can be taken where renewing fails. It goes by the monotonic clock, which does not jump.
func (r *Runner) keepLeases(ctx context.Context) {
	ticker := time.NewTicker(r.lease() / 3)
	defer ticker.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		r.takeOver(ctx)
		fences := r.fences()
		if len(fences) == 0 {
			renewed = time.Now()
			continue
		}
		began := time.Now()
		trying, cancel := context.WithTimeout(ctx, r.lease()/3)
		lost, err := r.renew(trying, fences)
		cancel()
		switch {
		case err == nil:
			renewed = began
		case time.Since(renewed) > r.lease()*2/3:
			r.complain(ctx, "leases run out", err)
			lost = fences
		}
		r.lose(lost)
	}
}

// takeOver ends the leases that nobody will renew.
func (r *Runner) takeOver(ctx context.Context) {
	if err := errors.Join(r.bury(ctx), r.doubt(ctx)); err != nil {
		r.complain(ctx, "cannot look for the leases of the dead", err)
	}
}

func (r *Runner) hold(id string, h *holding) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	r.state.held[id] = h
}

func (r *Runner) release(id string, h *holding) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if r.state.held[id] == h {
		delete(r.state.held, id)
	}
}

func (r *Runner) holding(id string) bool {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	return r.state.held[id] != nil
}

func (r *Runner) holds() int {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	return len(r.state.held)
}

func (r *Runner) fences() map[string]int64 {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	fences := make(map[string]int64, len(r.state.held))
	for id, h := range r.state.held {
		fences[id] = h.fence
	}
	return fences
}

// lose stops the work on operations whose lease of that fence is lost.
func (r *Runner) lose(fences map[string]int64) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	for id, fence := range fences {
		if h, ok := r.state.held[id]; ok && h.fence == fence {
			h.cancel(errLost)
		}
	}
}

func (r *Runner) definition(flow string) Definition {
	for _, d := range r.Flows {
		if d.Name == flow {
			return d
		}
	}
	panic("flow: " + flow + " is not among the runner's flows") // due asks for no others
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return db.Clock(time.Now())
	}
	return db.Clock(r.Now())
}

func (r *Runner) workers() int { return cmp.Or(r.Workers, 64) }

func (r *Runner) lease() time.Duration { return cmp.Or(r.Lease, 30*time.Second) }

func (r *Runner) grace() time.Duration { return cmp.Or(r.Grace, 10*time.Second) }

// complain logs an error, the same one once a minute: what cannot be taken is tried each second.
func (r *Runner) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil && r.isNews(what+": "+err.Error()) {
		r.log().ErrorContext(ctx, "flow runner: "+what, "owner", r.Owner, "error", err)
	}
}

// mostSaid bounds the complaints that are remembered.
const mostSaid = 100

func (r *Runner) isNews(complaint string) bool {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if time.Since(r.state.said[complaint]) < time.Minute {
		return false
	}
	if len(r.state.said) >= mostSaid {
		clear(r.state.said)
	}
	r.state.said[complaint] = time.Now()
	return true
}

func (r *Runner) log() *slog.Logger { return cmp.Or(r.Log, slog.Default()) }
