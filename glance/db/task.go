package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

type taskRow struct {
	bun.BaseModel `bun:"table:tasks"`
	ID            string `bun:",pk"`
	Type          string
	Status        glance.TaskStatus
	Owner         string
	ImageID       string
	UserID        string
	RequestID     string
	Input         string
	Result        string // "" while there is none
	Message       string
	ExpiresAt     *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func taskRowOf(t glance.Task) taskRow {
	return taskRow{
		ID: t.ID, Type: t.Type, Status: t.Status, Owner: t.Owner, ImageID: t.ImageID, UserID: t.UserID, RequestID: t.RequestID,
		Input: string(t.Input), Result: string(t.Result), Message: t.Message,
		ExpiresAt: t.ExpiresAt, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC(),
	}
}

func (r taskRow) noun() glance.Task {
	t := glance.Task{
		ID: r.ID, Type: r.Type, Status: r.Status, Owner: r.Owner, ImageID: r.ImageID, UserID: r.UserID, RequestID: r.RequestID,
		Input: []byte(r.Input), Message: r.Message, ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Result != "" {
		t.Result = []byte(r.Result)
	}
	return t
}

// InsertTask adds a task.
func (t *Tx) InsertTask(ctx context.Context, task glance.Task) error {
	row := taskRowOf(task)
	if _, err := t.Tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("insert task %q: %w", task.ID, err)
	}
	return nil
}

// UpdateTask writes how far a task is.
func (t *Tx) UpdateTask(ctx context.Context, task glance.Task) error {
	row := taskRowOf(task)
	_, err := t.Tx.NewUpdate().Model(&row).Column("status", "result", "message", "expires_at", "updated_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("update task %q: %w", task.ID, err)
	}
	return nil
}

// Task reads one task.
func (r rows) Task(ctx context.Context, id string) (glance.Task, error) {
	var row taskRow
	err := r.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return glance.Task{}, glance.TaskNotFound(id)
	}
	if err != nil {
		return glance.Task{}, fmt.Errorf("read task %q: %w", id, err)
	}
	return row.noun(), nil
}

// Tasks lists a page of the tasks of an owner, or of all where it is "".
func (r rows) Tasks(ctx context.Context, owner string, f glance.TaskFilter) ([]glance.Task, error) {
	var found []taskRow
	q := r.NewSelect().Model(&found)
	if owner != "" {
		q = q.Where("owner = ?", owner)
	}
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	if f.Type != "" {
		q = q.Where("type = ?", f.Type)
	}
	way, beyond := "DESC", "<"
	if f.Up {
		way, beyond = "ASC", ">"
	}
	key := bun.Ident(f.SortKey)
	if f.Marker != "" {
		after := r.NewSelect().Model((*taskRow)(nil)).ColumnExpr("?", key).Where("id = ?", f.Marker)
		q = q.Where("(? "+beyond+" (?) OR ? = (?) AND id "+beyond+" ?)", key, after, key, after, f.Marker)
	}
	err := q.OrderExpr("? "+way, key).OrderExpr("id " + way).Limit(int64(f.Limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return taskNouns(found), nil
}

// ImageTasks lists the tasks of an image, the newest first; of one owner, or of all where it is "".
func (r rows) ImageTasks(ctx context.Context, owner, imageID string) ([]glance.Task, error) {
	var found []taskRow
	q := r.NewSelect().Model(&found).Where("image_id = ?", imageID).Order("created_at DESC", "id DESC")
	if owner != "" {
		q = q.Where("owner = ?", owner)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list tasks of image %q: %w", imageID, err)
	}
	return taskNouns(found), nil
}

func taskNouns(found []taskRow) []glance.Task {
	all := make([]glance.Task, len(found))
	for n, row := range found {
		all[n] = row.noun()
	}
	return all
}

// ForgetTasks deletes those that have expired.
func (t *Tx) ForgetTasks(ctx context.Context, now time.Time) error {
	if _, err := t.Tx.NewDelete().Model((*taskRow)(nil)).Where("expires_at < ?", now.UTC()).Exec(ctx); err != nil {
		return fmt.Errorf("forget expired tasks: %w", err)
	}
	return nil
}
