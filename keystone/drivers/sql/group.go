package sql

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Group is the group of an id.
func (d *Driver) Group(ctx context.Context, id string) (keystone.Group, error) {
	return d.DB.Group(ctx, id)
}

// Groups lists groups.
func (d *Driver) Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error) {
	return d.DB.Groups(ctx, q)
}

// GroupsOfUser lists the groups a user is in, and those that identity providers told of of late. As keystone/identity/backends/sql.py,
// list_groups_for_user.
func (d *Driver) GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error) {
	groups, err := d.DB.GroupsOfUser(ctx, userID)
	if err != nil {
		return groups, err
	}
	told, err := d.DB.ExpiringMemberships(ctx, userID)
	if err != nil || len(told) == 0 {
		return groups, err
	}
	there, err := d.DB.ToldGroups(ctx, userID)
	for _, m := range told {
		ends := m.Ends(d.Config.DefaultAuthorizationTTL)
		g, is := there[m.GroupID]
		if !is || !d.Now().Before(ends) || slices.ContainsFunc(groups, func(g keystone.Group) bool { return g.ID == m.GroupID }) {
			continue
		}
		g.MembershipExpiresAt = &ends
		groups = append(groups, g)
	}
	return groups, err
}

// CreateGroup writes a new group.
func (d *Driver) CreateGroup(ctx context.Context, g keystone.Group) (keystone.Group, error) {
	return g, keystone.Named("create group", g.Name, d.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.group.created", g)
	}))
}

// UpdateGroup changes a group.
func (d *Driver) UpdateGroup(ctx context.Context, id string, change keystone.GroupChange) (g keystone.Group, err error) {
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if g, err = tx.Group(ctx, id); err != nil {
			return err
		}
		change.Apply(&g)
		if err := tx.UpdateGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.group.updated", g)
	})
	return g, keystone.Named("update group", id, err)
}

// DeleteGroup deletes a group.
func (d *Driver) DeleteGroup(ctx context.Context, id string) error {
	return keystone.Named("delete group", id, d.DB.Tx(ctx, func(tx *db.Tx) error {
		g, err := tx.Group(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteGroup(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.group.deleted", g)
	}))
}

// Member tells whether a user is in a group.
func (d *Driver) Member(ctx context.Context, m keystone.Membership) (bool, error) {
	return d.DB.Member(ctx, m)
}

// AddMember puts a user into a group.
func (d *Driver) AddMember(ctx context.Context, m keystone.Membership) error {
	return keystone.Named("add to group", m.GroupID, d.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertMembership(ctx, m); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.group.user_added", m)
	}))
}

// RemoveMember takes a user out of a group.
func (d *Driver) RemoveMember(ctx context.Context, m keystone.Membership) error {
	return keystone.Named("remove from group", m.GroupID, d.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := tx.DeleteMembership(ctx, m)
		if err != nil {
			return err
		}
		if !was { // as keystone/identity/backends/sql.py, remove_user_from_group
			return fault.New(fault.NotFound, "NotFound", "User '%s' not found in group '%s'", m.UserID, m.GroupID)
		}
		return tx.Record(ctx, "identity.group.user_removed", m)
	}))
}
