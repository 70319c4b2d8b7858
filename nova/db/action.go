package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

type actionRow struct {
	bun.BaseModel `bun:"table:actions,alias:a"`
	ID            int64 `bun:",pk"`
	ServerID      string
	Name          string
	RequestID     string
	UserID        string
	ProjectID     string
	Message       *string
	StartedAt     time.Time
	UpdatedAt     time.Time
	EndedAt       *time.Time
}

type actionEventRow struct {
	bun.BaseModel `bun:"table:action_events,alias:e"`
	ActionID      int64  `bun:",pk"`
	Name          string `bun:",pk"`
	Host          string
	Result        *string
	Details       *string
	Traceback     *string
	StartedAt     time.Time `bun:",pk"`
	EndedAt       *time.Time
}

func (r actionRow) action() nova.Action {
	return nova.Action{
		ID: r.ID, ServerID: r.ServerID, Name: r.Name, RequestID: r.RequestID, UserID: r.UserID, ProjectID: r.ProjectID,
		Message: r.Message, StartedAt: r.StartedAt, UpdatedAt: r.UpdatedAt, EndedAt: r.EndedAt,
	}
}

// Actions lists a server's actions, the newest first; the marker is the number of one, as text.
func (r rows) Actions(ctx context.Context, serverID string, f nova.ActionFilter, before int64, limit int) ([]nova.Action, error) {
	var list []actionRow
	q := r.NewSelect().Model(&list).Where("server_id = ?", serverID).Order("id DESC")
	if f.ChangesSince != nil {
		q = q.Where("updated_at >= ?", *f.ChangesSince)
	}
	if f.ChangesBefore != nil {
		q = q.Where("updated_at <= ?", *f.ChangesBefore)
	}
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list actions of %q: %w", serverID, err)
	}
	actions := make([]nova.Action, len(list))
	for i, row := range list {
		actions[i] = row.action()
	}
	return actions, nil
}

// Action gives the action of a request, with its events.
func (r rows) Action(ctx context.Context, serverID, requestID string) (nova.Action, error) {
	var row actionRow
	err := r.NewSelect().Model(&row).Where("server_id = ? AND request_id = ?", serverID, requestID).
		Order("id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return nova.Action{}, fmt.Errorf("read action %q: %w", requestID, err)
	}
	a := row.action()
	var events []actionEventRow
	if err := r.NewSelect().Model(&events).Where("action_id = ?", a.ID).Order("started_at DESC").Scan(ctx); err != nil {
		return nova.Action{}, fmt.Errorf("read events of action %q: %w", requestID, err)
	}
	a.Events = make([]nova.ActionEvent, len(events))
	for i, e := range events {
		a.Events[i] = nova.ActionEvent{
			ActionID: e.ActionID, Name: e.Name, Host: e.Host, Result: e.Result, Details: e.Details,
			Traceback: e.Traceback, StartedAt: e.StartedAt, EndedAt: e.EndedAt,
		}
	}
	return a, nil
}

// InsertAction writes a new action and numbers it.
func (t *Tx) InsertAction(ctx context.Context, a *nova.Action) error {
	id, err := t.Next(ctx, "actions", 1)
	if err != nil {
		return err
	}
	a.ID = id
	row := actionRow{
		ID: a.ID, ServerID: a.ServerID, Name: a.Name, RequestID: a.RequestID, UserID: a.UserID, ProjectID: a.ProjectID,
		Message: a.Message, StartedAt: a.StartedAt, UpdatedAt: a.UpdatedAt, EndedAt: a.EndedAt,
	}
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write action %s of %q: %w", a.Name, a.ServerID, err)
	}
	return nil
}

// EndAction notes that an action ended, with a message when it failed.
func (t *Tx) EndAction(ctx context.Context, id int64, message *string, at time.Time) error {
	_, err := t.rows.NewUpdate().Model((*actionRow)(nil)).Set("message = ?", message).
		Set("updated_at = ?", at).Set("ended_at = ?", at).Where("id = ?", id).Where("ended_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("end action %d: %w", id, err)
	}
	return nil
}

// BeginActionEvent notes that a part of an action began. One of that name that runs already is left as it is.
func (t *Tx) BeginActionEvent(ctx context.Context, e nova.ActionEvent) error {
	running, err := t.rows.NewSelect().Model((*actionEventRow)(nil)).
		Where("action_id = ? AND name = ? AND ended_at IS NULL", e.ActionID, e.Name).Exists(ctx)
	if err != nil || running {
		return err
	}
	row := actionEventRow{ActionID: e.ActionID, Name: e.Name, Host: e.Host, StartedAt: e.StartedAt}
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write event %s of action %d: %w", e.Name, e.ActionID, err)
	}
	_, err = t.rows.NewUpdate().Model((*actionRow)(nil)).Set("updated_at = ?", e.StartedAt).Where("id = ?", e.ActionID).Exec(ctx)
	return err
}

// EndActionEvent notes how a part of an action ended.
func (t *Tx) EndActionEvent(ctx context.Context, e nova.ActionEvent) error {
	_, err := t.rows.NewUpdate().Model((*actionEventRow)(nil)).
		Set("host = ?", e.Host).Set("result = ?", e.Result).Set("details = ?", e.Details).
		Set("traceback = ?", e.Traceback).Set("ended_at = ?", e.EndedAt).
		Where("action_id = ? AND name = ? AND ended_at IS NULL", e.ActionID, e.Name).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end event %s of action %d: %w", e.Name, e.ActionID, err)
	}
	_, err = t.rows.NewUpdate().Model((*actionRow)(nil)).Set("updated_at = ?", e.EndedAt).Where("id = ?", e.ActionID).Exec(ctx)
	return err
}
