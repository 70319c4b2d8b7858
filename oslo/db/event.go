package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/telemetry"
)

// eventSignal wakes the readers of the event log; the counter of the same name numbers it.
const eventSignal = "events"

// eventRow is an Event as kept.
type eventRow struct {
	bun.BaseModel `bun:"table:events"`
	Seq           int64 `bun:",pk"`
	At            time.Time
	Name          string
	ProjectID     string
	Resource      string
	RequestID     string
	Trace         string
	Payload       string
	Actor         JSON[*telemetry.Actor]
}

func (t *Tx) record(ctx context.Context, name string, payload any) error {
	if err := t.state.db.declared(name, payload); err != nil {
		return err
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("record event %q: %w", name, err)
	}
	row := eventRow{
		At: t.Now(), Name: name, RequestID: telemetry.RequestID(ctx), Trace: telemetry.Traceparent(ctx), Payload: string(body),
		Actor: JSON[*telemetry.Actor]{V: telemetry.ActorOf(ctx)},
	}
	if who, ok := payload.(Identified); ok {
		row.Resource, row.ProjectID = who.Identity()
	}
	t.state.events = append(t.state.events, row)
	return nil
}

// writeEvents numbers and writes what was recorded, last before the commit: where several transactions run at once the
// counter's row makes them wait for one another, so that a reader never sees number 8 before number 7.
func (t *Tx) writeEvents(ctx context.Context) error {
	if len(t.state.events) == 0 {
		return nil
	}
	first, err := t.Next(ctx, eventSignal, int64(len(t.state.events)))
	if err != nil {
		return err
	}
	for i := range t.state.events {
		t.state.events[i].Seq = first + int64(i)
	}
	if _, err := t.NewInsert().Model(&t.state.events).Exec(ctx); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	t.Signal(eventSignal)
	return nil
}

func (d *DB) events(ctx context.Context, after int64, limit int) ([]Event, error) {
	var rows []eventRow
	err := d.NewSelect().Model(&rows).Where("seq > ?", after).Order("seq").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read events after %d: %w", after, err)
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		events[i] = Event{
			Seq: r.Seq, At: r.At, Name: r.Name, ProjectID: r.ProjectID, Resource: r.Resource,
			RequestID: r.RequestID, Trace: r.Trace, Payload: []byte(r.Payload), Actor: r.Actor.V,
		}
	}
	return events, nil
}

func (t *Tx) lastEvent(ctx context.Context) (int64, error) {
	var last int64
	err := t.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = ?", eventSignal).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the last event's number: %w", err)
	}
	return last, nil
}

// forget leaves what some relay (oslo/outbox) has yet to deliver, unless it was recorded before undelivered.
func (d *DB) forget(ctx context.Context, before, undelivered time.Time) (lost int, err error) {
	err = d.Tx(ctx, func(tx *Tx) error {
		lost = 0
		var least sql.NullInt64
		if err := tx.QueryRowContext(ctx, "SELECT MIN(seq) FROM relays").Scan(&least); err != nil {
			return fmt.Errorf("look how far the events are delivered: %w", err)
		}
		all := tx.NewDelete().Model((*eventRow)(nil)).Where("at < ?", Clock(before))
		if least.Valid {
			n, err := tx.NewSelect().Model((*eventRow)(nil)).
				Where("seq > ?", least.Int64).Where("at < ?", Clock(undelivered)).Count(ctx)
			if err != nil {
				return fmt.Errorf("count events before %s: %w", undelivered, err)
			}
			lost = int(n)
			all = all.Where("seq <= ? OR at < ?", least.Int64, Clock(undelivered))
		}
		if _, err := all.Exec(ctx); err != nil {
			return fmt.Errorf("forget events before %s: %w", before, err)
		}
		return nil
	})
	return lost, err
}
