package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
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
	// Delivered tells that the image has its bits, and is in use.
	Delivered bool `json:"delivered,omitempty"`
	// Handling is what is done with the bits, and Before what the image was before any of it.
	Handling glance.Handling `json:"handling"`
	Before   before          `json:"before"`
}

// before is what of an image an import may change, as it was.
type before struct {
	DiskFormat      string            `json:"disk_format"`
	ContainerFormat string            `json:"container_format"`
	Properties      map[string]string `json:"properties"` // its owner's
}

func beforeOf(i glance.Image) before {
	b := before{DiskFormat: i.DiskFormat, ContainerFormat: i.ContainerFormat, Properties: map[string]string{}}
	for name, value := range i.Properties {
		if !glance.IsReserved(name) {
			b.Properties[name] = value
		}
	}
	return b
}

// restore makes an image what it was, but for properties that somebody else has given it meanwhile.
func (b before) restore(i *glance.Image, given map[string]string) {
	i.DiskFormat, i.ContainerFormat = b.DiskFormat, b.ContainerFormat
	for name := range given {
		value, had := b.Properties[name]
		if i.Properties[name] = value; !had {
			delete(i.Properties, name)
		}
	}
}

// StartImport begins to import the bits of an image, which is the import's alone until it ends. A copy to stores that all
// have the image is nothing to do, and no task.
func (r *Registry) StartImport(ctx context.Context, m glance.StartImport) (glance.Task, error) {
	ctx = r.under(ctx, m.Caller)
	allowed, err := r.allowance(ctx, m.Caller)
	if err != nil {
		return glance.Task{}, err
	}
	var task glance.Task
	err = r.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		task, err = r.startImport(ctx, tx, allowed, m)
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

// StartTask registers an image and begins to import its bits, both or neither.
func (r *Registry) StartTask(ctx context.Context, m glance.StartTask) (glance.Task, error) {
	ctx = r.under(ctx, m.Import.Caller)
	i, err := r.draft(m.Image)
	if err != nil {
		return glance.Task{}, err
	}
	allowed, err := r.allowance(ctx, m.Import.Caller)
	if err != nil {
		return glance.Task{}, err
	}
	m.Import.ID = i.ID
	var task glance.Task
	err = r.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if err := r.register(ctx, tx, allowed, i); err != nil {
			return err
		}
		task, err = r.startImport(ctx, tx, allowed, m.Import)
		return err
	})
	if err != nil {
		return glance.Task{}, fmt.Errorf("start task for image %q: %w", i.ID, err)
	}
	return task, nil
}

func (r *Registry) startImport(ctx context.Context, tx *db.Tx, allowed allowance, m glance.StartImport) (glance.Task, error) {
	var task glance.Task
	_, err := r.changeIn(ctx, tx, m.Caller, m.ID, "image.update", func(tx *db.Tx, i *glance.Image) error {
		if err := allowed.admit(ctx, tx, claim{glance.ImageSizeTotal, 0, 0}); err != nil {
			return err
		}
		if err := m.Import.Suits(*i); err != nil {
			return err
		}
		if err := free(*i); err != nil {
			return err
		}
		staged, err := tx.Staged(ctx, i.ID)
		if err != nil {
			return err
		}
		if m.Import.Method == glance.GlanceDirect && staged == nil { // its bits are arriving
			return glance.Conflict("Image needs to be staged before 'glance-direct' method can be used")
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
		if over := allowed.admitImport(ctx, tx, m.Import, *i); over != nil {
			return r.refuseImport(ctx, tx, m.Import, i, task, over)
		}
		if m.Import.Method != glance.CopyImage {
			if err := i.Become(glance.Importing); err != nil {
				return err
			}
		}
		i.Properties[glance.ImportTaskID] = task.ID
		i.SetList(glance.ImportingStores, stores)
		i.Unlist(glance.FailedStores, stores...)
		if err := tx.InsertTask(ctx, task); err != nil {
			return err
		}
		state := importState{TaskID: task.ID, ImageID: i.ID, Import: m.Import, Staged: staged, Before: beforeOf(*i)}
		if m.Import.Method != glance.CopyImage {
			state.Handling = r.ImportRules.For(m.Roles)
		}
		_, err = flow.Start(ctx, tx.Tx, importFlow, i.ID, state)
		return err
	})
	return task, err
}

// admitImport refuses an import for which the project has no room. As glance/async_/flows/api_image_import.py, get_flow, but an
// image that is copied is counted once.
func (a allowance) admitImport(ctx context.Context, tx *db.Tx, m glance.Import, i glance.Image) error {
	size := 0
	if i.Size != nil {
		size = int(*i.Size >> 20)
	}
	if m.Method == glance.GlanceDirect {
		return a.admit(ctx, tx, claim{glance.ImageSizeTotal, 0, size})
	}
	if err := a.admit(ctx, tx, claim{glance.ImageStageTotal, 0, size}); err != nil {
		return err
	}
	return a.admit(ctx, tx, claim{glance.ImageCountUploading, 1, 0})
}

// refuseImport ends an import before it begins: its task tells why, and the image is queued with nothing staged. Upstream asks
// for this room only in the task, so that the request for the import has been answered already; clients look at the task.
func (r *Registry) refuseImport(ctx context.Context, tx *db.Tx, m glance.Import, i *glance.Image, t glance.Task, why error) error {
	if fault.Of(why) == nil {
		return why
	}
	if err := tx.InsertTask(ctx, t); err != nil {
		return err
	}
	if err := r.report(ctx, tx, t.ID, glance.TaskFailure, said(why)); err != nil {
		return err
	}
	if m.Method == glance.CopyImage || i.Status == glance.Queued {
		return nil
	}
	if err := i.Become(glance.Queued); err != nil {
		return err
	}
	return tx.DeleteStaged(ctx, i.ID)
}

// newTask is the task by which users follow an import.
func (r *Registry) newTask(m glance.StartImport, i glance.Image) (glance.Task, error) {
	if m.ByHand {
		return r.taskOf(m.Caller, glance.ImportTask, i.ID, m.RequestID, m.Import.Asked), nil
	}
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
