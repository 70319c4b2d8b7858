package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/placement"
)

type traitRow struct {
	bun.BaseModel `bun:"table:traits"`
	Name          string `bun:",pk"`
	CreatedAt     time.Time
}

type providerTraitRow struct {
	bun.BaseModel `bun:"table:provider_traits"`
	ProviderID    string `bun:",pk"`
	Trait         string `bun:",pk"`
}

// CustomTraits lists the traits operators made, by name.
func (r rows) CustomTraits(ctx context.Context) ([]placement.Trait, error) {
	var found []traitRow
	if err := r.NewSelect().Model(&found).OrderExpr("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list traits: %w", err)
	}
	list := make([]placement.Trait, len(found))
	for i, row := range found {
		list[i] = placement.Trait{Name: row.Name, CreatedAt: row.CreatedAt}
	}
	return list, nil
}

// CustomTrait is the operators' trait of that name.
func (r rows) CustomTrait(ctx context.Context, name string) (placement.Trait, error) {
	var row traitRow
	err := r.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	if db.NoRows(err) {
		return placement.Trait{}, placement.NoTrait(name)
	}
	return placement.Trait{Name: row.Name, CreatedAt: row.CreatedAt}, err
}

// InsertTrait writes a new trait.
func (t *Tx) InsertTrait(ctx context.Context, trait placement.Trait) error {
	_, err := t.Tx.NewInsert().Model(&traitRow{Name: trait.Name, CreatedAt: trait.CreatedAt}).Exec(ctx)
	return err
}

// DeleteTrait forgets a trait.
func (t *Tx) DeleteTrait(ctx context.Context, name string) error {
	_, err := t.Tx.NewDelete().Model((*traitRow)(nil)).Where("name = ?", name).Exec(ctx)
	return err
}

// CountTraitUses counts the providers that have a trait.
func (r rows) CountTraitUses(ctx context.Context, name string) (int64, error) {
	return r.NewSelect().Model((*providerTraitRow)(nil)).Where("trait = ?", name).Count(ctx)
}

// TraitsInUse lists the traits that any provider has.
func (r rows) TraitsInUse(ctx context.Context) ([]string, error) {
	var names []string
	err := r.NewSelect().Model((*providerTraitRow)(nil)).ColumnExpr("DISTINCT trait").OrderExpr("trait").Scan(ctx, &names)
	return names, err
}

// TraitsOf lists the traits of providers, sorted, by provider.
func (r rows) TraitsOf(ctx context.Context, providerIDs []string) (map[string][]string, error) {
	var found []providerTraitRow
	err := in(r.NewSelect().Model(&found), "provider_id", providerIDs).OrderExpr("provider_id, trait").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list traits of providers: %w", err)
	}
	all := map[string][]string{}
	for _, row := range found {
		all[row.ProviderID] = append(all[row.ProviderID], row.Trait)
	}
	return all, nil
}

// SetTraits gives a provider these traits and no others.
func (t *Tx) SetTraits(ctx context.Context, providerID string, traits []string) error {
	if _, err := t.Tx.NewDelete().Model((*providerTraitRow)(nil)).Where("provider_id = ?", providerID).Exec(ctx); err != nil {
		return err
	}
	if len(traits) == 0 {
		return nil
	}
	rows := make([]providerTraitRow, len(traits))
	for i, name := range traits {
		rows[i] = providerTraitRow{ProviderID: providerID, Trait: name}
	}
	_, err := t.Tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}
