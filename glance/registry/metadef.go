package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/glance/db"
)

// namespaceReader is what a namespace can be read from.
type namespaceReader interface {
	Namespace(ctx context.Context, name string) (glance.Namespace, error)
}

// seenNamespace reads a namespace; one that the caller may not see does not exist.
func seenNamespace(ctx context.Context, from namespaceReader, caller glance.Caller, name string) (glance.Namespace, error) {
	n, err := from.Namespace(ctx, name)
	if err == nil && !caller.SeesNamespace(n) {
		err = glance.NamespaceNotFound(name)
	}
	return n, err
}

// CreateNamespace makes a namespace with all that it holds.
func (r *Registry) CreateNamespace(ctx context.Context, m glance.CreateNamespace) (glance.Namespace, error) {
	ctx = r.under(ctx, m.Caller)
	n := m.Namespace
	n.ID, n.CreatedAt = r.NewID(), r.Now()
	n.UpdatedAt = n.CreatedAt
	return n, r.DB.Tx(ctx, func(tx *db.Tx) error {
		duplicate, err := tx.InsertNamespace(ctx, n)
		if err == nil && duplicate {
			err = glance.Conflict("The metadata definition namespace=%s already exists.", n.Name)
		}
		if err == nil {
			err = recordNamespace(ctx, tx, "create", n, n.Name)
		}
		if err != nil {
			return err
		}
		for i := range n.Associations {
			if err := r.associate(ctx, tx, n, &n.Associations[i]); err != nil {
				return err
			}
		}
		return r.define(ctx, tx, n, n.Definitions)
	})
}

// define adds definitions to a namespace, and gives them their times.
func (r *Registry) define(ctx context.Context, tx *db.Tx, n glance.Namespace, definitions []glance.Definition) error {
	for i := range definitions {
		d := &definitions[i]
		d.CreatedAt = r.Now()
		d.UpdatedAt = d.CreatedAt
		duplicate, err := tx.InsertDefinition(ctx, n.ID, *d)
		if err == nil && duplicate {
			err = glance.DefinitionTaken(n.Name, d.Kind, d.Name)
		}
		if err == nil {
			err = recordDefinition(ctx, tx, "create", n, *d, d.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recordNamespace writes what happened to a namespace into the log, without what it holds, which has events of its own.
func recordNamespace(ctx context.Context, tx *db.Tx, deed string, n glance.Namespace, oldName string) error {
	n.Associations, n.Definitions = nil, nil
	return tx.Record(ctx, "metadef_namespace."+deed, glance.NamespaceChange{Namespace: n, OldName: oldName})
}

func recordDefinition(ctx context.Context, tx *db.Tx, deed string, n glance.Namespace, d glance.Definition, oldName string) error {
	change := glance.DefinitionChange{Namespace: n.Name, Owner: n.Owner, Definition: d, OldName: oldName}
	return tx.Record(ctx, "metadef_"+string(d.Kind)+"."+deed, change)
}

func recordAssociation(ctx context.Context, tx *db.Tx, deed string, n glance.Namespace, a glance.Association) error {
	return tx.Record(ctx, "metadef_resource_type."+deed, glance.AssociationChange{Namespace: n.Name, Owner: n.Owner, Association: a})
}

func (r *Registry) associate(ctx context.Context, tx *db.Tx, n glance.Namespace, a *glance.Association) error {
	a.CreatedAt = r.Now()
	a.UpdatedAt = a.CreatedAt
	duplicate, err := tx.InsertAssociation(ctx, n.ID, *a)
	if err == nil && duplicate {
		err = glance.Conflict("The metadata definition resource-type association of resource-type=%s to namespace=%s already exists.", a.Name, n.Name)
	}
	if err == nil {
		err = recordAssociation(ctx, tx, "create", n, *a)
	}
	return err
}

// ShowNamespace reads one namespace.
func (r *Registry) ShowNamespace(ctx context.Context, m glance.ShowNamespace) (glance.Namespace, error) {
	n, err := seenNamespace(ctx, r.DB, m.Caller, m.Name)
	if err != nil || !m.Whole {
		return n, err
	}
	if n.Associations, err = r.DB.Associations(ctx, n.ID); err != nil {
		return n, err
	}
	n.Definitions, err = r.DB.Definitions(ctx, n.ID, "")
	return n, err
}

// ListNamespaces reads a page of the namespaces that the caller sees. There are as many as administrators make: some dozens.
func (r *Registry) ListNamespaces(ctx context.Context, m glance.ListNamespaces) ([]glance.Namespace, error) {
	if m.Page.Marker != "" {
		if _, err := seenNamespace(ctx, r.DB, m.Caller, m.Page.Marker); err != nil {
			return nil, err
		}
	}
	all, err := r.DB.Namespaces(ctx, m.Caller)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(n glance.Namespace) bool {
		associated := m.ResourceTypes == nil || slices.ContainsFunc(n.Associations, func(a glance.Association) bool {
			return slices.Contains(m.ResourceTypes, a.Name)
		})
		return m.Visibility != "" && n.Visibility != m.Visibility || !associated
	})
	return page(all, m.Page, func(n glance.Namespace) string { return n.Name }, func(a, b glance.Namespace) int {
		switch m.Page.SortKey {
		case "namespace":
			return strings.Compare(a.Name, b.Name)
		case "updated_at":
			return a.UpdatedAt.Compare(b.UpdatedAt)
		case "id":
			return strings.Compare(a.ID, b.ID)
		}
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	}), nil
}

// page is a part of a list, in the order of compare or, as usual, against it.
func page[T any](all []T, p glance.Page, name func(T) string, compare func(a, b T) int) []T {
	slices.SortStableFunc(all, func(a, b T) int {
		if p.Upwards {
			return compare(a, b)
		}
		return compare(b, a)
	})
	if p.Marker != "" {
		at := slices.IndexFunc(all, func(t T) bool { return name(t) == p.Marker })
		all = all[at+1:]
	}
	if p.Limit != 0 && len(all) > p.Limit {
		all = all[:max(p.Limit, 0)]
	}
	return all
}

// changeNamespace reads a namespace that the caller sees and has do change what it holds, all in one transaction.
func (r *Registry) changeNamespace(ctx context.Context, caller glance.Caller, name string, do func(tx *db.Tx, n *glance.Namespace) error) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := seenNamespace(ctx, tx, caller, name)
		if err != nil {
			return err
		}
		return do(tx, &n)
	})
}

