package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// Flows are the operations that registries run.
func (r *Registry) Flows() []flow.Definition {
	return []flow.Definition{flow.Define(r.importFlow()), flow.Define(r.locationFlow())}
}

// importFlow brings bits to the staging area, if they are not there, and from there to each store. As
// glance/async_/flows/api_image_import.py, get_flow; a copy goes from store to store.
func (r *Registry) importFlow() flow.Flow[importState] {
	return flow.Flow[importState]{
		Name: importFlow,
		Steps: []flow.Step[importState]{
			{Name: "fetch", Do: r.fetch, Undo: r.unstage, Deadline: r.ImportDeadline, Tries: 3},
			{Name: "process", Do: r.process, Deadline: r.ImportDeadline, Tries: 3}, // what it made is undone by fetch, and by failed
			{Name: "deliver", Do: r.deliver, Undo: r.takeBack, Deadline: r.ImportDeadline, Tries: 3},
			{Name: "tidy", Do: r.tidy, Tries: 5},
			{Name: "finish", Do: r.finishImport, Tries: 5},
		},
		Failed: r.importFailed,
	}
}

// alter changes the image of an import. One that was deleted meanwhile is a fault of kind not-found.
func (r *Registry) alter(ctx context.Context, s *importState, event string, do func(tx *db.Tx, i *glance.Image) error) error {
	_, err := r.change(ctx, glance.Caller{Admin: true}, s.ImageID, event, func(tx *db.Tx, i *glance.Image) error {
		if i.Properties[glance.ImportTaskID] != s.TaskID {
			return importLost(i.ID)
		}
		return do(tx, i)
	})
	return err
}

// importLost is an image that an import had once.
func importLost(id string) *fault.Fault {
	return fault.New(fault.Conflict, "ImportLost", "Image %s is not this import's any more.", id)
}

// fetch brings the bits to the staging area, where that is the method.
func (r *Registry) fetch(ctx context.Context, s *importState) error {
	err := r.tell(ctx, s.TaskID, glance.TaskProcessing, "")
	if err != nil || s.Staged != nil || s.Import.Method != glance.WebDownload {
		return err
	}
	from := glance.Source{URL: s.Import.URI}
	s.Failed = s.Import.Stores // unless it succeeds, as glance/async_/flows/_internal_plugins/base_download.py, revert
	err = r.bring(ctx, s, glance.StagingStore, messaging.Topic(glance.TransferTopic), from, "image.update",
		func(tx *db.Tx, i *glance.Image, u glance.Upload, b glance.Brought) error {
			s.Staged = &glance.Staged{Host: b.Host, Key: u.Location.Key, Size: b.Bits.Size}
			i.Size = &s.Staged.Size
			return tx.ReplaceStaged(ctx, i.ID, *s.Staged)
		})
	if err == nil {
		s.Failed = nil
	}
	return err
}

// unstage removes what the import has in the staging area.
func (r *Registry) unstage(ctx context.Context, s *importState) error {
	if err := r.DB.Tx(ctx, func(tx *db.Tx) error { return tx.DeleteStaged(ctx, s.ImageID) }); err != nil {
		return err
	}
	if s.Staged != nil {
		r.drop(ctx, *s.Staged)
	}
	return nil
}

// deliver brings the bits to the stores, one after the other. A store that has them is done: this may be the second try.
func (r *Registry) deliver(ctx context.Context, s *importState) error {
	var failed error
	for n, name := range s.Import.Stores {
		i, err := r.DB.Image(ctx, s.ImageID, "")
		if err != nil {
			return err
		}
		if i.In(name) {
			continue
		}
		usable := n == len(s.Import.Stores)-1 || !s.Import.AllMustSucceed
		err = r.deliverTo(ctx, s, i, name, usable)
		switch {
		case err == nil:
		case ctx.Err() != nil, isFault(err, glance.NotFound("").Name):
			return err // it stops, or the image is gone
		case s.Import.AllMustSucceed:
			s.Failed = []string{name}
			return err
		default:
			failed = errors.Join(failed, err)
			if err := r.alter(ctx, s, "image.update", func(_ *db.Tx, i *glance.Image) error { failedIn(i, name); return nil }); err != nil {
				return err
			}
		}
	}
	i, err := r.DB.Image(ctx, s.ImageID, "")
	if err == nil && i.Status == glance.Importing { // once it is active it may be deactivated at any time
		return glance.Conflict("None of the uploads finished!").Because(failed)
	}
	return err
}

