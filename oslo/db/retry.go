package db

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// tries bounds how often a transaction is run.
const tries = 12

// again runs try until it succeeds, fails with what is not transient, or has been tried enough.
func again(ctx context.Context, transient func(error) bool, try func() error) error {
	n := 0
	for pause := range pauses() {
		err := try()
		if err == nil || !transient(err) {
			return err
		}
		if n++; n == tries {
			return fmt.Errorf("given up after %d tries: %w", n, err)
		}
		if wait(ctx, pause) != nil {
			return err
		}
	}
	return nil
}

// pauses are waiting times that grow to a second, each shaken so that rivals do not meet again.
func pauses() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for pause := 2 * time.Millisecond; ; pause = min(2*pause, time.Second) {
			if !yield(pause/2 + rand.N(pause)) {
				return
			}
		}
	}
}

// wait returns after the pause, or ctx's error when that ends first.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