// UpdateNamespace replaces what a namespace says of itself.
func (r *Registry) UpdateNamespace(ctx context.Context, m glance.UpdateNamespace) (updated glance.Namespace, err error) {
	err = r.changeNamespace(ctx, m.Caller, m.Name, func(tx *db.Tx, n *glance.Namespace) error {
		updated = m.Namespace
		updated.ID, updated.CreatedAt, updated.UpdatedAt = n.ID, n.CreatedAt, r.Now()
		duplicate, err := tx.UpdateNamespace(ctx, updated)
		if err == nil && duplicate {
			err = glance.Conflict("Invalid update. It would result in a duplicate metadata definition namespace with the same name of %s", updated.Name)
		}
		if err == nil {
			err = recordNamespace(ctx, tx, "update", updated, n.Name)
		}
		return err
	})
	return updated, err
}

// DeleteNamespace deletes a namespace and all that it holds.
func (r *Registry) DeleteNamespace(ctx context.Context, m glance.DeleteNamespace) error {
	return r.changeNamespace(ctx, m.Caller, m.Name, func(tx *db.Tx, n *glance.Namespace) error {
		if n.Protected {
			return glance.ProtectedDefinition("namespace", n.Name)
		}
		if err := tx.DeleteNamespace(ctx, n.ID); err != nil {
			return err
		}
		return recordNamespace(ctx, tx, "delete", *n, n.Name)
	})
}

// ListDefinitions reads a page of a namespace's definitions of a kind.
func (r *Registry) ListDefinitions(ctx context.Context, m glance.ListDefinitions) ([]glance.Definition, error) {
	n, err := seenNamespace(ctx, r.DB, m.Caller, m.Namespace)
	if err != nil {
		return nil, err
	}
	all, err := r.DB.Definitions(ctx, n.ID, m.Kind)
	if err != nil {
		return nil, err
	}
	if m.Page.Marker != "" && !slices.ContainsFunc(all, func(d glance.Definition) bool { return d.Name == m.Page.Marker }) {
		return nil, glance.DefinitionNotFound(m.Kind, m.Page.Marker)
	}
	return page(all, m.Page, func(d glance.Definition) string { return d.Name }, func(a, b glance.Definition) int {
		switch m.Page.SortKey {
		case "name":
			return strings.Compare(a.Name, b.Name)
		case "updated_at":
			return a.UpdatedAt.Compare(b.UpdatedAt)
		}
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.Name, b.Name))
	}), nil
}

