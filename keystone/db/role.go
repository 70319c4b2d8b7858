package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type roleRow struct {
	bun.BaseModel `bun:"table:role,alias:t"`
	keystone.Role
}

type impliedRoleRow struct {
	bun.BaseModel `bun:"table:implied_role,alias:t"`
	keystone.ImpliedRole
}

// Role is the role of an id.
func (r rows) Role(ctx context.Context, id string) (keystone.Role, error) {
	var found roleRow
	err := r.find(ctx, &found, "role", id, "id = ?", id)
	return found.Role, err
}

// RoleByName is the role of a name; the global one where domainID is "".
func (r rows) RoleByName(ctx context.Context, domainID, name string) (keystone.Role, error) {
	var found roleRow
	err := r.find(ctx, &found, "role", name, "domain_id = ? AND name = ?", domainID, name)
	return found.Role, err
}

// Roles lists roles by name and domain_id ("" is global).
func (r rows) Roles(ctx context.Context, q keystone.Query) ([]keystone.Role, error) {
	var found []roleRow
	err := r.list(ctx, &found, q, "id", "name", "domain_id")
	return rolesOf(found), err
}

// RolesByID lists the roles of ids.
func (r rows) RolesByID(ctx context.Context, ids []string) ([]keystone.Role, error) {
	var found []roleRow
	err := r.IDB.NewSelect().Model(&found).Where("id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return rolesOf(found), err
}

func rolesOf(found []roleRow) []keystone.Role {
	roles := make([]keystone.Role, len(found))
	for i, role := range found {
		roles[i] = role.Role
	}
	return roles
}

// InsertRole writes a new role.
func (t *Tx) InsertRole(ctx context.Context, r keystone.Role, taken error) error {
	return t.insert(ctx, &roleRow{Role: r}, taken)
}

// UpdateRole writes a role.
func (t *Tx) UpdateRole(ctx context.Context, r keystone.Role, taken error) error {
	return t.update(ctx, r.ID, &roleRow{Role: r}, taken)
}

// DeleteRole deletes a role, its inferences and assignments.
func (t *Tx) DeleteRole(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*impliedRoleRow)(nil), "prior_id = ? OR implied_id = ?", id, id); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*assignmentRow)(nil), "role_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*roleRow)(nil), "id = ?", id)
	return err
}

// ImpliedRoles lists all inferences; there are few.
func (r rows) ImpliedRoles(ctx context.Context) ([]keystone.ImpliedRole, error) {
	var found []impliedRoleRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("prior_id, implied_id").Scan(ctx)
	implied := make([]keystone.ImpliedRole, len(found))
	for i, row := range found {
		implied[i] = row.ImpliedRole
	}
	return implied, err
}

// InsertImpliedRole writes an inference.
func (t *Tx) InsertImpliedRole(ctx context.Context, i keystone.ImpliedRole) error {
	return t.insert(ctx, &impliedRoleRow{ImpliedRole: i}, keystone.Conflict("implied_role", "Duplicate entry"))
}

// DeleteImpliedRole deletes an inference and tells whether it was there.
func (t *Tx) DeleteImpliedRole(ctx context.Context, i keystone.ImpliedRole) (bool, error) {
	n, err := t.remove(ctx, (*impliedRoleRow)(nil), "prior_id = ? AND implied_id = ?", i.PriorID, i.ImpliedID)
	return n > 0, err
}
