package client

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/idempotency"
)

// Keeper keeps answers to requests with an Idempotency-Key at the registry. It is a rest.Keeper.
type Keeper struct{ Registry *Registry }

// Begin takes a request up, or gives the answer that it had before.
func (k *Keeper) Begin(ctx context.Context, r idempotency.Request) (context.Context, []byte, error) {
	begun, err := ask[glance.Begun](ctx, k.Registry, glance.BeginKeyed(r))
	return idempotency.WithHold(ctx, k.Registry, idempotency.Hold(begun.Hold)), begun.Answer, err
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
