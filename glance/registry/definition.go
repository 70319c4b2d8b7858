package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cumulet/glance"
	"cumulet/glance/db"
)

// Merge says what becomes of a namespace that is there already when definitions are loaded, as the options of glance-manage load_metadefs.
type Merge int

// The ways to merge.
const (
	Keep      Merge = iota // it stays as it is
	Complete               // it gets what it lacks
	PreferNew              // and what it has becomes what is loaded
	Overwrite              // it is deleted first, with all that it holds
)

// standardLoaded counts the times that the standard definitions were loaded by themselves: once, ever. Were the catalog asked whether it is
// empty, what an operator deleted would be there again after the next start.
const standardLoaded = "standard_definitions"

// LoadStandard gives a new cloud the definitions that it begins with. A registry that is killed meanwhile leaves nothing, and of several
// that start at once the first one loads. As upstream's glance-manage it tells nobody.
func (r *Registry) LoadStandard(ctx context.Context, standard func() ([]glance.Namespace, error)) error {
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		turn, err := tx.Next(ctx, standardLoaded, 1)
		if err != nil {
			return err
		}
		if turn > 1 {
			return errNothingToDo
		}
		made, err := tx.Namespaces(ctx, glance.Caller{Admin: true})
		if err != nil || len(made) > 0 {
			return err // it is an older cloud, whose operator has a catalog
		}
		all, err := standard()
		if err != nil {
			return err
		}
		return tx.InsertNamespaces(ctx, r.dated(all))
	})
	if err != nil && !errors.Is(err, errNothingToDo) {
		return fmt.Errorf("load the standard definitions: %w", err)
	}
	return nil
}

// dated gives namespaces, and all that they hold, ids and times.
func (r *Registry) dated(all []glance.Namespace) []glance.Namespace {
	now := r.Now()
	for i := range all {
		n := &all[i]
		n.ID, n.CreatedAt, n.UpdatedAt = r.NewID(), now, now
		for j := range n.Associations {
			n.Associations[j].CreatedAt, n.Associations[j].UpdatedAt = now, now
		}
		for j := range n.Definitions {
			n.Definitions[j].CreatedAt, n.Definitions[j].UpdatedAt = now, now
		}
	}
	return all
}

// LoadDefinitions puts namespaces into the catalog for an operator, all of them or none, and tells which ones were made or changed.
func (r *Registry) LoadDefinitions(ctx context.Context, namespaces []glance.Namespace, merge Merge) (loaded []string, err error) {
	namespaces = r.dated(namespaces)
	err = r.DB.Tx(ctx, func(tx *db.Tx) error {
		made, err := tx.Namespaces(ctx, glance.Caller{Admin: true})
		if err != nil {
			return err
		}
		loaded = nil
		var fresh []glance.Namespace
		for _, n := range namespaces {
			at := slices.IndexFunc(made, func(m glance.Namespace) bool { return m.Name == n.Name })
			switch {
			case at >= 0 && merge == Keep:
				continue
			case at >= 0 && merge == Overwrite:
				err = tx.DeleteNamespace(ctx, made[at].ID)
				fresh = append(fresh, n)
			case at >= 0:
				err = r.mergeNamespace(ctx, tx, made[at], n, merge == PreferNew)
			default:
				fresh = append(fresh, n)
			}
			if err != nil {
				return err
			}
			loaded = append(loaded, n.Name)
		}
		return tx.InsertNamespaces(ctx, fresh)
	})
	return loaded, err
}

// mergeNamespace adds to a namespace what it lacks; with renew, it says from now on what the new one says.
func (r *Registry) mergeNamespace(ctx context.Context, tx *db.Tx, was, now glance.Namespace, renew bool) error {
	now.ID, now.CreatedAt = was.ID, was.CreatedAt
	if renew {
		if _, err := tx.UpdateNamespace(ctx, now); err != nil {
			return err
		}
	}
	for _, a := range now.Associations {
		at := slices.IndexFunc(was.Associations, func(b glance.Association) bool { return a.Name == b.Name })
		if at >= 0 && !renew {
			continue
		}
		if at >= 0 {
			a.CreatedAt = was.Associations[at].CreatedAt
			if err := tx.DeleteAssociation(ctx, was.ID, a.Name); err != nil {
				return err
			}
		}
		if _, err := tx.InsertAssociation(ctx, was.ID, a); err != nil {
			return err
		}
	}
	for _, d := range now.Definitions {
		_, found, err := tx.Definition(ctx, was.ID, d.Kind, d.Name)
		switch {
		case err == nil && !found:
			_, err = tx.InsertDefinition(ctx, was.ID, d)
		case err == nil && renew:
			_, err = tx.UpdateDefinition(ctx, was.ID, d.Name, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// UnloadDefinitions empties the catalog for an operator, whatever is protected, and tells how many namespaces there were.
func (r *Registry) UnloadDefinitions(ctx context.Context) (unloaded int, err error) {
	err = r.DB.Tx(ctx, func(tx *db.Tx) error {
		made, err := tx.Namespaces(ctx, glance.Caller{Admin: true})
		if err != nil {
			return err
		}
		unloaded = len(made)
		return tx.DeleteCatalog(ctx)
	})
	return unloaded, err
}

// Catalog reads all namespaces with all that they hold, by name.
func (r *Registry) Catalog(ctx context.Context) ([]glance.Namespace, error) {
	all, err := r.ListNamespaces(ctx, glance.ListNamespaces{Caller: glance.Caller{Admin: true}, Page: glance.Page{SortKey: "namespace", Upwards: true}})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Definitions, err = r.DB.Definitions(ctx, all[i].ID, ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}