// CreateDefinitions adds definitions to a namespace.
func (r *Registry) CreateDefinitions(ctx context.Context, m glance.CreateDefinitions) ([]glance.Definition, error) {
	ctx = r.under(ctx, m.Caller)
	return m.Definitions, r.changeNamespace(ctx, m.Caller, m.Namespace, func(tx *db.Tx, n *glance.Namespace) error {
		if m.Replace {
			if err := tx.DeleteDefinitions(ctx, n.ID, m.Kind, ""); err != nil {
				return err
			}
		}
		return r.define(ctx, tx, *n, m.Definitions)
	})
}

// ShowDefinition reads one definition.
func (r *Registry) ShowDefinition(ctx context.Context, m glance.ShowDefinition) (glance.Definition, error) {
	n, err := seenNamespace(ctx, r.DB, m.Caller, m.Namespace)
	if err != nil {
		return glance.Definition{}, err
	}
	d, found, err := r.DB.Definition(ctx, n.ID, m.Kind, m.Name)
	if err == nil && !found {
		err = glance.DefinitionNotFound(m.Kind, m.Name)
	}
	return d, err
}

// UpdateDefinition replaces a definition, its name too.
func (r *Registry) UpdateDefinition(ctx context.Context, m glance.UpdateDefinition) (d glance.Definition, err error) {
	err = r.changeNamespace(ctx, m.Caller, m.Namespace, func(tx *db.Tx, n *glance.Namespace) error {
		was, found, err := tx.Definition(ctx, n.ID, m.Definition.Kind, m.Name)
		if err != nil {
			return err
		}
		if !found {
			return glance.DefinitionNotFound(m.Definition.Kind, m.Name)
		}
		d = m.Definition
		d.CreatedAt, d.UpdatedAt = was.CreatedAt, r.Now()
		duplicate, err := tx.UpdateDefinition(ctx, n.ID, m.Name, d)
		if err == nil && duplicate {
			err = glance.NewNameTaken(n.Name, d.Kind, was.Name, d.Name)
		}
		if err == nil {
			err = recordDefinition(ctx, tx, "update", *n, d, was.Name)
		}
		return err
	})
	return d, err
}

// DeleteDefinitions deletes one definition, or all of a kind.
func (r *Registry) DeleteDefinitions(ctx context.Context, m glance.DeleteDefinitions) error {
	return r.changeNamespace(ctx, m.Caller, m.Namespace, func(tx *db.Tx, n *glance.Namespace) error {
		if m.Name == "" {
			if n.Protected {
				return glance.ProtectedDefinition("namespace", n.Name)
			}
			if err := tx.DeleteDefinitions(ctx, n.ID, m.Kind, ""); err != nil {
				return err
			}
			return recordNamespace(ctx, tx, "delete_"+m.Kind.Plural(), *n, n.Name)
		}
		d, found, err := tx.Definition(ctx, n.ID, m.Kind, m.Name)
		if err != nil {
			return err
		}
		if !found {
			return glance.DefinitionNotFound(m.Kind, m.Name)
		}
		if n.Protected {
			return glance.ProtectedDefinition(string(m.Kind), m.Name)
		}
		if err := tx.DeleteDefinitions(ctx, n.ID, m.Kind, m.Name); err != nil {
			return err
		}
		return recordDefinition(ctx, tx, "delete", *n, d, d.Name)
	})
}

// ListResourceTypes reads all there are.
func (r *Registry) ListResourceTypes(ctx context.Context, _ glance.ListResourceTypes) ([]glance.ResourceType, error) {
	return r.DB.ResourceTypes(ctx)
}

// Associate says that a resource type may carry a namespace's properties.
func (r *Registry) Associate(ctx context.Context, m glance.Associate) (glance.Association, error) {
	ctx = r.under(ctx, m.Caller)
	return m.Association, r.changeNamespace(ctx, m.Caller, m.Namespace, func(tx *db.Tx, n *glance.Namespace) error {
		return r.associate(ctx, tx, *n, &m.Association)
	})
}

// Dissociate ends that.
func (r *Registry) Dissociate(ctx context.Context, m glance.Dissociate) error {
	return r.changeNamespace(ctx, m.Caller, m.Namespace, func(tx *db.Tx, n *glance.Namespace) error {
		all, err := tx.Associations(ctx, n.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(a glance.Association) bool { return a.Name == m.ResourceType })
		if at < 0 {
			return glance.NoSuchAssociation(m.ResourceType)
		}
		if n.Protected {
			return glance.ProtectedDefinition("resource-type-association", m.ResourceType)
		}
		if err := tx.DeleteAssociation(ctx, n.ID, m.ResourceType); err != nil {
			return err
		}
		return recordAssociation(ctx, tx, "delete", *n, all[at])
	})
}
