package client

import (
	"context"

	"cumulet/glance"
)

// FinishStaging says that an upload to the staging area has come whole.
func (r *Registry) FinishStaging(ctx context.Context, u glance.Upload, s glance.Staged) error {
	return tell(ctx, r, glance.FinishStaging{ID: u.Image.ID, Token: u.Token, Staged: s})
}

// StartImport begins an import; its task has no id where nothing was left to do.
func (r *Registry) StartImport(ctx context.Context, caller glance.Caller, m glance.StartImport) (glance.Task, error) {
	m.Caller = r.holding(ctx, caller)
	return ask[glance.Task](ctx, r, m)
}

// AddLocation has an image without bits get them from a place.
func (r *Registry) AddLocation(ctx context.Context, caller glance.Caller, m glance.AddLocation) (glance.Task, error) {
	m.Caller = r.holding(ctx, caller)
	return ask[glance.Task](ctx, r, m)
}

// StartTask registers an image and begins to import its bits.
func (r *Registry) StartTask(ctx context.Context, caller glance.Caller, m glance.StartTask) (glance.Task, error) {
	m.Import.Caller = r.holding(ctx, caller)
	return ask[glance.Task](ctx, r, m)
}

// Task reads one task; one that the caller may not see does not exist.
func (r *Registry) Task(ctx context.Context, caller glance.Caller, id string) (glance.Task, error) {
	return ask[glance.Task](ctx, r, glance.ShowTask{Caller: caller, ID: id})
}

// Tasks reads a page of the tasks that the caller may see.
func (r *Registry) Tasks(ctx context.Context, caller glance.Caller, f glance.TaskFilter) ([]glance.Task, error) {
	return ask[[]glance.Task](ctx, r, glance.ListTasks{Caller: caller, Filter: f})
}

// ImageTasks reads the tasks of an image, the newest first.
func (r *Registry) ImageTasks(ctx context.Context, caller glance.Caller, imageID string) ([]glance.Task, error) {
	return ask[[]glance.Task](ctx, r, glance.ListImageTasks{Caller: caller, ImageID: imageID})
}
