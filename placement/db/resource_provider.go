package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/placement"
)

type providerRow struct {
	bun.BaseModel        `bun:"table:resource_providers,alias:rp"`
	ID                   string `bun:",pk"`
	Name                 string
	Generation           int
	ParentID             string `bun:",nullzero"`
	RootID               string
	CreatedAt, UpdatedAt time.Time
}

func (r providerRow) noun() placement.ResourceProvider {
	return placement.ResourceProvider{
		ID: r.ID, Name: r.Name, Generation: r.Generation, ParentID: r.ParentID, RootID: r.RootID,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func providerOf(p placement.ResourceProvider) *providerRow {
	return &providerRow{
		ID: p.ID, Name: p.Name, Generation: p.Generation, ParentID: p.ParentID, RootID: p.RootID,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

// ResourceProvider is the provider of that id.
func (r rows) ResourceProvider(ctx context.Context, id string) (placement.ResourceProvider, error) {
	var row providerRow
	err := r.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	switch {
	case db.NoRows(err):
		return placement.ResourceProvider{}, placement.NoProvider(id)
	case err != nil:
		return placement.ResourceProvider{}, fmt.Errorf("read resource provider %q: %w", id, err)
	}
	return row.noun(), nil
}

// ProvidersByID gives those of the providers that exist.
func (r rows) ProvidersByID(ctx context.Context, ids []string) (map[string]placement.ResourceProvider, error) {
	var found []providerRow
	if err := in(r.NewSelect().Model(&found), "id", ids).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read resource providers: %w", err)
	}
	all := make(map[string]placement.ResourceProvider, len(found))
	for _, row := range found {
		all[row.ID] = row.noun()
	}
	return all, nil
}

// ResourceProviders lists providers, oldest first.
func (r rows) ResourceProviders(ctx context.Context, f placement.ResourceProviderFilter) ([]placement.ResourceProvider, error) {
	var found []providerRow
	q := r.NewSelect().Model(&found).OrderExpr("created_at, id")
	if f.ID != "" {
		q = q.Where("rp.id = ?", f.ID)
	}
	if f.Name != "" {
		q = q.Where("rp.name = ?", f.Name)
	}
	if f.InTree != "" {
		q = q.Where("rp.root_id = (SELECT root_id FROM resource_providers WHERE id = ?)", f.InTree)
	}
	for class, amount := range f.Resources {
		q = q.Where("EXISTS (?)", r.fits("rp.id", class, amount))
	}
	q = withTraits(q, "rp.id", f.Traits)
	q = withAggregates(q, "rp.id", f.MemberOf)
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list resource providers: %w", err)
	}
	list := make([]placement.ResourceProvider, len(found))
	for i, row := range found {
		list[i] = row.noun()
	}
	return list, nil
}

// withTraits keeps providers that have one of each required set and none that is forbidden.
func withTraits(q *bun.SelectQuery, provider string, f placement.TraitFilter) *bun.SelectQuery {
	const has = "EXISTS (SELECT 1 FROM provider_traits pt WHERE pt.provider_id = ? AND pt.trait IN (?))"
	for _, any := range f.Required {
		q = q.Where(has, bun.Ident(provider), bun.List(any))
	}
	if len(f.Forbidden) > 0 {
		q = q.Where("NOT "+has, bun.Ident(provider), bun.List(f.Forbidden))
	}
	return q
}

// withAggregates keeps members of one aggregate of each required set and of none that is forbidden.
func withAggregates(q *bun.SelectQuery, provider string, f placement.AggregateFilter) *bun.SelectQuery {
	const member = "EXISTS (SELECT 1 FROM provider_aggregates pa WHERE pa.provider_id = ? AND pa.aggregate_id IN (?))"
	for _, any := range f.Required {
		q = q.Where(member, bun.Ident(provider), bun.List(any))
	}
	if len(f.Forbidden) > 0 {
		q = q.Where("NOT "+member, bun.Ident(provider), bun.List(f.Forbidden))
	}
	return q
}

// InsertResourceProvider writes a new provider; db.Duplicate tells of a name or id that is taken.
func (t *Tx) InsertResourceProvider(ctx context.Context, p placement.ResourceProvider) error {
	_, err := t.Tx.NewInsert().Model(providerOf(p)).Exec(ctx)
	return err
}

// UpdateResourceProvider writes a provider's name, parent and root.
func (t *Tx) UpdateResourceProvider(ctx context.Context, p placement.ResourceProvider) error {
	_, err := t.Tx.NewUpdate().Model(providerOf(p)).Column("name", "parent_id", "root_id", "updated_at").WherePK().Exec(ctx)
	return err
}

// MoveTree gives providers another root.
func (t *Tx) MoveTree(ctx context.Context, ids []string, rootID string) error {
	_, err := t.Tx.NewUpdate().Table("resource_providers").Set("root_id = ?", rootID).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move providers to tree %q: %w", rootID, err)
	}
	return nil
}

// DeleteResourceProvider removes a provider with its inventories, traits and aggregates.
func (t *Tx) DeleteResourceProvider(ctx context.Context, id string) error {
	for _, table := range []string{"inventories", "provider_traits", "provider_aggregates"} {
		if _, err := t.Tx.NewDelete().Table(table).Where("provider_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete %s of provider %q: %w", table, id, err)
		}
	}
	_, err := t.Tx.NewDelete().Model((*providerRow)(nil)).Where("id = ?", id).Exec(ctx)
	return err
}

// CountChildren counts the providers right under one.
func (r rows) CountChildren(ctx context.Context, id string) (int64, error) {
	return r.NewSelect().Model((*providerRow)(nil)).Where("parent_id = ?", id).Count(ctx)
}

// BumpProvider makes a provider's generation one more, if it still is what the caller read; false when it is not.
func (t *Tx) BumpProvider(ctx context.Context, id string, generation int, now time.Time) (bool, error) {
	res, err := t.Tx.NewUpdate().Table("resource_providers").
		Set("generation = generation + 1").Set("updated_at = ?", now).
		Where("id = ? AND generation = ?", id, generation).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("raise generation of provider %q: %w", id, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
