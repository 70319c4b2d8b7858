package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type regionRow struct {
	bun.BaseModel `bun:"table:region,alias:t"`
	keystone.Region
}

// Region is the region of an id.
func (r rows) Region(ctx context.Context, id string) (keystone.Region, error) {
	var found regionRow
	err := r.find(ctx, &found, "region", id, "id = ?", id)
	return found.Region, err
}

// Regions lists regions by parent_id.
func (r rows) Regions(ctx context.Context, q keystone.Query) ([]keystone.Region, error) {
	var found []regionRow
	err := r.list(ctx, &found, q, "id", "parent_id")
	return regionsOf(found), err
}

// RegionsByID lists the regions of ids.
func (r rows) RegionsByID(ctx context.Context, ids []string) ([]keystone.Region, error) {
	var found []regionRow
	err := r.IDB.NewSelect().Model(&found).Where("id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return regionsOf(found), err
}

func regionsOf(found []regionRow) []keystone.Region {
	regions := make([]keystone.Region, len(found))
	for i, row := range found {
		regions[i] = row.Region
	}
	return regions
}

// InsertRegion writes a new region.
func (t *Tx) InsertRegion(ctx context.Context, r keystone.Region) error {
	return t.insert(ctx, &regionRow{Region: r}, keystone.Conflict("region", "Duplicate ID, "+r.ID+"."))
}

// UpdateRegion writes a region.
func (t *Tx) UpdateRegion(ctx context.Context, r keystone.Region) error {
	return t.update(ctx, r.ID, &regionRow{Region: r}, nil)
}

// DeleteRegion deletes a region, and what policies were for services in it.
func (t *Tx) DeleteRegion(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*policyAssociationRow)(nil), "region_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*regionRow)(nil), "id = ?", id)
	return err
}
