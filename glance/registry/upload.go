package registry

import (
	"context"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
)

// BeginUpload gives the right to bring an image's bits, to a store or the staging area. Of two who ask, the second is refused.
func (r *Registry) BeginUpload(ctx context.Context, m glance.BeginUpload) (glance.Upload, error) {
	u := glance.Upload{Token: r.NewID(), Renew: r.Lease / 4}
	becomes, event, fills := glance.Saving, "image.prepare", glance.ImageSizeTotal
	if m.Store == glance.StagingStore {
		becomes, event, fills = glance.Uploading, "image.update", glance.ImageStageTotal
	}
	allowed, err := r.allowance(ctx, m.Caller)
	if err != nil {
		return glance.Upload{}, err
	}
	image, err := r.change(ctx, m.Caller, m.ID, event, func(tx *db.Tx, i *glance.Image) error {
		// How much will come is not known: who has room for a byte has it for a whole image, as upstream.
		if err := allowed.admit(ctx, tx, claim{fills, 0, 0}); err != nil {
			return err
		}
		if err := i.Become(becomes); err != nil {
			return err
		}
		if err := allowed.admit(ctx, tx, claim{glance.ImageCountUploading, 1, 0}); err != nil {
			return err
		}
		u.Image = *i
		u.Location = glance.Location{Store: m.Store, Key: key(u)}
		return tx.InsertUpload(ctx, u, r.Now())
	})
	u.Image = image
	return u, err
}

// RenewUpload keeps an upload alive, or says that it must end.
func (r *Registry) RenewUpload(ctx context.Context, m glance.RenewUpload) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		held, err := tx.RenewUpload(ctx, m.ID, m.Token, r.Now())
		if err != nil {
			return err
		}
		if !held {
			return glance.Gone(m.ID)
		}
		return r.copied(ctx, tx, m)
	})
}

// copied tells the task of an import how far it is.
func (r *Registry) copied(ctx context.Context, tx *db.Tx, m glance.RenewUpload) error {
	if m.Copied == 0 {
		return nil
	}
	i, err := tx.Image(ctx, m.ID, "")
	if err != nil {
		return err
	}
	id, importing := i.Properties[glance.ImportTaskID]
	if !importing {
		return nil
	}
	return r.report(ctx, tx, id, glance.TaskProcessing, fmt.Sprintf("Copied %d MiB", m.Copied>>20))
}

// key is where an upload's bits go. It is this upload's alone, so that one taken for dead cannot write over its successor.
func key(u glance.Upload) string { return u.Image.ID + "." + u.Token[:8] }

// FinishUpload makes the image active with the bits that have come.
func (r *Registry) FinishUpload(ctx context.Context, m glance.FinishUpload) (glance.Image, error) {
	var image glance.Image
	err := r.end(ctx, m.ID, m.Token, func(tx *db.Tx, i *glance.Image, u glance.Upload) error {
		if err := i.Become(glance.Active); err != nil {
			return err
		}
		i.Fill(m.Bits)
		i.Locations = []glance.Location{u.Location}
		if err := tx.InsertLocation(ctx, i.ID, u.Location, 0); err != nil {
			return err
		}
		image = *i
		return tx.Record(ctx, "image.upload", *i)
	}, "image.activate")
	return image, err
}

// AbortUpload queues the image again. An upload that is none any more is no error: what was wanted is so.
func (r *Registry) AbortUpload(ctx context.Context, m glance.AbortUpload) error {
	err := r.end(ctx, m.ID, m.Token, func(_ *db.Tx, i *glance.Image, _ glance.Upload) error {
		if i.Status != glance.Saving && i.Status != glance.Uploading { // it is an import's
			return nil
		}
		return i.Become(glance.Queued)
	}, "image.update")
	if f := glance.Gone(m.ID); err != nil && isFault(err, f.Name) {
		return nil
	}
	return err
}

// end takes the upload's right back and changes its image.
func (r *Registry) end(ctx context.Context, id, token string, do func(*db.Tx, *glance.Image, glance.Upload) error, event string) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		u, held, err := tx.Upload(ctx, id, token)
		if err != nil {
			return fmt.Errorf("read upload of image %q: %w", id, err)
		}
		if !held {
			return glance.Gone(id)
		}
		_, err = r.changeIn(ctx, tx, glance.Caller{Admin: true}, id, event, func(tx *db.Tx, i *glance.Image) error {
			if err := do(tx, i, u); err != nil {
				return err
			}
			return tx.DeleteUpload(ctx, id)
		})
		return err
	})
}
