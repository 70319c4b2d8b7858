package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
)

// ListDoomed lists bits of deleted images that still lie in a store.
func (r *Registry) ListDoomed(ctx context.Context, m glance.ListDoomed) ([]glance.Location, error) {
	return r.DB.Doomed(ctx, m.Store, r.Now(), m.Limit)
}

// ForgetLocation is told that the bits of a deleted image are gone.
func (r *Registry) ForgetLocation(ctx context.Context, m glance.ForgetLocation) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error { return tx.DeleteLocation(ctx, m.Location, r.Now()) })
}

// FindOrphans tells which keys of a store neither an image nor an upload knows. A key of an image that this registry never
// had is no orphan but another cloud's, which keeps its bits in the same place.
func (r *Registry) FindOrphans(ctx context.Context, m glance.FindOrphans) ([]string, error) {
	known, err := r.DB.KnownKeys(ctx, m.Store, m.Keys)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(m.Keys))
	for n, key := range m.Keys {
		ids[n], _, _ = strings.Cut(key, ".") // as BeginUpload makes keys
	}
	ours, err := r.DB.KnownImages(ctx, ids)
	if err != nil {
		return nil, err
	}
	orphans := []string{}
	for n, key := range m.Keys {
		if ours[ids[n]] && !known[key] {
			orphans = append(orphans, key)
		}
	}
	return orphans, nil
}

// DeleteFromStore dooms the bits that an image has in one store, and tells where they lie. An image is not left without any.
// As glance/api/v2/images.py, delete_from_store.
func (r *Registry) DeleteFromStore(ctx context.Context, m glance.DeleteFromStore) ([]glance.Location, error) {
	var gone []glance.Location
	_, err := r.change(ctx, m.Caller, m.ID, "image.update", func(tx *db.Tx, i *glance.Image) error {
		if i.Status != glance.Active {
			return glance.Conflict("It's not allowed to remove image data from store if image status is not 'active'")
		}
		if len(i.Locations) == 1 {
			return glance.Forbidden("Cannot delete image data from the only store containing it. Consider deleting the image instead.")
		}
		if err := free(*i); err != nil {
			return err
		}
		n := slices.IndexFunc(i.Locations, func(l glance.Location) bool { return l.Store == m.Store })
		if n < 0 {
			return fault.New(fault.NotFound, "Invalid", "Image %s is not stored in store %s.", i.ID, m.Store)
		}
		due := r.due()
		if due == nil {
			gone = []glance.Location{i.Locations[n]}
		}
		l := i.Locations[n]
		i.Locations = slices.Delete(i.Locations, n, n+1)
		return tx.DoomLocation(ctx, i.ID, l, due)
	})
	return gone, err
}

// relocate does a change of where an image's bits lie. Bits are taken from no place that nobody has looked at.
func (r *Registry) relocate(ctx context.Context, tx *db.Tx, i *glance.Image, c glance.Change) error {
	if err := free(*i); err != nil {
		return err
	}
	before, was := i.Locations, i.Status
	for _, claim := range c.Claims {
		if claim.Found == nil && !slices.Contains(before, claim.Location) {
			return fmt.Errorf("nobody has looked at the bits of image %q in store %q", i.ID, claim.Location.Store)
		}
	}
	if err := i.Relocate(c); err != nil {
		return err
	}
	if len(i.Locations) > len(before) {
		if err := r.Limits.Holds(*i); err != nil {
			return err
		}
	}
	if err := r.place(ctx, tx, *i, before); err != nil {
		return err
	}
	if was == i.Status {
		return nil
	}
	return tx.Record(ctx, "image.activate", *i)
}

// place writes down where an image's bits lie that lay elsewhere before.
func (r *Registry) place(ctx context.Context, tx *db.Tx, i glance.Image, before []glance.Location) error {
	for _, l := range before {
		if slices.Contains(i.Locations, l) {
			continue
		}
		if err := tx.DoomLocation(ctx, i.ID, l, r.due()); err != nil {
			return err
		}
	}
	for n, l := range i.Locations {
		if slices.Contains(before, l) {
			continue
		}
		if err := tx.InsertLocation(ctx, i.ID, l, n); err != nil {
			return err
		}
	}
	return tx.OrderLocations(ctx, i.ID, i.Locations)
}

// free refuses to change where the bits of an image lie while an import does so, which may come to take back all that is left.
func free(i glance.Image) error {
	if _, taken := i.Properties[glance.ImportTaskID]; taken {
		return glance.Conflict("New operation on image '%s' is not permitted as prior operation is still in progress", i.ID)
	}
	return nil
}

// due is when bits may go that are doomed now; nil is at once.
func (r *Registry) due() *time.Time {
	if !r.DelayedDelete {
		return nil
	}
	at := r.Now().Add(r.ScrubTime).UTC()
	return &at
}
