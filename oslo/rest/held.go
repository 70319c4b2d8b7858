package rest

import (
	"context"
	"sync"
	"time"

	waiting "cumulet/oslo/turn"
)

// held is a turn that was taken, a waiting.Turn.
type held struct {
	turns    *turns
	caller   string
	patience time.Duration

	mu  sync.Mutex
	has bool
}

// inTurn is ctx with a turn that was taken, and its end.
func (t *turns) inTurn(ctx context.Context, caller string, body int, patience time.Duration) (context.Context, func(), error) {
	done, err := t.take(ctx, caller, body, patience)
	if err != nil || caller == "" || body >= largeBody {
		return ctx, done, err
	}
	h := &held{turns: t, caller: caller, patience: patience, has: true}
	return waiting.With(ctx, h), func() { h.Step() }, nil
}

// Step gives the turn away, and tells whether it was held.
func (h *held) Step() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	had := h.has
	if h.has = false; had {
		h.turns.leave(h.caller)
	}
	return had
}

// Back waits for the turn again.
func (h *held) Back(ctx context.Context) error {
	timer := time.NewTimer(h.patience)
	defer timer.Stop()
	if err := h.turns.wait(ctx, h.caller, timer.C); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.has = true
	return nil
}
