package assignment

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Grant gives an actor a role in a scope; given already, it stays.
func (m *Manager) Grant(ctx context.Context, a keystone.Assignment) error {
	if err := m.grantable(ctx, a); err != nil {
		return err
	}
	return keystone.Named("grant role", a.RoleID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertAssignment(ctx, a); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.role_assignment.created", a)
	}))
}

// Revoke takes a role from an actor. Application credentials that were made with it die with it.
func (m *Manager) Revoke(ctx context.Context, a keystone.Assignment) error {
	if err := m.Exists(ctx, a); err != nil {
		return err
	}
	return keystone.Named("revoke role", a.RoleID, m.Tx(ctx, func(tx *db.Tx) error {
		was, err := tx.DeleteAssignment(ctx, a)
		if err != nil {
			return err
		}
		if !was {
			return keystone.AssignmentNotFound(a)
		}
		return tx.Record(ctx, "identity.role_assignment.deleted", a)
	}))
}

// Granted is a fault unless the actor has just this role in just this scope.
func (m *Manager) Granted(ctx context.Context, a keystone.Assignment) error {
	if err := m.Exists(ctx, a); err != nil {
		return err
	}
	is, err := m.Assigned(ctx, a)
	if err == nil && !is {
		return keystone.AssignmentNotFound(a)
	}
	return err
}

// Grants lists the roles that an actor was given in just this scope.
func (m *Manager) Grants(ctx context.Context, a keystone.Assignment) ([]keystone.Role, error) {
	if err := m.Exists(ctx, a); err != nil {
		return nil, err
	}
	given, err := m.Assignments(ctx, []keystone.Actor{a.Actor()}, []keystone.Scope{a.Scope()})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, g := range given {
		if g.Scope() == a.Scope() && g.Actor() == a.Actor() && g.Inherited == a.Inherited {
			ids = append(ids, g.RoleID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return m.RolesByID(ctx, ids)
}

// Exists is a fault unless actor, scope and role (where one is named) are there.
func (m *Manager) Exists(ctx context.Context, a keystone.Assignment) error {
	if a.RoleID != "" {
		if _, err := m.Role(ctx, a.RoleID); err != nil {
			return err
		}
	}
	var err error
	if a.ActorKind == keystone.ToUser {
		_, err = m.Identity.User(ctx, a.ActorID)
	} else {
		_, err = m.Identity.Group(ctx, a.ActorID)
	}
	if err != nil {
		return err
	}
	switch a.ScopeKind {
	case keystone.OnProject:
		_, err = m.Project(ctx, a.ScopeID)
	case keystone.OnDomain:
		_, err = m.Domain(ctx, a.ScopeID)
	}
	return err
}

// grantable is Exists, and that a domain's role stays in its domain.
func (m *Manager) grantable(ctx context.Context, a keystone.Assignment) error {
	if err := m.Exists(ctx, a); err != nil {
		return err
	}
	role, err := m.Role(ctx, a.RoleID)
	if err != nil || role.DomainID == "" {
		return err
	}
	if a.ScopeKind == keystone.OnSystem {
		return keystone.Invalid("Role %s is a domain-specific role. Unable to use a domain-specific role in a system assignment.", role.ID)
	}
	scope, err := m.Project(ctx, a.ScopeID)
	if err == nil && scope.HomeDomain() != role.DomainID {
		return fault.New(fault.Forbidden, "DomainSpecificRoleMismatch",
			"Project %s must be in the same domain as the role %s being assigned.", a.ScopeID, role.ID)
	}
	return err
}
