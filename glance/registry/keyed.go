package registry

import (
	"context"
	"time"

	"cumulet/glance"
	"cumulet/oslo/idempotency"
	"cumulet/oslo/idempotency/keeper"
)

// BeginKeyed takes up a request with an Idempotency-Key, or gives the answer that it had before. It does not wait for one that
// is being worked on: glance-api does, since whoever waits here keeps others out.
func (r *Registry) BeginKeyed(ctx context.Context, m glance.BeginKeyed) (glance.Begun, error) {
	held, answer, err := r.keeper().Begin(ctx, idempotency.Request(m))
	if err != nil {
		return glance.Begun{}, err
	}
	hold, _ := idempotency.HoldOf(held, r.DB.DB)
	return glance.Begun{Hold: glance.Hold(hold), Answer: answer}, nil
}

// EndKeyed keeps its answer.
func (r *Registry) EndKeyed(ctx context.Context, m glance.EndKeyed) error {
	return r.keeper().End(idempotency.WithHold(ctx, r.DB.DB, idempotency.Hold(m.Hold)), m.Answer)
}

// under has what is done for a caller be done under the caller's hold, if any.
func (r *Registry) under(ctx context.Context, c glance.Caller) context.Context {
	if c.Hold == nil {
		return ctx
	}
	return r.keeper().Under(ctx, idempotency.Hold(*c.Hold))
}

func (r *Registry) keeper() *keeper.Keeper {
	return &keeper.Keeper{DB: r.DB.DB, Now: r.Now, Patience: time.Nanosecond}
}
