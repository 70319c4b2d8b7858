package main

import (
	"context"
	"errors"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/service"
)

// forgetEvery is how often what happened long ago is looked for.
const forgetEvery = time.Hour

// forgetting keeps a service's database from growing with what happened: events and ended operations go when they are older
// than keep_history, answers to requests with an Idempotency-Key after a day. What users see of the past, as a server's actions,
// lies elsewhere and stays.
func (p *process) forgetting(name string, d *db.DB) func(context.Context) error {
	r := &service.Reconciler{Name: name + " history", Every: forgetEvery, Log: p.log, Do: func(ctx context.Context) error {
		keys := keeper.Forget(ctx, d, time.Now().Add(-keeper.Kept))
		if p.config.KeepHistory == 0 {
			return keys
		}
		before := time.Now().Add(-p.config.KeepHistory)
		lost, err := forgetHistory(ctx, d, before, before.Add(-keepUndelivered))
		if lost > 0 {
			p.log.ErrorContext(ctx, "events are lost: they could not be delivered for weeks", "service", name, "events", lost)
		}
		return errors.Join(keys, err)
	}}
	return r.Run
}

// keepUndelivered is how much longer an event is kept that nobody could be told of, as when a broker is away.
const keepUndelivered = 30 * 24 * time.Hour

// forgetHistory deletes what happened before a time, and events that are not delivered if they happened before another; of these
// it says how many.
func forgetHistory(ctx context.Context, d *db.DB, before, undelivered time.Time) (lost int, err error) {
	lost, err = d.Forget(ctx, before, undelivered)
	return lost, errors.Join(err, flow.Forget(ctx, d, before))
}
