package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/placement"
)

type inventoryRow struct {
	bun.BaseModel        `bun:"table:inventories,alias:inv"`
	ProviderID           string `bun:",pk"`
	ResourceClass        string `bun:",pk"`
	Total, Reserved      int
	MinUnit, MaxUnit     int
	StepSize             int
	AllocationRatio      float64
	CreatedAt, UpdatedAt time.Time
}

func (r inventoryRow) noun() placement.Inventory {
	return placement.Inventory{
		ProviderID: r.ProviderID, ResourceClass: r.ResourceClass, Total: r.Total, Reserved: r.Reserved,
		MinUnit: r.MinUnit, MaxUnit: r.MaxUnit, StepSize: r.StepSize, AllocationRatio: r.AllocationRatio,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func inventoryOf(i placement.Inventory) *inventoryRow {
	return &inventoryRow{
		ProviderID: i.ProviderID, ResourceClass: i.ResourceClass, Total: i.Total, Reserved: i.Reserved,
		MinUnit: i.MinUnit, MaxUnit: i.MaxUnit, StepSize: i.StepSize, AllocationRatio: i.AllocationRatio,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
}

// Inventories lists what a provider has, by class.
func (r rows) Inventories(ctx context.Context, providerID string) ([]placement.Inventory, error) {
	return r.InventoriesOf(ctx, []string{providerID})
}

// InventoriesOf lists what several providers have.
func (r rows) InventoriesOf(ctx context.Context, providerIDs []string) ([]placement.Inventory, error) {
	var found []inventoryRow
	err := in(r.NewSelect().Model(&found), "provider_id", providerIDs).OrderExpr("provider_id, resource_class").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list inventories: %w", err)
	}
	list := make([]placement.Inventory, len(found))
	for i, row := range found {
		list[i] = row.noun()
	}
	return list, nil
}

// InsertInventory writes what a provider newly has; db.Duplicate tells that it has the class already.
func (t *Tx) InsertInventory(ctx context.Context, i placement.Inventory) error {
	_, err := t.Tx.NewInsert().Model(inventoryOf(i)).Exec(ctx)
	return err
}

// UpdateInventory rewrites what a provider has of a class; false when it has none.
func (t *Tx) UpdateInventory(ctx context.Context, i placement.Inventory) (bool, error) {
	res, err := t.Tx.NewUpdate().Model(inventoryOf(i)).ExcludeColumn("created_at").WherePK().Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("update inventory %s of %q: %w", i.ResourceClass, i.ProviderID, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// DeleteInventories removes classes from a provider and tells how many it had.
func (t *Tx) DeleteInventories(ctx context.Context, providerID string, classes []string) (int64, error) {
	res, err := t.Tx.NewDelete().Model((*inventoryRow)(nil)).
		Where("provider_id = ? AND resource_class IN (?)", providerID, bun.List(classes)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("delete inventories of %q: %w", providerID, err)
	}
	return res.RowsAffected()
}

// fits selects the inventory by which a provider can take an amount of a class beside all that is used of it.
func (r rows) fits(provider, class string, amount int) *bun.SelectQuery {
	return r.NewSelect().ColumnExpr("1").Table("inventories").
		Where("inventories.provider_id = ?", bun.Ident(provider)).
		Where("inventories.resource_class = ?", class).
		Where("min_unit <= ?", amount).Where("max_unit >= ?", amount).Where("? % step_size = 0", amount).
		Where(`(total - reserved) * allocation_ratio >= ? + COALESCE((SELECT SUM(used) FROM allocations
			WHERE allocations.provider_id = inventories.provider_id
			AND allocations.resource_class = inventories.resource_class), 0)`, amount)
}

// Offers tells which providers can take the amounts, each by itself: the roots of their trees by class, by provider.
func (r rows) Offers(ctx context.Context, amounts map[string]int) (map[string]map[string]string, error) {
	offers := make(map[string]map[string]string, len(amounts))
	for class, amount := range amounts {
		var found []struct{ ID, RootID string }
		err := r.NewRaw(`
			SELECT inv.provider_id AS id, rp.root_id AS root_id FROM inventories inv
			JOIN resource_providers rp ON rp.id = inv.provider_id
			LEFT JOIN (SELECT provider_id, SUM(used) AS used FROM allocations WHERE resource_class = ?0 GROUP BY provider_id) a
				ON a.provider_id = inv.provider_id
			WHERE inv.resource_class = ?0 AND inv.min_unit <= ?1 AND inv.max_unit >= ?1 AND ?1 % inv.step_size = 0
			AND (inv.total - inv.reserved) * inv.allocation_ratio >= ?1 + COALESCE(a.used, 0)`, class, amount).Scan(ctx, &found)
		if err != nil {
			return nil, fmt.Errorf("find providers of %s: %w", class, err)
		}
		offers[class] = make(map[string]string, len(found))
		for _, row := range found {
			offers[class][row.ID] = row.RootID
		}
	}
	return offers, nil
}
