package db

import (
	"context"
	"encoding/json"
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
	Payload       string
}

func (t *Tx) record(ctx context.Context, name string, payload any) error {
	if err := t.state.db.declared(name, payload); err != nil {
		return err
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("record event %q: %w", name, err)
	}
	row := eventRow{At: t.Now(), Name: name, RequestID: telemetry.RequestID(ctx), Payload: string(body)}
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
			RequestID: r.RequestID, Payload: []byte(r.Payload),
		}
	}
	return events, nil
}

func (d *DB) forget(ctx context.Context, before time.Time) error {
	return d.Tx(ctx, func(tx *Tx) error {
		_, err := tx.NewDelete().Model((*eventRow)(nil)).Where("at < ?", Clock(before)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget events before %s: %w", before, err)
		}
		return nil
	})
}