// tidy removes what lies in the staging area once the bits are delivered. What cannot be removed is the scrubber's.
func (r *Registry) tidy(ctx context.Context, s *importState) error {
	s.Delivered = true
	return r.unstage(ctx, s)
}

// failedIn notes that a store did not get an image.
func failedIn(i *glance.Image, name string) {
	i.Unlist(glance.ImportingStores, name)
	i.SetList(glance.FailedStores, append(i.List(glance.FailedStores), name))
}

// deliverTo brings the bits of an image to one store; usable tells that it may be used from then on.
func (r *Registry) deliverTo(ctx context.Context, s *importState, i glance.Image, name string, usable bool) error {
	from, to := glance.Source{Locations: i.Locations, Size: i.Size}, messaging.Topic(glance.TransferTopic)
	if s.Staged != nil {
		from, to = glance.Source{Locations: []glance.Location{s.Staged.Location()}, Size: &s.Staged.Size}, to.On(s.Staged.Host)
	}
	event := "image.update"
	if usable && s.Import.Method != glance.CopyImage {
		event = "image.activate"
	}
	return r.bring(ctx, s, name, to, from, event, func(tx *db.Tx, i *glance.Image, u glance.Upload, b glance.Brought) error {
		if i.DiskFormat != u.Image.DiskFormat || i.ContainerFormat != u.Image.ContainerFormat {
			return glance.Conflict("The formats of image %s were changed while its bits came: they were held against the old ones.", i.ID)
		}
		if len(i.Locations) > 0 && i.HashValue != "" && i.HashValue != b.Bits.HashValue {
			return glance.Conflict("The bits of image %s are not those that it had.", i.ID)
		}
		if err := tx.InsertLocation(ctx, i.ID, u.Location, len(i.Locations)); err != nil {
			return err
		}
		if len(i.Locations) == 0 {
			i.Fill(b.Bits)
		}
		i.Locations = append(i.Locations, u.Location)
		i.Unlist(glance.ImportingStores, name)
		if !usable || i.Status != glance.Importing {
			return nil
		}
		if err := i.Become(glance.Active); err != nil {
			return err
		}
		return tx.Record(ctx, "image.upload", *i)
	})
}

// kept is what a step notes of bits that have come, in the transaction that ends their upload.
type kept func(tx *db.Tx, i *glance.Image, u glance.Upload, b glance.Brought) error

// bring has a glance-api host bring bits to a store, and notes them.
func (r *Registry) bring(ctx context.Context, s *importState, store string, to messaging.Target, from glance.Source, event string, keep kept) error {
	return r.holding(ctx, s, store, event, func(ctx context.Context, u glance.Upload) (note, error) {
		brought, err := messaging.Call[glance.Brought](ctx, r.Bus, to, glance.BringBits{Upload: u, From: from})
		return func(tx *db.Tx, i *glance.Image) error { return keep(tx, i, u, brought) }, err
	})
}

// note is what is written of work that is done, in the transaction that ends the right to it.
type note func(tx *db.Tx, i *glance.Image) error

// holding has work done under the right to bring bits to a store. Whatever an earlier try began loses its right.
func (r *Registry) holding(
	ctx context.Context, s *importState, store, event string, work func(context.Context, glance.Upload) (note, error),
) error {
	u := glance.Upload{Token: r.NewID(), Renew: r.Lease / 4}
	err := r.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if u.Image, err = tx.Image(ctx, s.ImageID, ""); err != nil {
			return err
		}
		u.Location = glance.Location{Store: store, Key: key(u)}
		if err := tx.DeleteUpload(ctx, s.ImageID); err != nil {
			return err
		}
		return tx.InsertUpload(ctx, u, r.Now())
	})
	if err != nil {
		return err
	}
	done, err := work(ctx, u)
	if err == nil {
		err = r.alter(ctx, s, event, func(tx *db.Tx, i *glance.Image) error {
			_, held, err := tx.Upload(ctx, i.ID, u.Token)
			if err != nil {
				return err
			}
			if !held {
				return fmt.Errorf("the upload of image %q to store %q was taken for dead", i.ID, store)
			}
			return errors.Join(tx.DeleteUpload(ctx, i.ID), done(tx, i))
		})
	}
	if err != nil {
		return errors.Join(err, r.giveUp(context.WithoutCancel(ctx), u))
	}
	return nil
}

