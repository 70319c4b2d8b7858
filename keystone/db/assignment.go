package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type assignmentRow struct {
	bun.BaseModel `bun:"table:assignment,alias:t"`
	keystone.Assignment
}

// Assignments lists the assignments that have any of the actors and any of the scopes; a nil list is any at all.
func (r rows) Assignments(ctx context.Context, actors []keystone.Actor, scopes []keystone.Scope) ([]keystone.Assignment, error) {
	var found []assignmentRow
	s := r.IDB.NewSelect().Model(&found).OrderExpr("actor_id, scope_id, role_id, inherited")
	if actors != nil {
		ids := make([]string, len(actors))
		for i, a := range actors {
			ids[i] = a.ID
		}
		s = s.Where("actor_id IN (?)", bun.In(ids))
	}
	if scopes != nil {
		ids := make([]string, len(scopes))
		for i, scope := range scopes {
			ids[i] = scope.ID
		}
		s = s.Where("scope_id IN (?)", bun.In(ids))
	}
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	assignments := make([]keystone.Assignment, len(found))
	for i, row := range found {
		assignments[i] = row.Assignment
	}
	return assignments, nil
}

// Assigned tells whether the very assignment is there.
func (r rows) Assigned(ctx context.Context, a keystone.Assignment) (bool, error) {
	return r.IDB.NewSelect().Model((*assignmentRow)(nil)).Where(sameAssignment,
		a.ActorKind, a.ActorID, a.ScopeKind, a.ScopeID, a.RoleID, a.Inherited).Exists(ctx)
}

const sameAssignment = "actor_kind = ? AND actor_id = ? AND scope_kind = ? AND scope_id = ? AND role_id = ? AND inherited = ?"

// InsertAssignment writes an assignment; being there already is fine.
func (t *Tx) InsertAssignment(ctx context.Context, a keystone.Assignment) error {
	return t.insert(ctx, &assignmentRow{Assignment: a}, nil)
}

// DeleteAssignment deletes an assignment and tells whether it was there.
func (t *Tx) DeleteAssignment(ctx context.Context, a keystone.Assignment) (bool, error) {
	n, err := t.remove(ctx, (*assignmentRow)(nil), sameAssignment,
		a.ActorKind, a.ActorID, a.ScopeKind, a.ScopeID, a.RoleID, a.Inherited)
	return n > 0, err
}
