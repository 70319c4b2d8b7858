package registry

import (
	"context"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// locationFlowName is the name of the flow that looks at the bits of a place.
const locationFlowName = "image.locate"

// locationState is what the flow knows of itself: which image it has, as an import has one, and the place.
type locationState struct {
	Image importState  `json:"image"`
	Claim glance.Claim `json:"claim"`
}

// AddLocation begins to look at bits that an image without any shall have. Until that ends the image is this operation's alone.
func (r *Registry) AddLocation(ctx context.Context, m glance.AddLocation) (glance.Task, error) {
	ctx = r.under(ctx, m.Caller)
	task := r.taskOf(m.Caller, glance.LocationTask, m.ID, m.RequestID, m.Input)
	_, err := r.change(ctx, m.Caller, m.ID, "image.update", func(tx *db.Tx, i *glance.Image) error {
		if err := i.MayRelocateFirst(); err != nil {
			return err
		}
		if err := free(*i); err != nil {
			return err
		}
		if err := i.Become(glance.Importing); err != nil {
			return err
		}
		i.Properties[glance.ImportTaskID] = task.ID
		m.Claim.DiskFormat, m.Claim.ContainerFormat = i.DiskFormat, i.ContainerFormat
		if err := tx.InsertTask(ctx, task); err != nil {
			return err
		}
		s := locationState{Image: importState{TaskID: task.ID, ImageID: i.ID, Before: beforeOf(*i)}, Claim: m.Claim}
		_, err := flow.Start(ctx, tx.Tx, locationFlowName, i.ID, s)
		return err
	})
	if err != nil {
		return glance.Task{}, fmt.Errorf("add a location to image %q: %w", m.ID, err)
	}
	return task, nil
}

// locationFlow has a host look at the bits, and makes the image active with them, or queues it again. As
// glance/async_/flows/location_import.py, but that no image is used before somebody has looked.
func (r *Registry) locationFlow() flow.Flow[locationState] {
	return flow.Flow[locationState]{
		Name: locationFlowName,
		Steps: []flow.Step[locationState]{
			{Name: "look", Do: r.look, Deadline: r.ImportDeadline, Tries: 3},
			{Name: "settle", Do: r.settle, Tries: 5},
		},
		Failed: func(ctx context.Context, s *locationState, why error) error {
			return r.importFailed(ctx, &s.Image, why)
		},
	}
}

// look has a host read the bits.
func (r *Registry) look(ctx context.Context, s *locationState) error {
	if err := r.tell(ctx, s.Image.TaskID, glance.TaskProcessing, ""); err != nil {
		return err
	}
	said := glance.Image{ID: s.Image.ImageID, DiskFormat: s.Claim.DiskFormat, ContainerFormat: s.Claim.ContainerFormat}
	found, err := messaging.Call[glance.Bits](ctx, r.Bus, messaging.Topic(glance.TransferTopic), glance.LookAtBits{Image: said, Location: s.Claim.Location})
	if err == nil {
		s.Claim.Found = &found
	}
	return err
}

// settle gives the image its bits and lets go of it. One that was deleted meanwhile, or settled by a try before, is left alone.
func (r *Registry) settle(ctx context.Context, s *locationState) error {
	err := r.alter(ctx, &s.Image, "image.update", func(tx *db.Tx, i *glance.Image) error {
		delete(i.Properties, glance.ImportTaskID)
		i.Status = glance.Queued // as it was before it was taken
		change := glance.Change{Operation: glance.Add, Name: glance.Locations, Position: "-", Claims: []glance.Claim{s.Claim}}
		if err := r.relocate(ctx, tx, i, change); err != nil {
			return err
		}
		return r.report(ctx, tx, s.Image.TaskID, glance.TaskSuccess, "")
	})
	if err == nil || unlessGone(err) != nil {
		return err
	}
	return r.tell(ctx, s.Image.TaskID, glance.TaskFailure, said(err))
}