// giveUp ends the right to bring bits. Who brings them finds its renewal refused, and what has come is nobody's.
func (r *Registry) giveUp(ctx context.Context, u glance.Upload) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		_, held, err := tx.Upload(ctx, u.Image.ID, u.Token)
		if err != nil || !held {
			return err
		}
		return tx.DeleteUpload(ctx, u.Image.ID)
	})
}

// takeBack removes what the import brought to stores: all of an image that had nothing, and the copies of one that had. What is
// delivered, or usable though not everywhere, is not taken back: the image is in use.
func (r *Registry) takeBack(ctx context.Context, s *importState) error {
	if s.Delivered {
		return nil
	}
	err := r.alter(ctx, s, "image.update", func(tx *db.Tx, i *glance.Image) error {
		if !s.Import.AllMustSucceed && i.Status != glance.Importing {
			return tx.DeleteUpload(ctx, i.ID)
		}
		left := []glance.Location{}
		for _, l := range i.Locations {
			if !slices.Contains(s.Import.Stores, l.Store) {
				left = append(left, l)
				continue
			}
			if err := tx.DoomLocation(ctx, i.ID, l, nil); err != nil {
				return err
			}
		}
		if i.Locations = left; len(left) == 0 {
			i.Size, i.VirtualSize, i.Checksum, i.HashAlgo, i.HashValue = nil, nil, "", "", ""
		}
		return tx.DeleteUpload(ctx, i.ID)
	})
	return unlessGone(err)
}

// finishImport gives the image back to everybody.
func (r *Registry) finishImport(ctx context.Context, s *importState) error {
	return r.endImport(ctx, s, glance.TaskSuccess, "", func(*glance.Image) error { return nil })
}

// importFailed queues the image again and tells why in the task. A copied image stays as it was, and one that has its bits is done.
func (r *Registry) importFailed(ctx context.Context, s *importState, why error) error {
	if s.Delivered {
		return r.finishImport(ctx, s)
	}
	return r.endImport(ctx, s, glance.TaskFailure, said(why), func(i *glance.Image) error {
		for _, name := range s.Failed {
			failedIn(i, name)
		}
		if s.Import.Method == glance.CopyImage {
			return nil
		}
		if i.Status != glance.Importing && len(i.Locations) > 0 { // it is used
			return nil
		}
		s.Before.restore(i, s.Handling.Properties)
		if i.Status == glance.Queued { // by the end of its staging
			return nil
		}
		i.Status = glance.Importing // or active, by a store before the one that undid it
		return i.Become(glance.Queued)
	})
}

// endImport lets go of the image and ends the task. An image that is the import's no more was let go by a try before, or deleted.
func (r *Registry) endImport(ctx context.Context, s *importState, status glance.TaskStatus, message string, do func(*glance.Image) error) error {
	err := r.alter(ctx, s, "image.update", func(tx *db.Tx, i *glance.Image) error {
		delete(i.Properties, glance.ImportTaskID)
		if _, told := i.Properties[glance.ImportingStores]; told {
			i.SetList(glance.ImportingStores, nil)
		}
		if err := do(i); err != nil {
			return err
		}
		return r.report(ctx, tx, s.TaskID, status, message)
	})
	if err == nil || unlessGone(err) != nil {
		return err
	}
	return r.tell(ctx, s.TaskID, status, message)
}

// said is what users are told of why an import failed. What is no fault tells them nothing.
func said(why error) string {
	if f := fault.Of(why); f != nil {
		return f.Text
	}
	return "Task failed due to Internal Error" // as glance/async_/taskflow_executor.py, TaskExecutor._run
}

// unlessGone passes over an image that was deleted, or is another import's.
func unlessGone(err error) error {
	if fault.Is(err, fault.NotFound) || isFault(err, importLost("").Name) {
		return nil
	}
	return err
}
