package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// InventoryRule is what depends on the age of the question.
type InventoryRule struct {
	// ReservedMayBeTotal lets an inventory have no capacity at all (1.26).
	ReservedMayBeTotal bool
}

// check refuses an inventory without capacity.
func (r InventoryRule) check(i placement.Inventory) error {
	const text = "Invalid inventory for '%s' on resource provider '%s'. The reserved value is greater than %stotal."
	switch c := i.Capacity(); {
	case c < 0 && r.ReservedMayBeTotal:
		return placement.Invalid(text, i.ResourceClass, i.ProviderID, "")
	case c <= 0 && !r.ReservedMayBeTotal:
		return placement.Invalid(text, i.ResourceClass, i.ProviderID, "or equal to ")
	}
	return nil
}

// Inventories lists what a provider has.
func (m *Manager) Inventories(ctx context.Context, id string) (placement.ResourceProvider, []placement.Inventory, error) {
	p, err := m.DB.ResourceProvider(ctx, id)
	if err != nil {
		return p, nil, reword(err, fault.NotFound, named(err), "No resource provider with uuid %s found : %s", id)
	}
	list, err := m.DB.Inventories(ctx, id)
	return p, list, err
}

// Inventory is what a provider has of one class.
func (m *Manager) Inventory(ctx context.Context, id, class string) (placement.ResourceProvider, placement.Inventory, error) {
	p, list, err := m.Inventories(ctx, id)
	if err != nil {
		return p, placement.Inventory{}, err
	}
	for _, i := range list {
		if i.ResourceClass == class {
			return p, i, nil
		}
	}
	return p, placement.Inventory{}, fault.New(fault.NotFound, "InventoryNotFound", "No inventory of class %s for %s", class, id)
}

// SetInventories makes a provider have exactly these.
func (m *Manager) SetInventories(
	ctx context.Context, id string, generation int, list []placement.Inventory, rule InventoryRule,
) (p placement.ResourceProvider, err error) {
	err = m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = m.expect(ctx, tx, id, generation); err != nil {
			return err
		}
		for _, i := range list {
			if err := rule.check(i); err != nil {
				return reword(err, fault.Invalid, named(err), "Unable to update inventory for resource provider %s: %s", id)
			}
		}
		err = m.setInventories(ctx, tx, &p, list)
		switch {
		case fault.Is(err, fault.NotFound):
			return reword(err, fault.Invalid, named(err), "Unknown resource class in inventory for resource provider %s: %s", id)
		case fault.Is(err, fault.Conflict):
			return reword(err, fault.Conflict, named(err), "update conflict: %s")
		}
		return err
	})
	return p, err
}

// expect reads a provider and refuses when it is not of the generation.
func (m *Manager) expect(ctx context.Context, tx *rows.Tx, id string, generation int) (placement.ResourceProvider, error) {
	p, err := tx.ResourceProvider(ctx, id)
	if err == nil && p.Generation != generation {
		err = placement.Conflicting(placement.ConcurrentUpdate, "resource provider generation conflict")
	}
	return p, err
}

// setInventories brings a provider's inventories to list and its generation one further.
func (m *Manager) setInventories(ctx context.Context, tx *rows.Tx, p *placement.ResourceProvider, list []placement.Inventory) error {
	var classes []string
	for _, i := range list {
		classes = append(classes, i.ResourceClass)
	}
	if err := knownClasses(ctx, tx, classes); err != nil {
		return err
	}
	old, err := tx.Inventories(ctx, p.ID)
	if err != nil {
		return err
	}
	var had, dropped []string
	for _, i := range old {
		had = append(had, i.ResourceClass)
		if !slices.Contains(classes, i.ResourceClass) {
			dropped = append(dropped, i.ResourceClass)
		}
	}
	if _, err := m.dropInventories(ctx, tx, p.ID, dropped); err != nil {
		return err
	}
	for _, i := range list {
		if err := m.putInventory(ctx, tx, i, slices.Contains(had, i.ResourceClass)); err != nil {
			return err
		}
	}
	if err := m.bump(ctx, tx, p); err != nil {
		return err
	}
	return tx.Record(ctx, "resource_provider.inventories.update", *p)
}

