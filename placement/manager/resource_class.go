package manager

import (
	"context"
	"slices"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// ResourceClasses lists the standard classes, then the operators'.
func (m *Manager) ResourceClasses(ctx context.Context) ([]placement.ResourceClass, error) {
	var all []placement.ResourceClass
	for _, name := range placement.StandardResourceClasses() {
		all = append(all, placement.ResourceClass{Name: name})
	}
	custom, err := m.DB.CustomResourceClasses(ctx)
	return append(all, custom...), err
}

// ResourceClass is the class of that name.
func (m *Manager) ResourceClass(ctx context.Context, name string) (placement.ResourceClass, error) {
	if slices.Contains(placement.StandardResourceClasses(), name) {
		return placement.ResourceClass{Name: name}, nil
	}
	return m.DB.CustomResourceClass(ctx, name)
}

// CreateResourceClass makes a class and tells whether it did; one that exists is left alone.
func (m *Manager) CreateResourceClass(ctx context.Context, name string) (created bool, err error) {
	c := placement.ResourceClass{Name: name, CreatedAt: m.Now()}
	err = m.DB.Tx(ctx, func(tx *rows.Tx) error {
		created = false
		if _, err := tx.CustomResourceClass(ctx, name); !fault.Is(err, fault.NotFound) {
			return err
		}
		created = true
		if err := tx.InsertResourceClass(ctx, c); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_class.create", c)
	})
	if db.Duplicate(err) {
		return false, nil
	}
	return created, err
}

// RenameResourceClass gives an operators' class that nobody has another name (1.2 to 1.6).
func (m *Manager) RenameResourceClass(ctx context.Context, name, to string) error {
	if slices.Contains(placement.StandardResourceClasses(), name) {
		return placement.Invalid("Cannot update standard resource class %s", name)
	}
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		c, err := tx.CustomResourceClass(ctx, name)
		if err != nil {
			return err
		}
		if _, err := tx.CustomResourceClass(ctx, to); !fault.Is(err, fault.NotFound) {
			if err != nil {
				return err
			}
			return placement.Conflicting("ResourceClassExists", "Resource class already exists: %s", to)
		}
		if err := tx.RenameResourceClass(ctx, c, to); err != nil {
			return err
		}
		c.Name = to
		return tx.Record(ctx, "resource_class.update", c)
	})
}

// DeleteResourceClass forgets an operators' class that no provider has.
func (m *Manager) DeleteResourceClass(ctx context.Context, name string) error {
	if slices.Contains(placement.StandardResourceClasses(), name) {
		return placement.Invalid("Error in delete resource class: Cannot delete standard resource class %s.", name)
	}
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		c, err := tx.CustomResourceClass(ctx, name)
		if err != nil {
			return err
		}
		switch n, err := tx.CountInventories(ctx, name); {
		case err != nil:
			return err
		case n > 0:
			return placement.Conflicting("ResourceClassInUse",
				"Error in delete resource class: Cannot delete resource class %s. Class is in use in inventory.", name)
		}
		if err := tx.DeleteResourceClass(ctx, name); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_class.delete", c)
	})
}
