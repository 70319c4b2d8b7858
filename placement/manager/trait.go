package manager

import (
	"context"
	"slices"
	"strings"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// TraitQuery narrows a list of traits.
type TraitQuery struct {
	Names  []string // nil for all
	Prefix string
	// Associated keeps those that some provider has, or that none has.
	Associated *bool
}

// Traits lists traits by name.
func (m *Manager) Traits(ctx context.Context, q TraitQuery) ([]placement.Trait, error) {
	all, err := m.DB.CustomTraits(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range placement.StandardTraits() {
		all = append(all, placement.Trait{Name: name})
	}
	var used []string
	if q.Associated != nil {
		if used, err = m.DB.TraitsInUse(ctx); err != nil {
			return nil, err
		}
	}
	all = slices.DeleteFunc(all, func(t placement.Trait) bool {
		return q.Names != nil && !slices.Contains(q.Names, t.Name) || !strings.HasPrefix(t.Name, q.Prefix) ||
			q.Associated != nil && slices.Contains(used, t.Name) != *q.Associated
	})
	slices.SortFunc(all, func(a, b placement.Trait) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Trait is the trait of that name.
func (m *Manager) Trait(ctx context.Context, name string) (placement.Trait, error) {
	if _, standard := slices.BinarySearch(placement.StandardTraits(), name); standard {
		return placement.Trait{Name: name}, nil
	}
	return m.DB.CustomTrait(ctx, name)
}

// CreateTrait makes a trait unless it exists, and tells whether it did.
func (m *Manager) CreateTrait(ctx context.Context, name string) (t placement.Trait, created bool, err error) {
	if !placement.Custom(name) {
		return t, false, placement.Invalid(`The trait is invalid. A valid trait must be no longer than 255 characters, ` +
			`start with the prefix "CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"`)
	}
	t = placement.Trait{Name: name, CreatedAt: m.Now()}
	err = m.DB.Tx(ctx, func(tx *rows.Tx) error {
		created = false
		old, err := tx.CustomTrait(ctx, name)
		if !fault.Is(err, fault.NotFound) {
			t = old
			return err
		}
		created = true
		if err := tx.InsertTrait(ctx, t); err != nil {
			return err
		}
		return tx.Record(ctx, "trait.create", t)
	})
	if db.Duplicate(err) {
		return t, false, nil
	}
	return t, created, err
}

// DeleteTrait forgets a trait that no provider has.
func (m *Manager) DeleteTrait(ctx context.Context, name string) error {
	if _, standard := slices.BinarySearch(placement.StandardTraits(), name); standard {
		return placement.Invalid("Cannot delete standard trait %s.", name)
	}
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		t, err := tx.CustomTrait(ctx, name)
		if err != nil {
			return err
		}
		switch n, err := tx.CountTraitUses(ctx, name); {
		case err != nil:
			return err
		case n > 0:
			return placement.Conflicting("TraitInUse", "The trait %s is in use by a resource provider.", name)
		}
		if err := tx.DeleteTrait(ctx, name); err != nil {
			return err
		}
		return tx.Record(ctx, "trait.delete", t)
	})
}

// ProviderTraits lists a provider's traits.
func (m *Manager) ProviderTraits(ctx context.Context, id string) (placement.ResourceProvider, []string, error) {
	p, err := m.DB.ResourceProvider(ctx, id)
	if err != nil {
		return p, nil, reword(err, fault.NotFound, named(err), "No resource provider with uuid %s found: %s", id)
	}
	traits, err := m.DB.TraitsOf(ctx, []string{id})
	return p, traits[id], err
}

// SetProviderTraits gives a provider these traits and no others; a nil generation does not matter.
func (m *Manager) SetProviderTraits(ctx context.Context, id string, generation *int, traits []string) (p placement.ResourceProvider, err error) {
	traits = slices.Compact(slices.Sorted(slices.Values(traits)))
	err = m.DB.Tx(ctx, func(tx *rows.Tx) (err error) {
		if p, err = tx.ResourceProvider(ctx, id); err != nil {
			return err
		}
		if generation != nil && *generation != p.Generation {
			return generationChanged()
		}
		if err := knownTraits(ctx, tx, traits); err != nil {
			if unknown, ok := strings.CutPrefix(textOf(err), "No such trait(s): "); ok {
				return placement.Invalid("No such trait %s", strings.TrimSuffix(unknown, "."))
			}
			return err
		}
		old, err := tx.TraitsOf(ctx, []string{id})
		if err != nil || slices.Equal(old[id], traits) {
			return err
		}
		if err := tx.SetTraits(ctx, id, traits); err != nil {
			return err
		}
		if err := m.bump(ctx, tx, &p); err != nil {
			return err
		}
		return tx.Record(ctx, "resource_provider.traits.update", p)
	})
	return p, err
}

func generationChanged() error {
	return placement.Conflicting(placement.ConcurrentUpdate,
		"Resource provider's generation already changed. Please update the generation and try again.")
}

func textOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Text
	}
	return ""
}
