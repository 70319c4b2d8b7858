package catalog

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// CreateRegion makes a region; its id may be given.
func (m *Manager) CreateRegion(ctx context.Context, r keystone.Region) (keystone.Region, error) {
	if r.ID == "" {
		r.ID = keystone.NewID()
	}
	return r, keystone.Named("create region", r.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := rooted(ctx, tx, r); err != nil {
			return err
		}
		if err := tx.InsertRegion(ctx, r); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.region.created", r)
	}))
}

// UpdateRegion changes a region.
func (m *Manager) UpdateRegion(ctx context.Context, id string, change keystone.RegionChange) (r keystone.Region, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if r, err = tx.Region(ctx, id); err != nil {
			return err
		}
		change.Apply(&r)
		if err := rooted(ctx, tx, r); err != nil {
			return err
		}
		if err := tx.UpdateRegion(ctx, r); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.region.updated", r)
	})
	return r, keystone.Named("update region", id, err)
}

// DeleteRegion deletes a region and those in it, unless one has endpoints.
func (m *Manager) DeleteRegion(ctx context.Context, id string) error {
	return keystone.Named("delete region", id, m.Tx(ctx, func(tx *db.Tx) error {
		r, err := tx.Region(ctx, id)
		if err != nil {
			return err
		}
		if err := prune(ctx, tx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.region.deleted", r)
	}))
}

// prune deletes a region and those in it.
func prune(ctx context.Context, tx *db.Tx, id string) error {
	used, err := tx.Endpoints(ctx, keystone.Query{}.And("region_id", id))
	if err != nil {
		return err
	}
	if len(used) > 0 {
		return fault.New(fault.Forbidden, "RegionDeletionError",
			"Unable to delete region %s because it or its child regions have associated endpoints.", id)
	}
	children, err := tx.Regions(ctx, keystone.Query{}.And("parent_id", id))
	if err != nil {
		return err
	}
	for _, c := range children {
		if err := prune(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	return tx.DeleteRegion(ctx, id)
}

// rooted asks that the regions above one are there and do not come back to it.
func rooted(ctx context.Context, tx *db.Tx, r keystone.Region) error {
	for at := r.ParentID; at != ""; {
		if at == r.ID {
			return fault.New(fault.Invalid, "CircularRegionHierarchyError",
				"The specified parent region %s would create a circular region hierarchy.", r.ParentID)
		}
		parent, err := tx.Region(ctx, at)
		if err != nil {
			return err
		}
		at = parent.ParentID
	}
	return nil
}
