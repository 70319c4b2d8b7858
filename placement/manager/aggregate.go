package manager

import (
	"context"
	"slices"

	"cumulet/placement"
	rows "cumulet/placement/db"
)

// Aggregates lists the aggregates a provider is a member of.
func (m *Manager) Aggregates(ctx context.Context, id string) (placement.ResourceProvider, []string, error) {
	p, err := m.DB.ResourceProvider(ctx, id)
	if err != nil {
		return p, nil, err
	}
	all, err := m.DB.AggregatesOf(ctx, []string{id})
	return p, all[id], err
}

// SetAggregates makes a provider a member of exactly these. A generation is compared and raised where there is one (1.19).
func (m *Manager) SetAggregates(ctx context.Context, id string, generation *int, list []string) (p placement.ResourceProvider, err error) {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	err = m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = tx.ResourceProvider(ctx, id); err != nil {
			return err
		}
		if generation != nil && *generation != p.Generation {
			return generationChanged()
		}
		if err := tx.SetAggregates(ctx, id, list); err != nil {
			return err
		}
		if generation != nil {
			if err := m.bump(ctx, tx, &p); err != nil {
				return err
			}
		}
		return tx.Record(ctx, "resource_provider.aggregates.update", p)
	})
	return p, err
}
