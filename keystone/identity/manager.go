package identity

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/password"
)

// Driver is where users and groups are: keystone/drivers/sql, with the directories of companies beside it. Things that are not there
// are faults of kind not-found, names that are taken of kind conflict.
type Driver interface {
	User(ctx context.Context, id string) (keystone.User, error)
	UserByName(ctx context.Context, domainID, name string) (keystone.User, error)
	Users(ctx context.Context, q keystone.Query) ([]keystone.User, error)
	// Elsewhere tells whether a list is of a directory, in which others change things and tell nobody.
	Elsewhere(ctx context.Context, q keystone.Query) (bool, error)
	CreateUser(ctx context.Context, u keystone.User, password *string) (keystone.User, error)
	UpdateUser(ctx context.Context, id string, change keystone.UserChange) (keystone.User, error)
	DeleteUser(ctx context.Context, id string) error

	// Authenticate is nil when the password is right. A user without an id is nobody in a domain, which fails like a wrong password and
	// takes as long.
	Authenticate(ctx context.Context, u keystone.User, password string) error
	// Expired is nil unless the user must change the password before signing in with it.
	Expired(u keystone.User) error
	ChangePassword(ctx context.Context, u keystone.User, original, password string) error
	// Active is told of each sign-in, by whichever method.
	Active(ctx context.Context, u keystone.User) error

	Group(ctx context.Context, id string) (keystone.Group, error)
	Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error)
	GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error)
	UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error)
	CreateGroup(ctx context.Context, g keystone.Group) (keystone.Group, error)
	UpdateGroup(ctx context.Context, id string, change keystone.GroupChange) (keystone.Group, error)
	DeleteGroup(ctx context.Context, id string) error
	Member(ctx context.Context, m keystone.Membership) (bool, error)
	AddMember(ctx context.Context, m keystone.Membership) error
	RemoveMember(ctx context.Context, m keystone.Membership) error
}

// Manager is the users and groups of the cloud.
type Manager struct {
	Driver
	DB *db.DB // domains, and the event log
	// Pattern is what passwords that people choose must match; Requirement says it in words.
	Pattern     password.Pattern
	Requirement string
	// Witness, where set, tells whether a try to sign in that ended so is recorded.
	Witness func(keystone.Outcome) bool
}
