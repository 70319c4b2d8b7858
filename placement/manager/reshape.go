package manager

import (
	"context"
	"maps"
	"slices"

	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// Reshaped is what a provider has after a reshape, from the generation the caller knows.
type Reshaped struct {
	Generation  int
	Inventories []placement.Inventory
}

// Reshape moves inventories and the allocations on them from provider to provider, all or nothing: first each provider has
// what it had and what it shall have, then the allocations move, then what shall go goes.
func (m *Manager) Reshape(ctx context.Context, inventories map[string]Reshaped, claims []placement.Claim) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		ids := slices.Sorted(maps.Keys(inventories))
		for _, id := range ids {
			p, err := m.reshaped(ctx, tx, id, inventories[id].Generation)
			if err != nil {
				return err
			}
			interim, err := union(ctx, tx, id, inventories[id].Inventories)
			if err != nil {
				return err
			}
			if err := m.setInventories(ctx, tx, &p, interim); err != nil {
				return reshapeFault(err)
			}
		}
		if err := m.claim(ctx, tx, claims); err != nil {
			return err
		}
		for _, id := range ids {
			p, err := tx.ResourceProvider(ctx, id) // the claims raised its generation
			if err != nil {
				return err
			}
			if err := m.setInventories(ctx, tx, &p, inventories[id].Inventories); err != nil {
				return reshapeFault(err)
			}
		}
		return nil
	})
}

// reshaped reads a provider that a reshape names.
func (m *Manager) reshaped(ctx context.Context, tx *rows.Tx, id string, generation int) (placement.ResourceProvider, error) {
	p, err := tx.ResourceProvider(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return p, reword(err, fault.Invalid, placement.ReshapedProviderAbsent,
			"Resource provider %s in inventories not found: %s", id)
	}
	if err == nil && p.Generation != generation {
		return p, placement.Conflicting(placement.ConcurrentUpdate,
			"resource provider generation conflict for provider %s: actual: %d, given: %d", id, p.Generation, generation)
	}
	return p, err
}

// union is what a provider shall have and what it has besides.
func union(ctx context.Context, tx *rows.Tx, id string, wanted []placement.Inventory) ([]placement.Inventory, error) {
	all := slices.Clone(wanted)
	old, err := tx.Inventories(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, i := range old {
		if !slices.ContainsFunc(wanted, func(w placement.Inventory) bool { return w.ResourceClass == i.ResourceClass }) {
			all = append(all, i)
		}
	}
	return all, nil
}

func reshapeFault(err error) error {
	switch {
	case fault.Is(err, fault.NotFound):
		return reword(err, fault.Invalid, named(err), "malformed reshaper data: %s")
	case fault.Is(err, fault.Conflict):
		return reword(err, fault.Conflict, named(err), "update conflict: %s")
	}
	return err
}
