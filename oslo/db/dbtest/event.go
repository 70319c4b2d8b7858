package dbtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/telemetry"
)

func numbersEvents(t *testing.T, d *db.DB) {
	ctx := telemetry.WithRequestID(t.Context(), "req-1")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			err := d.Tx(ctx, func(tx *db.Tx) error {
				id := fmt.Sprint(i)
				return errors.Join(tx.Record(ctx, "thing.create.start", thing{ID: id}), tx.Record(ctx, "thing.create.end", thing{ID: id}))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	events, err := d.Events(ctx, 0, 100)
	if err != nil || len(events) != 32 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) || e.RequestID != "req-1" || e.ProjectID != "project" || e.Resource != events[i/2*2].Resource {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if rest, err := d.Events(ctx, 30, 1); err != nil || len(rest) != 1 || rest[0].Seq != 31 {
		t.Errorf("after 30 comes %v, %v", rest, err)
	}
	if _, err := d.Forget(ctx, events[31].At.Add(time.Second), time.Time{}); err != nil {
		t.Fatal(err)
	}
	err = d.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, "thing.delete", thing{}) })
	if rest, restErr := d.Events(ctx, 0, 5); err != nil || restErr != nil || len(rest) != 1 || rest[0].Seq != 33 {
		t.Errorf("after forgetting there are %v, %v, %v", rest, err, restErr)
	}
}

func signals(t *testing.T, d *db.DB) {
	changed, mine := d.Changed(), d.Signalled("mine")
	hook := false
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		tx.Signal("mine")
		tx.AfterCommit(func() {
			insert(t, d, thing{ID: "hook"}) // outside the transaction, so this does not wait for it
			hook = true
		})
		select {
		case <-mine:
			t.Error("signalled before the commit")
		default:
		}
		return tx.Record(t.Context(), "thing.create", thing{})
	})
	if err != nil {
		t.Fatal(err)
	}
	<-changed
	<-mine
	if !hook {
		t.Error("the hook did not run")
	}
	select {
	case <-d.Changed():
		t.Error("changed without a change")
	default:
	}
}
