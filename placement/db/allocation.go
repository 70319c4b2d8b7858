package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/placement"
)

type consumerRow struct {
	bun.BaseModel        `bun:"table:consumers,alias:c"`
	ID                   string `bun:",pk"`
	Generation           int
	ProjectID, UserID    string
	Type                 string
	CreatedAt, UpdatedAt time.Time
}

func (r consumerRow) noun() placement.Consumer {
	return placement.Consumer{
		ID: r.ID, Generation: r.Generation, ProjectID: r.ProjectID, UserID: r.UserID, Type: r.Type,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

type allocationRow struct {
	bun.BaseModel `bun:"table:allocations,alias:a"`
	ConsumerID    string `bun:",pk"`
	ProviderID    string `bun:",pk"`
	ResourceClass string `bun:",pk"`
	Used          int
	CreatedAt     time.Time
}

// Consumer is the consumer of that id; found is false when there is none.
func (r rows) Consumer(ctx context.Context, id string) (c placement.Consumer, found bool, err error) {
	var row consumerRow
	err = r.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read consumer %q: %w", id, err)
	}
	return row.noun(), true, nil
}

// ConsumersByID gives those of the consumers that exist.
func (r rows) ConsumersByID(ctx context.Context, ids []string) (map[string]placement.Consumer, error) {
	var found []consumerRow
	if err := in(r.NewSelect().Model(&found), "id", ids).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read consumers: %w", err)
	}
	all := make(map[string]placement.Consumer, len(found))
	for _, row := range found {
		all[row.ID] = row.noun()
	}
	return all, nil
}

// AllocationsByConsumer lists what a consumer has.
func (r rows) AllocationsByConsumer(ctx context.Context, id string) ([]placement.Allocation, error) {
	return r.allocations(ctx, "consumer_id = ?", id)
}

// AllocationsByProvider lists what is claimed of a provider.
func (r rows) AllocationsByProvider(ctx context.Context, id string) ([]placement.Allocation, error) {
	return r.allocations(ctx, "provider_id = ?", id)
}

func (r rows) allocations(ctx context.Context, where, id string) ([]placement.Allocation, error) {
	var found []allocationRow
	err := r.NewSelect().Model(&found).Where(where, id).OrderExpr("consumer_id, provider_id, resource_class").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list allocations of %q: %w", id, err)
	}
	list := make([]placement.Allocation, len(found))
	for i, row := range found {
		list[i] = placement.Allocation{
			ProviderID: row.ProviderID, ConsumerID: row.ConsumerID, ResourceClass: row.ResourceClass, Used: row.Used,
			CreatedAt: row.CreatedAt,
		}
	}
	return list, nil
}

// CountAllocations counts the claims on a provider.
func (r rows) CountAllocations(ctx context.Context, providerID string) (int64, error) {
	return r.NewSelect().Model((*allocationRow)(nil)).Where("provider_id = ?", providerID).Count(ctx)
}

// ClassesInUse tells which of the classes are claimed of a provider.
func (r rows) ClassesInUse(ctx context.Context, providerID string, classes []string) ([]string, error) {
	var found []string
	err := r.NewSelect().Model((*allocationRow)(nil)).ColumnExpr("DISTINCT resource_class").
		Where("provider_id = ? AND resource_class IN (?)", providerID, bun.List(classes)).
		OrderExpr("resource_class").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("find classes in use of %q: %w", providerID, err)
	}
	return found, nil
}

// PutConsumer writes a consumer, new or changed.
func (t *Tx) PutConsumer(ctx context.Context, c placement.Consumer, known bool) error {
	row := &consumerRow{
		ID: c.ID, Generation: c.Generation, ProjectID: c.ProjectID, UserID: c.UserID, Type: c.Type,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	if known {
		_, err := t.Tx.NewUpdate().Model(row).WherePK().Exec(ctx)
		return err
	}
	_, err := t.Tx.NewInsert().Model(row).Exec(ctx)
	return err
}

// DeleteConsumer forgets a consumer without allocations.
func (t *Tx) DeleteConsumer(ctx context.Context, id string) error {
	_, err := t.Tx.NewDelete().Model((*consumerRow)(nil)).Where("id = ?", id).Exec(ctx)
	return err
}

// DeleteAllocations takes all from a consumer.
func (t *Tx) DeleteAllocations(ctx context.Context, consumerID string) error {
	_, err := t.Tx.NewDelete().Model((*allocationRow)(nil)).Where("consumer_id = ?", consumerID).Exec(ctx)
	return err
}

// InsertAllocations writes what a consumer gets.
func (t *Tx) InsertAllocations(ctx context.Context, list []placement.Allocation) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]allocationRow, len(list))
	for i, a := range list {
		rows[i] = allocationRow{
			ConsumerID: a.ConsumerID, ProviderID: a.ProviderID, ResourceClass: a.ResourceClass, Used: a.Used, CreatedAt: a.CreatedAt,
		}
	}
	_, err := t.Tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}
