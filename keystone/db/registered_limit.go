package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type registeredLimitRow struct {
	bun.BaseModel `bun:"table:registered_limit,alias:t"`
	keystone.RegisteredLimit
}

// RegisteredLimit is the registered limit of an id.
func (r rows) RegisteredLimit(ctx context.Context, id string) (keystone.RegisteredLimit, error) {
	var found registeredLimitRow
	err := r.IDB.NewSelect().Model(&found).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.RegisteredLimitNotFound(id)
	}
	return found.RegisteredLimit, err
}

// RegisteredLimits lists registered limits by service_id, region_id and resource_name.
func (r rows) RegisteredLimits(ctx context.Context, q keystone.Query) ([]keystone.RegisteredLimit, error) {
	var found []registeredLimitRow
	err := r.list(ctx, &found, q, "id", "service_id", "region_id", "resource_name")
	return registeredLimitsOf(found), err
}

// RegisteredLimitsByID lists the registered limits of ids.
func (r rows) RegisteredLimitsByID(ctx context.Context, ids []string) ([]keystone.RegisteredLimit, error) {
	var found []registeredLimitRow
	err := r.IDB.NewSelect().Model(&found).Where("id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return registeredLimitsOf(found), err
}

// RegisteredLimitsOf lists what is registered of resources of some services, by their names: at least those asked for.
func (r rows) RegisteredLimitsOf(ctx context.Context, services, names []string) ([]keystone.RegisteredLimit, error) {
	var found []registeredLimitRow
	err := r.IDB.NewSelect().Model(&found).
		Where("service_id IN (?)", bun.In(services)).Where("resource_name IN (?)", bun.In(names)).OrderExpr("id").Scan(ctx)
	return registeredLimitsOf(found), err
}

func registeredLimitsOf(found []registeredLimitRow) []keystone.RegisteredLimit {
	limits := make([]keystone.RegisteredLimit, len(found))
	for i, row := range found {
		limits[i] = row.RegisteredLimit
	}
	return limits
}

// InsertRegisteredLimits writes new registered limits.
func (t *Tx) InsertRegisteredLimits(ctx context.Context, limits []keystone.RegisteredLimit) error {
	all := make([]registeredLimitRow, len(limits))
	for i, l := range limits {
		all[i].RegisteredLimit = l
	}
	return t.insert(ctx, &all, keystone.Conflict("registered_limit", "Duplicate entry"))
}

// UpdateRegisteredLimit writes a registered limit.
func (t *Tx) UpdateRegisteredLimit(ctx context.Context, l keystone.RegisteredLimit) error {
	return t.update(ctx, l.ID, &registeredLimitRow{RegisteredLimit: l}, keystone.Conflict("registered_limit", "Duplicate entry"))
}

// DeleteRegisteredLimit deletes a registered limit.
func (t *Tx) DeleteRegisteredLimit(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*registeredLimitRow)(nil), "id = ?", id)
	return err
}
