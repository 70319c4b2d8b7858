package client

import (
	"context"
	"time"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/idempotency"
)

// Keeper keeps answers to requests with an Idempotency-Key at the registry. It is a rest.Keeper.
type Keeper struct{ Registry *Registry }

// How long the second of two waits for the first's answer, and how often it looks for it.
const (
	patience = 20 * time.Second
	look     = 250 * time.Millisecond
)

// Begin takes a request up, or gives the answer that it had before. It waits here for one that is being worked on: the
// registry's workers have better to do.
func (k *Keeper) Begin(ctx context.Context, r idempotency.Request) (context.Context, []byte, error) {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		begun, err := ask[glance.Begun](ctx, k.Registry, glance.BeginKeyed(r))
		if f := fault.Of(err); f == nil || f.Name != idempotency.InUse {
			return idempotency.WithHold(ctx, k.Registry, idempotency.Hold(begun.Hold)), begun.Answer, err
		}
		select {
		case <-patient.Done():
			return ctx, nil, err
		case <-ticker.C:
		}
	}
}

// End keeps the answer.
func (k *Keeper) End(ctx context.Context, answer []byte) error {
	hold, _ := idempotency.HoldOf(ctx, k.Registry)
	return tell(ctx, k.Registry, glance.EndKeyed{Hold: glance.Hold(hold), Answer: answer})
}

// holding is the caller with the hold that ctx is under, for the registry to change something under it as well.
func (r *Registry) holding(ctx context.Context, caller glance.Caller) glance.Caller {
	if hold, ok := idempotency.HoldOf(ctx, r); ok {
		sent := glance.Hold(hold)
		caller.Hold = &sent
	}
	return caller
}
