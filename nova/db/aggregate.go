package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

type aggregateRow struct {
	bun.BaseModel `bun:"table:aggregates,alias:a"`
	ID            int64  `bun:",pk"`
	UUID          string `bun:"uuid"`
	Name          string
	Metadata      map[string]string `bun:",type:text"`
	Hosts         []string          `bun:",type:text"`
	CreatedAt     time.Time
	UpdatedAt     *time.Time
}

func (r aggregateRow) aggregate() nova.Aggregate {
	return nova.Aggregate{
		ID: r.ID, UUID: r.UUID, Name: r.Name, Metadata: r.Metadata, Hosts: r.Hosts, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func toAggregateRow(a nova.Aggregate) aggregateRow {
	return aggregateRow{
		ID: a.ID, UUID: a.UUID, Name: a.Name, Metadata: filled(a.Metadata), Hosts: listed(a.Hosts), CreatedAt: a.CreatedAt,
		UpdatedAt: a.UpdatedAt,
	}
}

// Aggregates lists the aggregates by number.
func (r rows) Aggregates(ctx context.Context) ([]nova.Aggregate, error) {
	var list []aggregateRow
	if err := r.NewSelect().Model(&list).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list aggregates: %w", err)
	}
	all := make([]nova.Aggregate, len(list))
	for i, row := range list {
		all[i] = row.aggregate()
	}
	return all, nil
}

// Aggregate gives one.
func (r rows) Aggregate(ctx context.Context, id int64) (nova.Aggregate, error) {
	var row aggregateRow
	if err := r.NewSelect().Model(&row).Where("a.id = ?", id).Scan(ctx); err != nil {
		return nova.Aggregate{}, fmt.Errorf("read aggregate %d: %w", id, err)
	}
	return row.aggregate(), nil
}

// InsertAggregate writes a new aggregate and numbers it.
func (t *Tx) InsertAggregate(ctx context.Context, a *nova.Aggregate) error {
	id, err := t.Next(ctx, "aggregates", 1)
	if err != nil {
		return err
	}
	a.ID = id
	row := toAggregateRow(*a)
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write aggregate %q: %w", a.Name, err)
	}
	return nil
}

// UpdateAggregate writes an aggregate that was read in this same transaction.
func (t *Tx) UpdateAggregate(ctx context.Context, a nova.Aggregate) error {
	row := toAggregateRow(a)
	if _, err := t.rows.NewUpdate().Model(&row).ExcludeColumn("id", "uuid", "created_at").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("write aggregate %q: %w", a.Name, err)
	}
	return nil
}

// DeleteAggregate removes one.
func (t *Tx) DeleteAggregate(ctx context.Context, id int64) error {
	if _, err := t.rows.NewDelete().Model((*aggregateRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete aggregate %d: %w", id, err)
	}
	return nil
}
