package registry

import (
	"context"
	"fmt"
	"strings"

	"cumulet/glance"
	"cumulet/glance/db"
)

// CreateImage registers an image without bits.
func (r *Registry) CreateImage(ctx context.Context, m glance.CreateImage) (glance.Image, error) {
	ctx = r.under(ctx, m.Caller)
	i, err := r.draft(m.Image)
	if err != nil {
		return glance.Image{}, err
	}
	allowed, err := r.allowance(ctx, m.Caller)
	if err != nil {
		return glance.Image{}, err
	}
	err = r.DB.Tx(ctx, func(tx *db.Tx) error { return r.register(ctx, tx, allowed, i) })
	if err != nil {
		return glance.Image{}, fmt.Errorf("create image %q: %w", i.ID, err)
	}
	return i, nil
}

// draft is an image as it is registered.
func (r *Registry) draft(i glance.Image) (glance.Image, error) {
	if i.ID == "" {
		i.ID = r.NewID()
	}
	// SQLite compares text byte by byte: one form of an id.
	i.ID = strings.ToLower(i.ID)
	i.Status, i.CreatedAt = glance.Queued, r.Now()
	i.UpdatedAt = i.CreatedAt
	i.Locations = []glance.Location{}
	i.SetTags(i.Tags)
	if i.Properties == nil {
		i.Properties = map[string]string{}
	}
	return i, r.fits(i)
}

// register inserts a new image.
func (r *Registry) register(ctx context.Context, tx *db.Tx, allowed allowance, i glance.Image) error {
	if err := allowed.admit(ctx, tx, claim{glance.ImageCountTotal, 0, 1}); err != nil {
		return err
	}
	if err := tx.InsertImage(ctx, i); err != nil {
		return err
	}
	return tx.Record(ctx, "image.create", i)
}

// fits checks an image against what one image may carry.
func (r *Registry) fits(i glance.Image) error {
	if n := i.OwnProperties(); r.Limits.Properties >= 0 && n > r.Limits.Properties {
		return glance.OverLimit("properties", n, r.Limits.Properties)
	}
	if n := len(i.Tags); r.Limits.Tags >= 0 && n > r.Limits.Tags {
		return glance.OverLimit("tags", n, r.Limits.Tags)
	}
	if i.MinDiskGiB < 0 {
		return negative("min_disk", i.MinDiskGiB)
	}
	if i.MinRAMMiB < 0 {
		return negative("min_ram", i.MinRAMMiB)
	}
	return nil
}

func negative(name string, value int) error {
	return glance.Invalid("Invalid value '%d' for parameter '%s': Cannot be a negative value", value, name)
}

// ShowImage reads one image.
func (r *Registry) ShowImage(ctx context.Context, m glance.ShowImage) (glance.Image, error) {
	return seen(ctx, r.DB, m.Caller, m.ID)
}

// ListImages reads a page of the images that the caller may see.
func (r *Registry) ListImages(ctx context.Context, m glance.ListImages) ([]glance.Image, error) {
	if m.Filter.Marker != "" {
		if _, err := seen(ctx, r.DB, m.Caller, m.Filter.Marker); err != nil {
			return nil, glance.Invalid("No image found with ID %s", m.Filter.Marker).Because(err)
		}
	}
	return r.DB.Images(ctx, m.Caller, m.Filter)
}

// UpdateImage applies a patch, all of it or nothing.
func (r *Registry) UpdateImage(ctx context.Context, m glance.UpdateImage) (glance.Image, error) {
	return r.change(ctx, m.Caller, m.ID, "image.update", func(tx *db.Tx, i *glance.Image) error {
		for _, c := range m.Changes {
			change := func() error { return r.apply(m.Caller, i, c) }
			if c.Name == glance.Locations {
				change = func() error { return r.relocate(ctx, tx, i, c) }
			}
			if err := change(); err != nil {
				return err
			}
		}
		return r.fits(*i)
	})
}

// TagImage adds a tag or takes it off.
func (r *Registry) TagImage(ctx context.Context, m glance.TagImage) (glance.Image, error) {
	return r.change(ctx, m.Caller, m.ID, "image.update", func(_ *db.Tx, i *glance.Image) error {
		if !m.Remove {
			i.SetTags(append(i.Tags, m.Tag))
			return r.fits(*i)
		}
		kept := []string{}
		for _, tag := range i.Tags {
			if tag != m.Tag {
				kept = append(kept, tag)
			}
		}
		if len(kept) == len(i.Tags) {
			return noSuchTag()
		}
		i.Tags = kept
		return nil
	})
}

// ActivateImage deactivates an image or gives it back; doing so twice changes nothing.
func (r *Registry) ActivateImage(ctx context.Context, m glance.ActivateImage) (glance.Image, error) {
	ctx = r.under(ctx, m.Caller)
	verb, from, to, event := "deactivate", glance.Active, glance.Deactivated, "image.deactivate"
	if m.Active {
		verb, from, to, event = "reactivate", glance.Deactivated, glance.Active, "image.reactivate"
	}
	return r.change(ctx, m.Caller, m.ID, event, func(_ *db.Tx, i *glance.Image) error {
		switch i.Status {
		case to:
			return nil
		case from:
			return i.Become(to)
		}
		return glance.Forbidden("Not allowed to %s image in status '%s'", verb, i.Status)
	})
}

// DeleteImage deletes an image and tells where bits of it lie that are to go at once. Where deleting is delayed those of its
// locations are not among them: the image is nobody's any more, but pending_delete until the scrubber has removed them.
func (r *Registry) DeleteImage(ctx context.Context, m glance.DeleteImage) ([]glance.Location, error) {
	var locations []glance.Location
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		image, err := seen(ctx, tx, m.Caller, m.ID)
		if err != nil {
			return err
		}
		if image.Protected {
			return glance.Forbidden("Image %s is protected and cannot be deleted.", image.ID)
		}
		due, becomes := r.due(), glance.Deleted
		if due != nil && image.Status == glance.Active && len(image.Locations) > 0 {
			becomes = glance.PendingDelete
		}
		if err := image.Become(becomes); err != nil {
			return err
		}
		if due == nil {
			locations = image.Locations
		}
		staged, err := tx.Staged(ctx, image.ID)
		if err != nil {
			return err
		}
		if staged != nil {
			locations = append(locations, staged.Location())
		}
		if err := tx.DeleteImage(ctx, image, r.Now(), due); err != nil {
			return err
		}
		return tx.Record(ctx, "image.delete", image)
	})
	return locations, err
}
