package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type groupRow struct {
	bun.BaseModel `bun:"table:group,alias:t"`
	keystone.Group
}

type membershipRow struct {
	bun.BaseModel `bun:"table:membership,alias:t"`
	keystone.Membership
}

// Group is the group of an id.
func (r rows) Group(ctx context.Context, id string) (keystone.Group, error) {
	var g groupRow
	err := r.find(ctx, &g, "group", id, "id = ?", id)
	return g.Group, err
}

// Groups lists groups by name and domain_id.
func (r rows) Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error) {
	var found []groupRow
	err := r.list(ctx, &found, q, "id", "name", "domain_id")
	return groupsOf(found), err
}

// GroupsOfUser lists the groups a user is in.
func (r rows) GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error) {
	var found []groupRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT group_id FROM membership WHERE user_id = ?)", userID).Scan(ctx)
	return groupsOf(found), err
}

// UsersInGroup lists the users of a group.
func (r rows) UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error) {
	var found []userRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT user_id FROM membership WHERE group_id = ?)", groupID).Scan(ctx)
	return usersOf(found), err
}

// Member tells whether a user is in a group.
func (r rows) Member(ctx context.Context, m keystone.Membership) (bool, error) {
	return r.IDB.NewSelect().Model((*membershipRow)(nil)).
		Where("user_id = ? AND group_id = ?", m.UserID, m.GroupID).Exists(ctx)
}

func groupsOf(found []groupRow) []keystone.Group {
	groups := make([]keystone.Group, len(found))
	for i, g := range found {
		groups[i] = g.Group
	}
	return groups
}

// InsertGroup writes a new group.
func (t *Tx) InsertGroup(ctx context.Context, g keystone.Group) error {
	return t.insert(ctx, &groupRow{Group: g}, keystone.NameTaken("group", g.Name, g.DomainID))
}

// UpdateGroup writes a group.
func (t *Tx) UpdateGroup(ctx context.Context, g keystone.Group) error {
	return t.update(ctx, g.ID, &groupRow{Group: g}, keystone.NameTaken("group", g.Name, g.DomainID))
}

// DeleteGroup deletes a group, its memberships and assignments.
func (t *Tx) DeleteGroup(ctx context.Context, id string) error {
	for _, members := range []any{(*membershipRow)(nil), (*expiringMembershipRow)(nil)} {
		if _, err := t.remove(ctx, members, "group_id = ?", id); err != nil {
			return err
		}
	}
	if _, err := t.remove(ctx, (*assignmentRow)(nil), "actor_kind = ? AND actor_id = ?", keystone.ToGroup, id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*groupRow)(nil), "id = ?", id)
	return err
}

// InsertMembership puts a user into a group; being in it already is fine.
func (t *Tx) InsertMembership(ctx context.Context, m keystone.Membership) error {
	return t.insert(ctx, &membershipRow{Membership: m}, nil)
}

// DeleteMembership takes a user out of a group and tells whether they were in it.
func (t *Tx) DeleteMembership(ctx context.Context, m keystone.Membership) (bool, error) {
	n, err := t.remove(ctx, (*membershipRow)(nil), "user_id = ? AND group_id = ?", m.UserID, m.GroupID)
	return n > 0, err
}
