package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// The signals that wake runners, and who waits for an end.
const (
	dueSignal   = "operations.due"
	endedSignal = "operations.ended"
)

// row is an operation as kept; db's migrations make the table and say what its columns mean.
type row struct {
	bun.BaseModel `bun:"table:operations,alias:o"`
	ID            string `bun:",pk"`
	Sequence      int64
	Flow          string
	Resource      string
	RequestID     string
	Trace         string
	Actor         db.JSON[*telemetry.Actor] // who asked for it; nil where nobody did
	Status        Status
	Position      int `bun:"-"` // of Step among the flow's steps as they are now; -1 for failedStep
	Step          string
	Tries         int
	State         string
	Error         string
	Cancelled     bool
	Owner         string
	Fence         int64
	LeaseUntil    *time.Time
	DueAt         time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
	EndedAt       *time.Time
}

func (r row) operation() Operation {
	o := Operation{
		ID: r.ID, Flow: r.Flow, Resource: r.Resource, RequestID: r.RequestID, Status: r.Status, Step: r.Step,
		Tries: r.Tries, Owner: r.Owner, Created: r.CreatedAt, Updated: r.UpdatedAt, Ended: r.EndedAt,
		LeaseUntil: r.LeaseUntil, Cancelled: r.Cancelled,
	}
	if r.EndedAt == nil && r.DueAt.After(atOnce()) {
		o.Due = &r.DueAt
	}
	if err := r.why(); err != nil {
		o.Error = err.Error()
	}
	return o
}

// failure is an error as kept: a fault stays one.
type failure struct {
	Fault *fault.Fault `json:"fault,omitempty"`
	Text  string       `json:"text,omitempty"`
}

// why is the error kept in the row, or nil.
func (r row) why() error {
	if r.Error == "" {
		return nil
	}
	var f failure
	if err := json.Unmarshal([]byte(r.Error), &f); err != nil {
		return errors.New(r.Error)
	}
	if f.Fault != nil {
		return f.Fault
	}
	return errors.New(f.Text)
}

// kept is err as the row keeps it.
func kept(err error) string {
	f := failure{Fault: fault.Of(err)}
	if f.Fault == nil {
		f.Text = err.Error()
	}
	encoded, encodeErr := json.Marshal(f)
	if encodeErr != nil { // a detail that is no JSON
		encoded, encodeErr = json.Marshal(failure{Text: err.Error()})
	}
	if encodeErr != nil { // a string is always JSON
		panic(encodeErr)
	}
	return string(encoded)
}

// atOnce is when an operation is due that does not pause. It is no reading of a clock: only the runners' clock counts.
func atOnce() time.Time { return time.Unix(0, 0).UTC() }

func start(ctx context.Context, tx *db.Tx, flow, resource string, state any) (string, error) {
	encoded, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("start flow %s: %w", flow, err)
	}
	sequence, err := tx.Next(ctx, "operations", 1)
	if err != nil {
		return "", fmt.Errorf("start flow %s: %w", flow, err)
	}
	now := tx.Now()
	r := row{
		ID: uuid.NewString(), Sequence: sequence, Flow: flow, Resource: resource,
		RequestID: telemetry.RequestID(ctx), Trace: telemetry.Traceparent(ctx), Actor: db.JSON[*telemetry.Actor]{V: telemetry.ActorOf(ctx)},
		Status: Running, State: string(encoded), DueAt: atOnce(), CreatedAt: now, UpdatedAt: now,
	}
	if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
		return "", fmt.Errorf("start flow %s: %w", flow, err)
	}
	tx.Signal(dueSignal)
	tx.AfterCommit(func() { telemetry.Note(ctx, slog.String("operation", r.ID)) })
	return r.ID, nil
}

func operations(ctx context.Context, d bun.IDB, resource string) ([]Operation, error) {
	var rows []row
	q := d.NewSelect().Model(&rows).Order("sequence")
	if resource == "" {
		q = q.Where("status IN (?, ?)", Running, Undoing)
	} else {
		q = q.Where("resource = ?", resource)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read operations of %q: %w", resource, err)
	}
	list := make([]Operation, len(rows))
	for i, r := range rows {
		list[i] = r.operation()
	}
	return list, nil
}

func get(ctx context.Context, d bun.IDB, id string) (Operation, error) {
	var r row
	err := d.NewSelect().Model(&r).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return Operation{}, fault.New(fault.NotFound, "OperationNotFound", "Operation %s could not be found.", id)
	}
	if err != nil {
		return Operation{}, fmt.Errorf("read operation %s: %w", id, err)
	}
	return r.operation(), nil
}

// elsewhere is how often one looks for the end of an operation that another process may run.
const elsewhere = time.Second

func wait(ctx context.Context, d *db.DB, id string) (Operation, error) {
	ticker := time.NewTicker(elsewhere)
	defer ticker.Stop()
	for {
		ended := d.Signalled(endedSignal)
		o, err := get(ctx, d, id)
		if err != nil || o.Ended != nil {
			return o, err
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-ended:
		case <-ticker.C:
		}
	}
}

func cancel(ctx context.Context, d *db.DB, id string) error {
	return change(ctx, d, id, "cancelled = ?, due_at = ?", true, atOnce())
}

func retry(ctx context.Context, d *db.DB, id string) error {
	return change(ctx, d, id, "due_at = ?", atOnce())
}

// change sets columns of an operation that has not ended, and wakes the runners.
func change(ctx context.Context, d *db.DB, id, set string, args ...any) error {
	return d.Tx(ctx, func(tx *db.Tx) error {
		o, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		if o.Ended != nil {
			return fault.New(fault.Conflict, "OperationEnded", "Operation %s has ended: %s.", id, o.Status)
		}
		if _, err := tx.NewUpdate().Model((*row)(nil)).Set(set, args...).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("change operation %s: %w", id, err)
		}
		tx.Signal(dueSignal)
		return nil
	})
}

func forget(ctx context.Context, d *db.DB, before time.Time) error {
	return d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*row)(nil)).Where("ended_at < ?", db.Clock(before)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget operations before %s: %w", before, err)
		}
		return nil
	})
}
