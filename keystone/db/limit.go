package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type limitRow struct {
	bun.BaseModel `bun:"table:limit,alias:t"`
	keystone.Limit
}

// limitAttributes are those that a list of limits may be narrowed by.
var limitAttributes = []string{"id", "registered_limit_id", "project_id", "domain_id", "service_id", "region_id", "resource_name"}

// Limit is the limit of an id.
func (r rows) Limit(ctx context.Context, id string) (keystone.Limit, error) {
	var found limitRow
	err := r.IDB.NewSelect().Model(&found).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.LimitNotFound(id)
	}
	return found.Limit, err
}

// Limits lists limits by registered_limit_id, project_id, domain_id, service_id, region_id and resource_name.
func (r rows) Limits(ctx context.Context, q keystone.Query) ([]keystone.Limit, error) {
	var found []limitRow
	err := r.list(ctx, &found, q, limitAttributes...)
	return limitsOf(found), err
}

// LimitsInDomain is Limits of a domain and of the projects in it.
func (r rows) LimitsInDomain(ctx context.Context, domainID string, q keystone.Query) ([]keystone.Limit, error) {
	var found []limitRow
	in := r.IDB.NewSelect().Model((*projectRow)(nil)).Column("id").Where("domain_id = ?", domainID)
	s := r.IDB.NewSelect().Model(&found).Where("domain_id = ? OR project_id IN (?)", domainID, in)
	err := narrowed(s, q, limitAttributes...).Scan(ctx)
	return limitsOf(found), err
}

// LimitsByProject lists the limits of projects.
func (r rows) LimitsByProject(ctx context.Context, ids []string) ([]keystone.Limit, error) {
	var found []limitRow
	err := r.IDB.NewSelect().Model(&found).Where("project_id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return limitsOf(found), err
}

// LimitsOfDomains lists the limits that domains themselves have instead of registered ones.
func (r rows) LimitsOfDomains(ctx context.Context, domains, registered []string) ([]keystone.Limit, error) {
	var found []limitRow
	err := r.IDB.NewSelect().Model(&found).
		Where("domain_id IN (?)", bun.In(domains)).Where("registered_limit_id IN (?)", bun.In(registered)).OrderExpr("id").Scan(ctx)
	return limitsOf(found), err
}

// HighestLimits tells how high the limits of a domain's projects go: for each of the domains and registered limits that has any, a
// limit of that height with these two ids.
func (r rows) HighestLimits(ctx context.Context, domains, registered []string) ([]keystone.Limit, error) {
	var found []limitRow
	err := r.IDB.NewSelect().Model(&found).Join("JOIN project AS p ON p.id = t.project_id").
		ColumnExpr("p.domain_id, t.registered_limit_id, MAX(t.resource_limit) AS resource_limit").
		Where("p.domain_id IN (?)", bun.In(domains)).Where("t.registered_limit_id IN (?)", bun.In(registered)).
		GroupExpr("p.domain_id, t.registered_limit_id").Scan(ctx)
	return limitsOf(found), err
}

func limitsOf(found []limitRow) []keystone.Limit {
	limits := make([]keystone.Limit, len(found))
	for i, row := range found {
		limits[i] = row.Limit
	}
	return limits
}

// InsertLimits writes new limits.
func (t *Tx) InsertLimits(ctx context.Context, limits []keystone.Limit) error {
	all := make([]limitRow, len(limits))
	for i, l := range limits {
		all[i].Limit = l
	}
	return t.insert(ctx, &all, keystone.Conflict("limit", "Duplicate entry"))
}

// UpdateLimit writes a limit.
func (t *Tx) UpdateLimit(ctx context.Context, l keystone.Limit) error {
	return t.update(ctx, l.ID, &limitRow{Limit: l}, nil)
}

// DeleteLimit deletes a limit.
func (t *Tx) DeleteLimit(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*limitRow)(nil), "id = ?", id)
	return err
}
