package identity

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// CreateGroup makes a group, in the default domain where none is said.
func (m *Manager) CreateGroup(ctx context.Context, g keystone.Group) (keystone.Group, error) {
	domain, err := m.DB.Domain(ctx, g.DomainID)
	if err != nil {
		return g, err
	}
	g.ID, g.DomainID = keystone.NewID(), domain.ID
	return m.Driver.CreateGroup(ctx, g)
}

// AddMember puts a user into a group; both must be there.
func (m *Manager) AddMember(ctx context.Context, in keystone.Membership) error {
	if err := m.both(ctx, in); err != nil {
		return err
	}
	return m.Driver.AddMember(ctx, in)
}

// RemoveMember takes a user out of a group.
func (m *Manager) RemoveMember(ctx context.Context, in keystone.Membership) error {
	if err := m.both(ctx, in); err != nil {
		return err
	}
	return m.Driver.RemoveMember(ctx, in)
}

// CheckMember is a fault unless the user is in the group.
func (m *Manager) CheckMember(ctx context.Context, in keystone.Membership) error {
	if err := m.both(ctx, in); err != nil {
		return err
	}
	is, err := m.Driver.Member(ctx, in)
	if err == nil && !is {
		return fault.New(fault.NotFound, "NotFound", "User '%s' not found in group '%s'", in.UserID, in.GroupID)
	}
	return err
}

// both asks that user and group are there.
func (m *Manager) both(ctx context.Context, in keystone.Membership) error {
	if _, err := m.Driver.User(ctx, in.UserID); err != nil {
		return err
	}
	_, err := m.Driver.Group(ctx, in.GroupID)
	return err
}
