package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
)

// ShowTask reads one task.
func (r *Registry) ShowTask(ctx context.Context, m glance.ShowTask) (glance.Task, error) {
	t, err := r.DB.Task(ctx, m.ID)
	if err == nil && !m.Caller.Admin && t.Owner != m.Caller.ProjectID {
		return glance.Task{}, glance.TaskNotFound(m.ID)
	}
	return t, err
}

// ListTasks reads a page of the tasks that the caller may see.
func (r *Registry) ListTasks(ctx context.Context, m glance.ListTasks) ([]glance.Task, error) {
	if m.Filter.Marker != "" {
		_, err := r.ShowTask(ctx, glance.ShowTask{Caller: m.Caller, ID: m.Filter.Marker})
		if f := fault.Of(err); f != nil {
			return nil, glance.Invalid("%s", f.Text)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.DB.Tasks(ctx, taskOwner(m.Caller), m.Filter)
}

// ListImageTasks reads the tasks of an image that the caller may see.
func (r *Registry) ListImageTasks(ctx context.Context, m glance.ListImageTasks) ([]glance.Task, error) {
	if _, err := seen(ctx, r.DB, m.Caller, m.ImageID); err != nil {
		return nil, err
	}
	return r.DB.ImageTasks(ctx, taskOwner(m.Caller), m.ImageID)
}

// taskOwner is whose tasks a caller sees: "" for everybody's.
func taskOwner(c glance.Caller) string {
	if c.Admin {
		return ""
	}
	return c.ProjectID
}

// tell is report in a transaction of its own.
func (r *Registry) tell(ctx context.Context, id string, status glance.TaskStatus, message string) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error { return r.report(ctx, tx, id, status, message) })
}

// report notes how far a task is. One that has expired, or ended, is left alone.
func (r *Registry) report(ctx context.Context, tx *db.Tx, id string, status glance.TaskStatus, message string) error {
	t, err := tx.Task(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && t.ExpiresAt != nil {
		return nil
	}
	if err != nil {
		return err
	}
	now := r.Now()
	t.Status, t.Message, t.UpdatedAt = status, message, now
	switch status {
	case glance.TaskSuccess:
		t.Result, err = json.Marshal(map[string]string{"image_id": t.ImageID})
		fallthrough
	case glance.TaskFailure:
		until := now.Add(r.TaskLife)
		t.ExpiresAt = &until
	}
	if err != nil {
		return fmt.Errorf("encode result of task %q: %w", id, err)
	}
	return tx.UpdateTask(ctx, t)
}