func (m *Manager) putInventory(ctx context.Context, tx *rows.Tx, i placement.Inventory, had bool) error {
	i.CreatedAt = m.Now()
	i.UpdatedAt = i.CreatedAt
	if !had {
		return tx.InsertInventory(ctx, i)
	}
	_, err := tx.UpdateInventory(ctx, i)
	return err
}

// dropInventories removes classes of which nothing is claimed.
func (m *Manager) dropInventories(ctx context.Context, tx *rows.Tx, id string, classes []string) (int64, error) {
	if len(classes) == 0 {
		return 0, nil
	}
	used, err := tx.ClassesInUse(ctx, id, classes)
	if err != nil {
		return 0, err
	}
	if len(used) > 0 {
		return 0, placement.Conflicting(placement.InventoryInUse, "Inventory for '%s' on resource provider '%s' in use.",
			strings.Join(used, ", "), id)
	}
	return tx.DeleteInventories(ctx, id, classes)
}

// AddInventory gives a provider a class it had nothing of.
func (m *Manager) AddInventory(ctx context.Context, i placement.Inventory, rule InventoryRule) (p placement.ResourceProvider, err error) {
	err = m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = tx.ResourceProvider(ctx, i.ProviderID); err != nil {
			return err
		}
		if err = rule.check(i); err == nil {
			err = knownClasses(ctx, tx, []string{i.ResourceClass})
		}
		if err != nil {
			return reword(err, fault.Invalid, named(err), "Unable to create inventory for resource provider %s: %s", i.ProviderID)
		}
		if err = m.putInventory(ctx, tx, i, false); db.Duplicate(err) {
			return placement.Conflicting(placement.ConcurrentUpdate,
				"Update conflict: the provider has inventory of class %s already", i.ResourceClass)
		}
		if err == nil {
			err = m.bump(ctx, tx, &p)
		}
		if err != nil {
			return fmt.Errorf("add inventory to %q: %w", i.ProviderID, err)
		}
		return tx.Record(ctx, "resource_provider.inventories.update", p)
	})
	return p, err
}

// UpdateInventory changes what a provider has of one class.
func (m *Manager) UpdateInventory(
	ctx context.Context, generation int, i placement.Inventory, rule InventoryRule,
) (p placement.ResourceProvider, err error) {
	err = m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = m.expect(ctx, tx, i.ProviderID, generation); err != nil {
			return err
		}
		if err := rule.check(i); err != nil {
			return reword(err, fault.Invalid, named(err), "Unable to update inventory for resource provider %s: %s", i.ProviderID)
		}
		if err := knownClasses(ctx, tx, []string{i.ResourceClass}); err != nil {
			return err
		}
		i.UpdatedAt = m.Now()
		switch had, err := tx.UpdateInventory(ctx, i); {
		case err != nil:
			return err
		case !had:
			return placement.Invalid("No inventory record with resource class for resource provider %s: "+
				"No inventory of class %s found.", i.ProviderID, i.ResourceClass)
		}
		if err := m.bump(ctx, tx, &p); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_provider.inventories.update", p)
	})
	return p, err
}

// DeleteInventory takes a class from a provider.
func (m *Manager) DeleteInventory(ctx context.Context, id, class string) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		p, err := tx.ResourceProvider(ctx, id)
		if err != nil {
			return err
		}
		if err := knownClasses(ctx, tx, []string{class}); err != nil {
			return reword(err, fault.NotFound, named(err), "No inventory of class %s found for delete: %s", class)
		}
		switch n, err := m.dropInventories(ctx, tx, id, []string{class}); {
		case fault.Is(err, fault.Conflict):
			return reword(err, fault.Conflict, placement.ConcurrentUpdate, "Unable to delete inventory of class %s: %s", class)
		case err != nil:
			return err
		case n == 0:
			return fault.New(fault.NotFound, "InventoryNotFound",
				"No inventory of class %[1]s found for delete: No inventory of class %[1]s found for delete", class)
		}
		if err := m.bump(ctx, tx, &p); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_provider.inventories.update", p)
	})
}

// DeleteInventories takes everything from a provider.
func (m *Manager) DeleteInventories(ctx context.Context, id string) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		p, err := tx.ResourceProvider(ctx, id)
		if err != nil {
			return err
		}
		return m.setInventories(ctx, tx, &p, nil)
	})
}
