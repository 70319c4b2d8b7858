package keeper

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/idempotency"
	"cumulet/oslo/telemetry"
)

// Kept is how long an answer is given again.
const Kept = 24 * time.Hour

// Keeper keeps the requests to one service, in its database. It is a rest.Keeper.
type Keeper struct {
	DB *db.DB
	// Now is for leases and ages; time.Now when nil.
	Now func() time.Time
	// Lease is how long a request may run without having changed anything; a minute when zero. Who takes longer loses the
	// right to change something, if another asks the same.
	Lease time.Duration
	// Patience is how long the second of two waits for the first's answer; 20 s when zero.
	Patience time.Duration
	// Refusals is how many answers to requests that changed nothing are kept for a caller; 1,000 when zero. Nothing else
	// bounds them: what changes something is bounded by quotas.
	Refusals int
}

// look is how often one looks for an answer that another process may give.
const look = 250 * time.Millisecond

// endedSignal wakes who waits for an answer.
const endedSignal = "idempotency.ended"

// errBusy says that the request is held by another.
var errBusy = errors.New("the request is being worked on")

// Begin takes a request up: the context is what to do it under, and End must follow. Where it was answered before, it gives
// that answer instead.
func (k *Keeper) Begin(ctx context.Context, r idempotency.Request) (context.Context, []byte, error) {
	ctx = k.DB.WithLast(ctx, nil) // what asks us may be under a hold of its own
	patient, cancel := context.WithTimeout(ctx, cmp.Or(k.Patience, 20*time.Second))
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		ended := k.DB.Signalled(endedSignal)
		hold, answer, err := k.take(ctx, r)
		switch {
		case err == nil && answer != nil:
			return ctx, answer, nil
		case err == nil:
			return k.Under(ctx, hold), nil, nil
		case !errors.Is(err, errBusy):
			return ctx, nil, fmt.Errorf("begin a keyed request: %w", err)
		}
		select {
		case <-patient.Done():
			if ctx.Err() != nil {
				return ctx, nil, ctx.Err()
			}
			return ctx, nil, idempotency.Busy()
		case <-ended:
		case <-ticker.C:
		}
	}
}

// Under has what is done under the context be done under the hold: its transactions on this database commit only while the
// hold is the latest, and the request's row then knows.
func (k *Keeper) Under(ctx context.Context, h idempotency.Hold) context.Context {
	return k.DB.WithLast(idempotency.WithHold(ctx, k.DB, h), func(ctx context.Context, tx *db.Tx) error {
		r, err := held(ctx, tx, h)
		if err != nil {
			return err
		}
		for _, e := range tx.Recorded() {
			r.note(e.Resource)
		}
		r.Commits++
		return r.update(ctx, tx, "commits", "resources")
	})
}

// End keeps the answer of the request that ctx is held under; nil is none to keep. A request that changed nothing and has no
// answer may be made again.
func (k *Keeper) End(ctx context.Context, answer []byte) error {
	h, ok := idempotency.HoldOf(ctx, k.DB)
	if !ok {
		return errors.New("end a keyed request: none was begun")
	}
	ctx = k.DB.WithLast(ctx, nil)
	err := k.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := held(ctx, tx, h)
		if err != nil {
			return err
		}
		tx.Signal(endedSignal)
		keep := answer != nil
		if keep && r.Commits == 0 {
			if keep, err = k.mayRefuse(ctx, tx, r.Caller); err != nil {
				return err
			}
		}
		switch {
		case keep:
			r.Answer = base64.StdEncoding.EncodeToString(answer)
		case r.Commits == 0:
			return r.delete(ctx, tx)
		}
		r.LeaseUntil = k.now()
		return r.update(ctx, tx, "answer", "lease_until")
	})
	if err != nil {
		return fmt.Errorf("end a keyed request: %w", err)
	}
	return nil
}

// mayRefuse tells whether a caller has room for one more answer to a request that changed nothing.
func (k *Keeper) mayRefuse(ctx context.Context, tx *db.Tx, caller string) (bool, error) {
	n, err := tx.NewSelect().Model((*row)(nil)).Where("caller = ?", caller).Where("commits = 0").Count(ctx)
	return int(n) <= cmp.Or(k.Refusals, 1000), err // the one at hand is among them
}

// take decides by what is known of the request. It makes a transaction only where there is something to write.
func (k *Keeper) take(ctx context.Context, r idempotency.Request) (h idempotency.Hold, answer []byte, err error) {
	now := k.now()
	old, err := find(ctx, k.DB, r.ID)
	if err != nil {
		return h, nil, err
	}
	if free, answer, err := old.look(r, now); !free {
		return h, answer, err
	}
	err = k.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := find(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		var free bool
		if free, answer, err = old.look(r, now); !free {
			return err
		}
		taken := row{
			ID: r.ID, Caller: r.Caller, Print: r.Print, RequestID: telemetry.RequestID(ctx), Fence: 1, Resources: "[]",
			LeaseUntil: now.Add(cmp.Or(k.Lease, time.Minute)), CreatedAt: now,
		}
		h = idempotency.Hold{ID: r.ID, Fence: taken.Fence}
		if old == nil {
			return taken.insert(ctx, tx)
		}
		taken.Fence += old.Fence
		h.Fence = taken.Fence
		if !old.expired(now) {
			taken.CreatedAt = old.CreatedAt
		}
		return taken.update(ctx, tx)
	})
	return h, answer, err
}

// Forget deletes the requests begun before that time.
func Forget(ctx context.Context, d *db.DB, before time.Time) error {
	return d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*row)(nil)).Where("created_at < ?", db.Clock(before)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget keyed requests before %s: %w", before, err)
		}
		return nil
	})
}

func (k *Keeper) now() time.Time {
	if k.Now == nil {
		return db.Clock(time.Now())
	}
	return db.Clock(k.Now())
}
