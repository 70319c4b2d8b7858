package registry

import (
	"context"
	"strings"

	"cumulet/glance"
	"cumulet/glance/db"
)

// ListDoomed lists bits of deleted images that still lie in a store.
func (r *Registry) ListDoomed(ctx context.Context, m glance.ListDoomed) ([]glance.Location, error) {
	return r.DB.Doomed(ctx, m.Limit)
}

// ForgetLocation is told that the bits of a deleted image are gone.
func (r *Registry) ForgetLocation(ctx context.Context, m glance.ForgetLocation) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error { return tx.DeleteLocation(ctx, m.Location) })
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
