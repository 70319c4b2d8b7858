package main

import (
	"context"
	"errors"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/service"
)

// forgetEvery is how often what happened long ago is looked for.
const forgetEvery = time.Hour

// forgetting keeps a service's database from growing with what happened: events and ended operations go when they are older
// than keep_history. What users see of the past, as a server's actions, lies elsewhere and stays.
func (p *process) forgetting(name string, d *db.DB) func(context.Context) error {
	if p.config.KeepHistory == 0 {
		return func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		}
	}
	r := &service.Reconciler{Name: name + " history", Every: forgetEvery, Log: p.log, Do: func(ctx context.Context) error {
		return forgetHistory(ctx, d, time.Now().Add(-p.config.KeepHistory))
	}}
	return r.Run
}

// forgetHistory deletes what happened before that time.
func forgetHistory(ctx context.Context, d *db.DB, before time.Time) error {
	return errors.Join(d.Forget(ctx, before), flow.Forget(ctx, d, before))
}
