package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cumulet/oslo/db"
)

// Relay delivers a log's events.
type Relay struct {
	// Name is the cursor's: each place that events are delivered to has one of its own.
	Name string
	DB   *db.DB
	// Owner names this process among those that run the relay; see flow.Owner.
	Owner string
	// Deliver takes events to where they belong, in their order, and says how many of them arrived: those are not given again.
	// Its context ends before another process could take over.
	Deliver func(ctx context.Context, events []db.Event) (arrived int, err error)
	// FromStart has a relay that is new begin with what the log holds, instead of with what happens from now on.
	FromStart bool
	Log       *slog.Logger

	// Batch is how many events are read at once; 100 when zero.
	Batch int
	// Lease is how long a holder may be silent before another takes over; 15 s when zero.
	Lease time.Duration
	// Poll is how often a relay looks for events of other processes; 2 s when zero. Those of its own process wake it.
	Poll time.Duration

	seen    sighting
	failing bool // that the last delivery failed was told
}

// Pauses between deliveries that fail.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 10 * time.Second
)

// Run relays until ctx ends.
func (r *Relay) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		changed := r.DB.Changed()
		err := r.turn(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			r.tell(ctx, err, pause)
			wait(ctx, pause, nil)
			pause = min(2*pause, lastPause)
		default:
			r.tellWell(ctx)
			pause = firstPause
			wait(ctx, r.poll(), changed)
		}
	}
	return nil
}

// turn delivers all there is, unless another process does.
func (r *Relay) turn(ctx context.Context) error {
	c, err := r.cursor(ctx)
	if err != nil {
		return err
	}
	if c.Owner != r.Owner && !r.free(c) { // one that was ours when something failed is taken anew
		return nil
	}
	if rest, err := r.DB.Events(ctx, c.Seq, 1); err != nil || len(rest) == 0 {
		return err
	}
	if taken, err := r.take(ctx, &c); err != nil || !taken {
		return err
	}
	for {
		more, err := r.deliver(ctx, &c)
		if err != nil || !more {
			return err
		}
	}
}

// deliver takes one batch to its place and moves the cursor; more tells that there may be others. When it is to stop, or
// failed, it lets go of the relay: another process may fare better.
func (r *Relay) deliver(ctx context.Context, c *cursor) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, errors.Join(err, r.move(context.WithoutCancel(ctx), c, c.Seq, true))
	}
	bounded, cancel := context.WithTimeout(ctx, r.lease()/2)
	defer cancel()
	events, err := r.DB.Events(bounded, c.Seq, r.batch())
	if err != nil {
		return false, errors.Join(err, r.move(context.WithoutCancel(ctx), c, c.Seq, true))
	}
	if len(events) == 0 {
		return r.rest(context.WithoutCancel(ctx), c, c.Seq)
	}
	arrived, err := r.Deliver(bounded, events)
	at := c.Seq
	if arrived = min(arrived, len(events)); arrived > 0 {
		at = events[arrived-1].Seq
	}
	if err != nil && arrived > 0 && errors.Is(bounded.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil // slow, but on its way
	}
	if err == nil && arrived == 0 {
		err = errors.New("nothing arrived")
	}
	if err != nil {
		stuck := events[min(arrived, len(events)-1)]
		err = fmt.Errorf("deliver event %d (%s): %w", stuck.Seq, stuck.Name, err)
		return false, errors.Join(err, r.move(context.WithoutCancel(ctx), c, at, true))
	}
	if arrived < len(events) || len(events) == r.batch() {
		return true, r.move(context.WithoutCancel(ctx), c, at, false)
	}
	return r.rest(context.WithoutCancel(ctx), c, at)
}

// wait returns after the pause, when the channel is closed, or when ctx ends.
func wait(ctx context.Context, pause time.Duration, signal <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-signal:
	case <-timer.C:
	}
}

// tell says once that events wait, and then only to who reads everything.
func (r *Relay) tell(ctx context.Context, err error, pause time.Duration) {
	level := slog.LevelDebug
	if !r.failing {
		level = slog.LevelWarn
	}
	r.failing = true
	r.log().Log(ctx, level, "events wait in the log, they cannot be delivered", "relay", r.Name, "again_in", pause, "error", err)
}

func (r *Relay) tellWell(ctx context.Context) {
	if r.failing {
		r.log().InfoContext(ctx, "events are delivered again", "relay", r.Name)
	}
	r.failing = false
}

func (r *Relay) log() *slog.Logger {
	if r.Log == nil {
		return slog.Default()
	}
	return r.Log
}

func (r *Relay) batch() int {
	if r.Batch == 0 {
		return 100
	}
	return r.Batch
}

func (r *Relay) lease() time.Duration {
	if r.Lease == 0 {
		return 15 * time.Second
	}
	return r.Lease
}

func (r *Relay) poll() time.Duration {
	if r.Poll == 0 {
		return 2 * time.Second
	}
	return r.Poll
}
