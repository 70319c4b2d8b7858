package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/flow"
)

// importFlow is the name of the flow that imports.
const importFlow = "image.import"

// importState is what an import knows of itself.
type importState struct {
	TaskID  string         `json:"task_id"`
	ImageID string         `json:"image_id"`
	Import  glance.Import  `json:"import"`
	Staged  *glance.Staged `json:"staged,omitempty"` // where its bits lie in the staging area
	Failed  []string       `json:"failed,omitempty"` // the stores whose failure undoes everything
}

// StartImport begins to import the bits of an image, which is the import's alone until it ends. A copy to stores that all
// have the image is nothing to do, and no task.
func (r *Registry) StartImport(ctx context.Context, m glance.StartImport) (glance.Task, error) {
	ctx = r.under(ctx, m.Caller)
	var task glance.Task
	_, err := r.change(ctx, m.Caller, m.ID, "image.update", func(tx *db.Tx, i *glance.Image) error {
		if err := m.Import.Suits(*i); err != nil {
			return err
		}
		if err := free(*i); err != nil {
			return err
		}
		stores, err := m.Import.Left(*i)
		if err != nil {
			return err
		}
		if len(stores) == 0 {
			return errNothingToDo
		}
		m.Import.Stores = stores
		if task, err = r.newTask(m, *i); err != nil {
			return err
		}
		if m.Import.Method != glance.CopyImage {
			if err := i.Become(glance.Importing); err != nil {
				return err
			}
		}
		i.Properties[glance.ImportTaskID] = task.ID
		i.SetList(glance.ImportingStores, stores)
		failed := i.List(glance.FailedStores)
		for _, one := range stores {
			failed = glance.Without(failed, one)
		}
		i.SetList(glance.FailedStores, failed)
		if err := tx.InsertTask(ctx, task); err != nil {
			return err
		}
		staged, err := tx.Staged(ctx, i.ID)
		if err != nil {
			return err
		}
		_, err = flow.Start(ctx, tx.Tx, importFlow, i.ID, importState{TaskID: task.ID, ImageID: i.ID, Import: m.Import, Staged: staged})
		return err
	})
	if isNothing(err) {
		return glance.Task{}, nil
	}
	if err != nil {
		return glance.Task{}, fmt.Errorf("import image %q: %w", m.ID, err)
	}
	return task, nil
}

// newTask is the task by which users follow an import.
func (r *Registry) newTask(m glance.StartImport, i glance.Image) (glance.Task, error) {
	input, err := json.Marshal(map[string]any{"image_id": i.ID, "import_req": m.Import.Asked, "backend": m.Import.Stores})
	return r.taskOf(m.Caller, glance.APIImportTask, i.ID, m.RequestID, input), err
}

func (r *Registry) taskOf(c glance.Caller, kind, imageID, requestID string, input json.RawMessage) glance.Task {
	now := r.Now()
	return glance.Task{
		ID: r.NewID(), Type: kind, Status: glance.TaskPending, Owner: c.ProjectID, ImageID: imageID,
		UserID: c.UserID, RequestID: requestID, Input: input, CreatedAt: now, UpdatedAt: now,
	}
}
