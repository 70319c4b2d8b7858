package identity

import (
	"context"

	"cumulet/keystone"
)

// User is the user of an id.
func (b *ByDomain) User(ctx context.Context, id string) (keystone.User, error) {
	directory, m, err := b.whose(ctx, id, keystone.ToUser)
	if err != nil {
		return keystone.User{}, err
	}
	if directory == nil {
		return b.Driver.User(ctx, id)
	}
	u, err := directory.User(ctx, m.LocalID)
	u.ID = id
	return u, called("user", id, err)
}

// UserByName is the user of a name in a domain.
func (b *ByDomain) UserByName(ctx context.Context, domainID, name string) (keystone.User, error) {
	directory, err := b.Directories.Of(ctx, domainID)
	if err != nil {
		return keystone.User{}, err
	}
	if directory == nil {
		return b.Driver.UserByName(ctx, domainID, name)
	}
	u, err := directory.UserByName(ctx, name)
	if err != nil {
		return u, err
	}
	users, err := b.calledUsers(ctx, domainID, []keystone.User{u})
	if err == nil && len(users) == 0 {
		err = keystone.NotFound("user", name)
	}
	if err != nil {
		return keystone.User{}, err
	}
	return users[0], nil
}

// Users lists users: of a domain's directory, or the cloud's own.
func (b *ByDomain) Users(ctx context.Context, q keystone.Query) ([]keystone.User, error) {
	directory, domainID, err := b.inDirectory(ctx, q)
	if err != nil {
		return nil, err
	}
	if directory == nil || q.ByProvider() {
		return b.Driver.Users(ctx, q)
	}
	users, err := directory.Users(ctx, q)
	if err != nil {
		return nil, err
	}
	return b.calledUsers(ctx, domainID, users)
}

// calledUsers gives users of a directory the ids that they have here.
func (b *ByDomain) calledUsers(ctx context.Context, domainID string, users []keystone.User) ([]keystone.User, error) {
	return calledHere(ctx, b, domainID, keystone.ToUser, users, func(u *keystone.User) (*string, string) { return &u.ID, u.Name })
}

// CreateUser makes one of the cloud's own users.
func (b *ByDomain) CreateUser(ctx context.Context, u keystone.User, password *string) (keystone.User, error) {
	if err := b.roomIn(ctx, u.DomainID); err != nil {
		return u, err
	}
	return b.Driver.CreateUser(ctx, u, password)
}

// UpdateUser changes one of the cloud's own users.
func (b *ByDomain) UpdateUser(ctx context.Context, id string, change keystone.UserChange) (keystone.User, error) {
	if err := b.writable(ctx, id, keystone.ToUser); err != nil {
		return keystone.User{}, err
	}
	return b.Driver.UpdateUser(ctx, id, change)
}

// DeleteUser deletes one of the cloud's own users.
func (b *ByDomain) DeleteUser(ctx context.Context, id string) error {
	if err := b.writable(ctx, id, keystone.ToUser); err != nil {
		return err
	}
	return b.Driver.DeleteUser(ctx, id)
}

// Authenticate tells by its error whether a password is the user's, wherever it is kept.
func (b *ByDomain) Authenticate(ctx context.Context, u keystone.User, password string) error {
	directory, local, err := b.keeper(ctx, u)
	if err != nil {
		return err
	}
	if directory == nil {
		return b.Driver.Authenticate(ctx, u, password)
	}
	return directory.Authenticate(ctx, local, password)
}

// keeper is the directory that keeps a user's password, with what they are called there; for nobody, that of the domain.
func (b *ByDomain) keeper(ctx context.Context, u keystone.User) (Directory, string, error) {
	if u.ID == "" {
		directory, err := b.Directories.Of(ctx, u.DomainID)
		return directory, "", err
	}
	directory, m, err := b.whose(ctx, u.ID, keystone.ToUser)
	return directory, m.LocalID, err
}

// Expired refuses a password that must be changed. A directory has rules of its own, and refuses by itself.
func (b *ByDomain) Expired(u keystone.User) error {
	if keystone.IsMapped(u.ID) {
		return nil
	}
	return b.Driver.Expired(u)
}

// ChangePassword changes a password that the cloud keeps.
func (b *ByDomain) ChangePassword(ctx context.Context, u keystone.User, original, password string) error {
	directory, local, err := b.keeper(ctx, u)
	switch {
	case err != nil:
		return err
	case directory == nil:
		return b.Driver.ChangePassword(ctx, u, original, password)
	}
	if err := directory.Authenticate(ctx, local, original); err != nil {
		return err
	}
	return readOnly()
}

// Active notes that one of the cloud's own users signed in.
func (b *ByDomain) Active(ctx context.Context, u keystone.User) error {
	if keystone.IsMapped(u.ID) {
		return nil
	}
	return b.Driver.Active(ctx, u)
}
