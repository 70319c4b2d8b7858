package assignment

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// CreateRole makes a role.
func (m *Manager) CreateRole(ctx context.Context, r keystone.Role) (keystone.Role, error) {
	if r.DomainID != "" {
		if _, err := m.Domain(ctx, r.DomainID); err != nil {
			return r, err
		}
	}
	r.ID = keystone.NewID()
	return r, keystone.Named("create role", r.Name, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertRole(ctx, r, taken(r)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.role.created", r)
	}))
}

// UpdateRole changes a role.
func (m *Manager) UpdateRole(ctx context.Context, id string, change keystone.RoleChange) (r keystone.Role, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if r, err = tx.Role(ctx, id); err != nil {
			return err
		}
		if r.Immutable() && !change.Thaws() {
			return keystone.ImmutableUpdate("role", id)
		}
		change.Apply(&r)
		if err := tx.UpdateRole(ctx, r, taken(r)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.role.updated", r)
	})
	return r, keystone.Named("update role", id, err)
}

// DeleteRole deletes a role, and with it all assignments and inferences of it.
func (m *Manager) DeleteRole(ctx context.Context, id string) error {
	return keystone.Named("delete role", id, m.Tx(ctx, func(tx *db.Tx) error {
		r, err := tx.Role(ctx, id)
		if err != nil {
			return err
		}
		if r.Immutable() {
			return keystone.ImmutableDelete("role", id)
		}
		if err := tx.DeleteRole(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.role.deleted", r)
	}))
}

// taken is the conflict of a role whose name is. As keystone/assignment/role_backends/sql.py.
func taken(r keystone.Role) *fault.Fault {
	return keystone.Conflict("role", "Duplicate entry found with name "+r.Name)
}

// Imply makes prior imply another role. Both must be there; a role of a domain cannot be implied by a global one.
func (m *Manager) Imply(ctx context.Context, i keystone.ImpliedRole) error {
	prior, implied, err := m.both(ctx, i)
	if err != nil {
		return err
	}
	if prior.DomainID == "" && implied.DomainID != "" {
		return keystone.Forbidden("%s cannot be an implied roles.", implied.ID)
	}
	if implied.Name == "admin" { // as [assignment] prohibited_implied_role
		return keystone.Forbidden("%s cannot be an implied roles.", implied.ID)
	}
	return keystone.Named("imply by role", prior.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertImpliedRole(ctx, i); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.implied_role.created", i)
	}))
}

// Unimply ends an inference.
func (m *Manager) Unimply(ctx context.Context, i keystone.ImpliedRole) error {
	return keystone.Named("no longer imply by role", i.PriorID, m.Tx(ctx, func(tx *db.Tx) error {
		was, err := tx.DeleteImpliedRole(ctx, i)
		if err != nil {
			return err
		}
		if !was {
			return notImplied(i)
		}
		return tx.Record(ctx, "identity.implied_role.deleted", i)
	}))
}

// Implied is the two roles of an inference, or a fault where it does not hold.
func (m *Manager) Implied(ctx context.Context, i keystone.ImpliedRole) (prior, implied keystone.Role, err error) {
	if prior, implied, err = m.both(ctx, i); err != nil {
		return
	}
	all, err := m.ImpliedRoles(ctx)
	for _, known := range all {
		if known == i {
			return prior, implied, nil
		}
	}
	if err == nil {
		err = notImplied(i)
	}
	return
}

func (m *Manager) both(ctx context.Context, i keystone.ImpliedRole) (prior, implied keystone.Role, err error) {
	if prior, err = m.Role(ctx, i.PriorID); err != nil {
		return
	}
	implied, err = m.Role(ctx, i.ImpliedID)
	return
}

func notImplied(i keystone.ImpliedRole) error {
	return fault.New(fault.NotFound, "ImpliedRoleNotFound", "%s does not imply %s.", i.PriorID, i.ImpliedID)
}
