package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/placement"
)

type classRow struct {
	bun.BaseModel `bun:"table:resource_classes"`
	Name          string `bun:",pk"`
	CreatedAt     time.Time
}

// CustomResourceClasses lists the classes operators made, oldest first.
func (r rows) CustomResourceClasses(ctx context.Context) ([]placement.ResourceClass, error) {
	var found []classRow
	if err := r.NewSelect().Model(&found).OrderExpr("created_at, name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list resource classes: %w", err)
	}
	list := make([]placement.ResourceClass, len(found))
	for i, row := range found {
		list[i] = placement.ResourceClass{Name: row.Name, CreatedAt: row.CreatedAt}
	}
	return list, nil
}

// CustomResourceClass is the operators' class of that name.
func (r rows) CustomResourceClass(ctx context.Context, name string) (placement.ResourceClass, error) {
	var row classRow
	err := r.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	if db.NoRows(err) {
		return placement.ResourceClass{}, placement.NoResourceClass(name)
	}
	return placement.ResourceClass{Name: row.Name, CreatedAt: row.CreatedAt}, err
}

// InsertResourceClass writes a new class; db.Duplicate tells that it exists.
func (t *Tx) InsertResourceClass(ctx context.Context, c placement.ResourceClass) error {
	_, err := t.Tx.NewInsert().Model(&classRow{Name: c.Name, CreatedAt: c.CreatedAt}).Exec(ctx)
	return err
}

// DeleteResourceClass forgets a class.
func (t *Tx) DeleteResourceClass(ctx context.Context, name string) error {
	_, err := t.Tx.NewDelete().Model((*classRow)(nil)).Where("name = ?", name).Exec(ctx)
	return err
}

// CountInventories counts the providers that have some of a class.
func (r rows) CountInventories(ctx context.Context, class string) (int64, error) {
	return r.NewSelect().Model((*inventoryRow)(nil)).Where("resource_class = ?", class).Count(ctx)
}

// RenameResourceClass gives a class another name wherever it stands.
func (t *Tx) RenameResourceClass(ctx context.Context, c placement.ResourceClass, to string) error {
	if _, err := t.Tx.NewUpdate().Table("resource_classes").Set("name = ?", to).Where("name = ?", c.Name).Exec(ctx); err != nil {
		return fmt.Errorf("rename resource class %q: %w", c.Name, err)
	}
	for _, table := range []string{"inventories", "allocations"} {
		if _, err := t.Tx.NewUpdate().Table(table).Set("resource_class = ?", to).Where("resource_class = ?", c.Name).Exec(ctx); err != nil {
			return fmt.Errorf("rename resource class %q in %s: %w", c.Name, table, err)
		}
	}
	return nil
}
