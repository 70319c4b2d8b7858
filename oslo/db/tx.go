package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// txState is what a transaction gathers until its commit.
type txState struct {
	db      *DB
	events  []eventRow
	after   []func()
	signals []string
}

func (d *DB) tx(ctx context.Context, do func(*Tx) error) (err error) {
	ctx, end := telemetry.Start(ctx, "db.tx", slog.String("service", d.state.service))
	defer func() { end(err) }()
	began, tries := time.Now(), 0
	var t *Tx
	err = again(ctx, d.state.engine.transient, func() error {
		tries++
		t, err = d.once(ctx, do)
		return err
	})
	telemetry.MetricsOf(ctx).Transaction(d.state.service, err, time.Since(began))
	if tries > 1 {
		telemetry.Note(ctx, slog.Int("tries", tries))
	}
	if err != nil {
		return err
	}
	telemetry.Changed(ctx)
	for _, name := range t.state.signals {
		d.state.signals.send(name)
	}
	for _, fn := range t.state.after {
		fn()
	}
	return nil
}

// once runs do in one try of a transaction, in its turn.
func (d *DB) once(ctx context.Context, do func(*Tx) error) (*Tx, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	begun, err := d.state.engine.begin(ctx, d.state.write)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	ended := false
	defer func() { // also when do panics: the panic goes on, the transaction does not
		if !ended {
			begun.Rollback() //nolint:errcheck // what made us roll back is the error to tell
		}
	}()
	t := &Tx{Tx: begun, state: txState{db: d}}
	if err := do(t); err != nil {
		return nil, err
	}
	if err := t.doLast(ctx); err != nil {
		return nil, err
	}
	if err := t.writeEvents(ctx); err != nil {
		return nil, err
	}
	if err := d.commit(ctx, begun); err != nil {
		return nil, fmt.Errorf("commit transaction: %w", err)
	}
	ended = true
	return t, nil
}

// commit commits. Where the connection breaks before the answer comes, it asks the database what became of it: a
// transaction must neither be run twice nor be told to have failed when it did not.
func (d *DB) commit(ctx context.Context, begun bun.Tx) error {
	err := begun.Commit()
	if err == nil || !lost(err) {
		return err
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	landed, askErr := d.state.engine.committed(asking, d.state.write)
	switch {
	case askErr != nil:
		return fault.New(fault.Unavailable, "DatabaseUnavailable", "The database is away, try again later.").
			Because(errors.Join(err, askErr))
	case landed:
		return nil
	}
	return err
}

// worthTelling is from when on the wait for the lane is told in a trace.
const worthTelling = time.Millisecond

// enter waits for the writer lane, first come first served (database/sql's own queue is served at random).
func (d *DB) enter(ctx context.Context) (leave func(), err error) {
	patient, cancel := context.WithTimeout(ctx, d.state.patience)
	defer cancel()
	waiting := time.Now()
	err = d.state.lane.Acquire(patient, 1)
	if waited := time.Since(waiting); waited > worthTelling {
		telemetry.Note(ctx, slog.Duration("waited", waited))
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("wait for the writer lane: %w", ctx.Err())
		}
		return nil, fault.New(fault.Unavailable, "DatabaseBusy", "The database is busy, try again later.").
			Because(errors.New("waited in vain for the writer lane: too many writers, one too slow, or a nested transaction"))
	}
	return func() { d.state.lane.Release(1) }, nil
}
