package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type mappingRow struct {
	bun.BaseModel `bun:"table:mapping,alias:t"`
	keystone.Mapping
}

// Mapping is the mapping of an id.
func (r rows) Mapping(ctx context.Context, id string) (keystone.Mapping, error) {
	var m mappingRow
	err := r.find(ctx, &m, "mapping", id, "id = ?", id)
	return m.Mapping, err
}

// Mappings lists mappings.
func (r rows) Mappings(ctx context.Context, q keystone.Query) ([]keystone.Mapping, error) {
	var found []mappingRow
	err := r.list(ctx, &found, q, "id")
	mappings := make([]keystone.Mapping, len(found))
	for i, row := range found {
		mappings[i] = row.Mapping
	}
	return mappings, err
}

// InsertMapping writes a new mapping.
func (t *Tx) InsertMapping(ctx context.Context, m keystone.Mapping) error {
	return t.insert(ctx, &mappingRow{Mapping: m}, keystone.Conflict("mapping", "Duplicate entry found with ID "+m.ID))
}

// UpdateMapping writes a mapping.
func (t *Tx) UpdateMapping(ctx context.Context, m keystone.Mapping) error {
	return t.update(ctx, m.ID, &mappingRow{Mapping: m}, nil)
}

// DeleteMapping deletes a mapping.
func (t *Tx) DeleteMapping(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*mappingRow)(nil), "id = ?", id)
	return err
}
