package identity

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// Group is the group of an id.
func (b *ByDomain) Group(ctx context.Context, id string) (keystone.Group, error) {
	directory, m, err := b.whose(ctx, id, keystone.ToGroup)
	if err != nil {
		return keystone.Group{}, err
	}
	if directory == nil {
		return b.Driver.Group(ctx, id)
	}
	g, err := directory.Group(ctx, m.LocalID)
	g.ID = id
	return g, called("group", id, err)
}

// Groups lists groups: of a domain's directory, or the cloud's own.
func (b *ByDomain) Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error) {
	directory, domainID, err := b.inDirectory(ctx, q)
	if err != nil {
		return nil, err
	}
	if directory == nil {
		return b.Driver.Groups(ctx, q)
	}
	groups, err := directory.Groups(ctx, q)
	if err != nil {
		return nil, err
	}
	return b.calledGroups(ctx, domainID, groups)
}

// calledGroups gives groups of a directory the ids that they have here.
func (b *ByDomain) calledGroups(ctx context.Context, domainID string, groups []keystone.Group) ([]keystone.Group, error) {
	return calledHere(ctx, b, domainID, keystone.ToGroup, groups, func(g *keystone.Group) (*string, string) { return &g.ID, g.Name })
}

// GroupsOfUser lists the groups a user is in.
func (b *ByDomain) GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error) {
	directory, m, err := b.whose(ctx, userID, keystone.ToUser)
	if err != nil {
		return nil, err
	}
	if directory == nil {
		return b.Driver.GroupsOfUser(ctx, userID)
	}
	groups, err := directory.GroupsOfUser(ctx, m.LocalID)
	if err != nil {
		return nil, called("user", userID, err)
	}
	return b.calledGroups(ctx, m.DomainID, groups)
}

// UsersInGroup lists the users of a group.
func (b *ByDomain) UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error) {
	directory, m, err := b.whose(ctx, groupID, keystone.ToGroup)
	if err != nil {
		return nil, err
	}
	if directory == nil {
		return b.Driver.UsersInGroup(ctx, groupID)
	}
	users, err := directory.UsersInGroup(ctx, m.LocalID)
	if err != nil {
		return nil, called("group", groupID, err)
	}
	return b.calledUsers(ctx, m.DomainID, users)
}

// CreateGroup makes one of the cloud's own groups.
func (b *ByDomain) CreateGroup(ctx context.Context, g keystone.Group) (keystone.Group, error) {
	if err := b.roomIn(ctx, g.DomainID); err != nil {
		return g, err
	}
	return b.Driver.CreateGroup(ctx, g)
}

// UpdateGroup changes one of the cloud's own groups.
func (b *ByDomain) UpdateGroup(ctx context.Context, id string, change keystone.GroupChange) (keystone.Group, error) {
	if err := b.writable(ctx, id, keystone.ToGroup); err != nil {
		return keystone.Group{}, err
	}
	return b.Driver.UpdateGroup(ctx, id, change)
}

// DeleteGroup deletes one of the cloud's own groups.
func (b *ByDomain) DeleteGroup(ctx context.Context, id string) error {
	if err := b.writable(ctx, id, keystone.ToGroup); err != nil {
		return err
	}
	return b.Driver.DeleteGroup(ctx, id)
}

// Member tells whether a user is in a group.
func (b *ByDomain) Member(ctx context.Context, in keystone.Membership) (bool, error) {
	foreign, err := b.together(ctx, in)
	if err != nil {
		return false, err
	}
	if !foreign {
		return b.Driver.Member(ctx, in)
	}
	groups, err := b.GroupsOfUser(ctx, in.UserID)
	return slices.ContainsFunc(groups, func(g keystone.Group) bool { return g.ID == in.GroupID }), err
}

// AddMember puts one of the cloud's own users into a group.
func (b *ByDomain) AddMember(ctx context.Context, in keystone.Membership) error {
	if foreign, err := b.together(ctx, in); err != nil || foreign {
		return orReadOnly(err)
	}
	return b.Driver.AddMember(ctx, in)
}

// RemoveMember takes one of the cloud's own users out of a group.
func (b *ByDomain) RemoveMember(ctx context.Context, in keystone.Membership) error {
	if foreign, err := b.together(ctx, in); err != nil || foreign {
		return orReadOnly(err)
	}
	return b.Driver.RemoveMember(ctx, in)
}

func orReadOnly(err error) error {
	if err == nil {
		return readOnly()
	}
	return err
}

// together refuses a user and a group of different directories, and tells whether both are of one that is not the cloud's own. As
// keystone/identity/core.py, _assert_user_and_group_in_same_backend.
func (b *ByDomain) together(ctx context.Context, in keystone.Membership) (foreign bool, err error) {
	users, _, err := b.whose(ctx, in.UserID, keystone.ToUser)
	if err != nil {
		return false, err
	}
	groups, _, err := b.whose(ctx, in.GroupID, keystone.ToGroup)
	if err == nil && users != groups {
		err = fault.New(fault.Forbidden, "CrossBackendNotAllowed",
			"Group membership across backend boundaries is not allowed. Group in question is %s, user is %s.", in.GroupID, in.UserID)
	}
	return users != nil, err
}
