package service

import (
	"context"
	"sync"
	"time"
)

// reconcilerState holds the nudge that waits, of which there is at most one.
type reconcilerState struct {
	once   sync.Once
	nudges chan struct{}
}

func (r *Reconciler) waiting() chan struct{} {
	r.state.once.Do(func() { r.state.nudges = make(chan struct{}, 1) })
	return r.state.nudges
}

func (r *Reconciler) nudge() {
	select {
	case r.waiting() <- struct{}{}:
	default: // a turn is asked for already
	}
}

func (r *Reconciler) run(ctx context.Context) error {
	var tick <-chan time.Time
	if r.Every > 0 {
		ticker := time.NewTicker(r.Every)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		var again <-chan time.Time
		if failed := r.turn(ctx) != nil; failed && r.Retry > 0 {
			again = time.After(r.Retry)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		case <-again:
		case <-r.waiting():
		}
	}
}

// turn reconciles once. What fails now may succeed in the next turn: it is only told.
func (r *Reconciler) turn(ctx context.Context) error {
	err := func() (err error) {
		defer caught(&err)
		return r.Do(ctx)
	}()
	if err != nil && ctx.Err() == nil {
		logger(r.Log).ErrorContext(ctx, "reconcile failed", "reconciler", r.Name, "error", err)
	}
	return err
}
