package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// ProviderChange is what an update sets; nil leaves a member as it is.
type ProviderChange struct {
	Name string
	// Parent is the new parent's id, "" for none.
	Parent *string
	// Reparent allows to change or drop a parent that there is (1.37).
	Reparent bool
}

// ResourceProvider is the provider of that id.
func (m *Manager) ResourceProvider(ctx context.Context, id string) (placement.ResourceProvider, error) {
	return m.DB.ResourceProvider(ctx, id)
}

// ResourceProviders lists the providers that a filter lets pass.
func (m *Manager) ResourceProviders(ctx context.Context, f placement.ResourceProviderFilter) ([]placement.ResourceProvider, error) {
	if err := knownClasses(ctx, m.DB, slices.Sorted(maps.Keys(f.Resources))); err != nil {
		return nil, reword(err, fault.Invalid, named(err), "Invalid resource class in resources parameter: %s")
	}
	if err := knownTraits(ctx, m.DB, f.Traits.Names()); err != nil {
		return nil, reword(err, fault.Invalid, named(err), `Invalid trait(s) in "required" parameter: %s`)
	}
	return m.DB.ResourceProviders(ctx, f)
}

// CreateResourceProvider makes a provider, with an id of its own unless it brings one.
func (m *Manager) CreateResourceProvider(ctx context.Context, p placement.ResourceProvider) (placement.ResourceProvider, error) {
	if p.ID == "" {
		p.ID = m.NewID()
	}
	p.Generation, p.RootID = 0, p.ID
	p.CreatedAt = m.Now()
	p.UpdatedAt = p.CreatedAt
	err := m.DB.Tx(ctx, func(tx *rows.Tx) error {
		if p.ParentID != "" {
			parent, err := m.parent(ctx, tx, p, "create")
			if err != nil {
				return reword(err, fault.Invalid, named(err), `Unable to create resource provider "%s", %s: %s`, p.Name, p.ID)
			}
			p.RootID = parent.RootID
		}
		if taken, err := m.duplicates(ctx, tx, p, true); err != nil || taken != "" {
			return orDuplicate(err, taken)
		}
		if err := tx.InsertResourceProvider(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_provider.create", p)
	})
	if db.Duplicate(err) { // another one was quicker
		err = orDuplicate(nil, "name: "+p.Name)
	}
	return p, err
}

// parent finds a provider's parent.
func (m *Manager) parent(ctx context.Context, tx *rows.Tx, p placement.ResourceProvider, action string) (placement.ResourceProvider, error) {
	if p.ParentID == p.ID && action == "create" {
		return p, placement.Invalid("Object action create failed because: parent provider UUID cannot be same as UUID. " +
			"Please set parent provider UUID to None if there is no parent.")
	}
	parent, err := tx.ResourceProvider(ctx, p.ParentID)
	if fault.Is(err, fault.NotFound) { // upstream says "create" on updates too
		return p, placement.Invalid("Object action create failed because: parent provider UUID does not exist.")
	}
	return parent, err
}

// duplicates tells which of a provider's identifiers are taken by another.
func (m *Manager) duplicates(ctx context.Context, tx *rows.Tx, p placement.ResourceProvider, fresh bool) (string, error) {
	if fresh {
		if _, err := tx.ResourceProvider(ctx, p.ID); err == nil {
			return "uuid: " + p.ID, nil
		} else if !fault.Is(err, fault.NotFound) {
			return "", err
		}
	}
	same, err := tx.ResourceProviders(ctx, placement.ResourceProviderFilter{Name: p.Name})
	if err == nil && len(same) > 0 && same[0].ID != p.ID {
		return "name: " + p.Name, nil
	}
	return "", err
}

func orDuplicate(err error, taken string) error {
	if err != nil {
		return err
	}
	return placement.Conflicting(placement.DuplicateName, "Conflicting resource provider %s already exists.", taken)
}

// UpdateResourceProvider renames a provider or hangs it elsewhere, its subtree with it.
func (m *Manager) UpdateResourceProvider(ctx context.Context, id string, change ProviderChange) (placement.ResourceProvider, error) {
	var p placement.ResourceProvider
	err := m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = tx.ResourceProvider(ctx, id); err != nil {
			return err
		}
		p.Name = change.Name
		if change.Parent != nil && *change.Parent != p.ParentID {
			if err := m.hang(ctx, tx, &p, *change.Parent, change.Reparent); err != nil {
				return reword(err, fault.Invalid, named(err), "Unable to save resource provider %s: %s", id)
			}
		}
		if taken, err := m.duplicates(ctx, tx, p, false); err != nil || taken != "" {
			return orDuplicate(err, change.Name)
		}
		p.UpdatedAt = m.Now()
		if err := tx.UpdateResourceProvider(ctx, p); err != nil {
			return fmt.Errorf("update resource provider %q: %w", id, err)
		}
		return tx.Record(ctx, "resource_provider.update", p)
	})
	return p, err
}

// hang puts a provider and all below it under another parent, or none.
func (m *Manager) hang(ctx context.Context, tx *rows.Tx, p *placement.ResourceProvider, parentID string, reparent bool) error {
	refuse := func(why string) error { return placement.Invalid("Object action update failed because: %s", why) }
	tree, err := tx.TreeProviders(ctx, []string{p.RootID})
	if err != nil {
		return err
	}
	below := subtree(tree, p.ID)
	old := p.ParentID
	p.ParentID, p.RootID = parentID, p.ID
	switch {
	case parentID == "" && !reparent:
		return refuse("un-parenting a provider is not currently allowed.")
	case parentID != "":
		parent, err := m.parent(ctx, tx, *p, "update")
		if err != nil {
			return err
		}
		if old != "" && !reparent {
			return refuse("re-parenting a provider is not currently allowed.")
		}
		if slices.Contains(below, parentID) {
			return refuse("creating loop in the provider tree is not allowed.")
		}
		p.RootID = parent.RootID
	}
	return tx.MoveTree(ctx, below, p.RootID)
}

// subtree lists a provider and all below it.
func subtree(tree []placement.ResourceProvider, id string) []string {
	all := []string{id}
	for i := 0; i < len(all); i++ {
		for _, p := range tree {
			if p.ParentID == all[i] {
				all = append(all, p.ID)
			}
		}
	}
	return all
}

// DeleteResourceProvider removes a provider that has no children and nothing allocated.
func (m *Manager) DeleteResourceProvider(ctx context.Context, id string) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		p, err := tx.ResourceProvider(ctx, id)
		if err != nil {
			return reword(err, fault.NotFound, named(err), "No resource provider with uuid %s found for delete%.0s", id)
		}
		switch children, err := tx.CountChildren(ctx, id); {
		case err != nil:
			return err
		case children > 0:
			return placement.Conflicting(placement.ParentInUse,
				"Unable to delete parent resource provider %s: It has child resource providers.", id)
		}
		switch claims, err := tx.CountAllocations(ctx, id); {
		case err != nil:
			return err
		case claims > 0:
			return placement.Conflicting(placement.ProviderInUse,
				"Unable to delete resource provider %s: Resource provider has allocations.", id)
		}
		if err := tx.DeleteResourceProvider(ctx, id); err != nil {
			return fmt.Errorf("delete resource provider %q: %w", id, err)
		}
		return tx.Record(ctx, "resource_provider.delete", p)
	})
}
