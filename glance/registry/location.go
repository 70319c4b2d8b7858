package registry

import (
	"context"

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

// FindOrphans tells which keys of a store neither an image nor an upload knows.
func (r *Registry) FindOrphans(ctx context.Context, m glance.FindOrphans) ([]string, error) {
	known, err := r.DB.KnownKeys(ctx, m.Store, m.Keys)
	if err != nil {
		return nil, err
	}
	orphans := []string{}
	for _, key := range m.Keys {
		if !known[key] {
			orphans = append(orphans, key)
		}
	}
	return orphans, nil
}
