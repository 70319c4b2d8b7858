package manager

import (
	"context"
	"maps"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// CreateFlavor adds a flavor; an empty id is made up. A private one is seen by the projects it is granted to.
func (m *Manager) CreateFlavor(ctx context.Context, f nova.Flavor) (nova.Flavor, error) {
	if f.ID == "" {
		f.ID = m.NewID()
	}
	if f.RXTXFactor == 0 {
		f.RXTXFactor = 1
	}
	f.CreatedAt = m.now()
	if f.ExtraSpecs == nil {
		f.ExtraSpecs = map[string]string{}
	}
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		if _, err := tx.Flavor(ctx, f.ID); err == nil {
			return fault.New(fault.Conflict, "FlavorIdExists", "Flavor with ID %s already exists.", f.ID)
		} else if !db.NoRows(err) {
			return err
		}
		if err := tx.InsertFlavor(ctx, f); err != nil {
			if db.Duplicate(err) {
				return fault.New(fault.Conflict, "FlavorExists", "Flavor with name %s already exists.", f.Name)
			}
			return err
		}
		return tx.Record(ctx, "flavor.create", f)
	})
	return f, doing(err, "create flavor %q", f.Name)
}

// Flavor shows a flavor by the API's id. A private one is hidden from projects without access, except for admins.
func (m *Manager) Flavor(ctx context.Context, who policy.Who, id string) (nova.Flavor, error) {
	f, err := m.DB.Flavor(ctx, id)
	if err != nil {
		return nova.Flavor{}, missing(err, nova.NoFlavor(id))
	}
	if f.Public || who.Has("admin") {
		return f, nil
	}
	projects, err := m.DB.FlavorProjects(ctx, id)
	if err != nil {
		return nova.Flavor{}, err
	}
	for _, p := range projects {
		if p == who.ProjectID {
			return f, nil
		}
	}
	return nova.Flavor{}, nova.NoFlavor(id)
}

// Flavors lists flavors. Sort keys are the API's: flavorid, name, memory_mb, vcpus, root_gb …
func (m *Manager) Flavors(ctx context.Context, f nova.FlavorFilter, p nova.Page) ([]nova.Flavor, error) {
	flavors, err := m.DB.Flavors(ctx, f, p)
	return flavors, doing(err, "list flavors")
}

// UpdateFlavor changes a flavor's description, all that may be changed.
func (m *Manager) UpdateFlavor(ctx context.Context, id string, description *string) (nova.Flavor, error) {
	return m.alterFlavor(ctx, id, func(f *nova.Flavor) error {
		f.Description = description
		return nil
	})
}

func (m *Manager) alterFlavor(ctx context.Context, id string, change func(*nova.Flavor) error) (nova.Flavor, error) {
	var f nova.Flavor
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		var err error
		if f, err = tx.Flavor(ctx, id); err != nil {
			return missing(err, nova.NoFlavor(id))
		}
		if err := change(&f); err != nil {
			return err
		}
		now := m.now()
		f.UpdatedAt = &now
		if err := tx.UpdateFlavor(ctx, f); err != nil {
			return err
		}
		return tx.Record(ctx, "flavor.update", f)
	})
	return f, doing(err, "change flavor %q", id)
}

// DeleteFlavor removes a flavor; servers keep their copies.
func (m *Manager) DeleteFlavor(ctx context.Context, id string) error {
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		f, err := tx.Flavor(ctx, id)
		if err != nil {
			return missing(err, nova.NoFlavor(id))
		}
		if _, err := tx.DeleteFlavor(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "flavor.delete", f)
	})
	return doing(err, "delete flavor %q", id)
}

// SetExtraSpecs writes extra specs and gives the whole.
func (m *Manager) SetExtraSpecs(ctx context.Context, id string, specs map[string]string) (map[string]string, error) {
	f, err := m.alterFlavor(ctx, id, func(f *nova.Flavor) error {
		maps.Copy(f.ExtraSpecs, specs)
		return nil
	})
	return f.ExtraSpecs, err
}

// DeleteExtraSpec removes one.
func (m *Manager) DeleteExtraSpec(ctx context.Context, id, key string) error {
	_, err := m.alterFlavor(ctx, id, func(f *nova.Flavor) error {
		if _, ok := f.ExtraSpecs[key]; !ok {
			return fault.New(fault.NotFound, "FlavorExtraSpecsNotFound", "Flavor %s has no extra specs with key %s.", id, key)
		}
		delete(f.ExtraSpecs, key)
		return nil
	})
	return err
}

// FlavorAccess lists the projects that may use a private flavor; for a public one it is a fault of kind NotFound.
func (m *Manager) FlavorAccess(ctx context.Context, id string) ([]string, error) {
	f, err := m.DB.Flavor(ctx, id)
	if err != nil {
		return nil, missing(err, nova.NoFlavor(id))
	}
	if f.Public { // as nova/api/openstack/compute/flavor_access.py, index
		return nil, fault.New(fault.NotFound, "FlavorPublic", "Access list not available for public flavors.")
	}
	return m.DB.FlavorProjects(ctx, id)
}

// GrantFlavor lets a project use a private flavor, RevokeFlavor ends that; both give the projects that may.
func (m *Manager) GrantFlavor(ctx context.Context, id, projectID string) ([]string, error) {
	return m.alterAccess(ctx, id, func(tx *novadb.Tx, f nova.Flavor) error {
		if f.Public {
			return fault.New(fault.Conflict, "FlavorPublic", "Can not add access to a public flavor.")
		}
		err := tx.InsertFlavorProject(ctx, id, projectID)
		if db.Duplicate(err) {
			return fault.New(fault.Conflict, "FlavorAccessExists",
				"Flavor access already exists for flavor %s and project %s combination.", id, projectID)
		}
		return err
	})
}

// RevokeFlavor ends a project's use of a private flavor.
func (m *Manager) RevokeFlavor(ctx context.Context, id, projectID string) ([]string, error) {
	return m.alterAccess(ctx, id, func(tx *novadb.Tx, _ nova.Flavor) error {
		found, err := tx.DeleteFlavorProject(ctx, id, projectID)
		if err == nil && !found {
			return fault.New(fault.NotFound, "FlavorAccessNotFound",
				"Flavor access not found for %s / %s combination.", id, projectID)
		}
		return err
	})
}

func (m *Manager) alterAccess(ctx context.Context, id string, change func(*novadb.Tx, nova.Flavor) error) ([]string, error) {
	var projects []string
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		f, err := tx.Flavor(ctx, id)
		if err != nil {
			return missing(err, nova.NoFlavor(id))
		}
		if err := change(tx, f); err != nil {
			return err
		}
		projects, err = tx.FlavorProjects(ctx, id)
		return err
	})
	return projects, doing(err, "change access to flavor %q", id)
}
