package identity

import (
	"context"
	"errors"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// CreateUser makes a user, in the default domain where none is said.
func (m *Manager) CreateUser(ctx context.Context, u keystone.User, password *string) (keystone.User, error) {
	domain, err := m.DB.Domain(ctx, u.DomainID)
	if err != nil {
		return u, err
	}
	u.ID, u.DomainID = keystone.NewID(), domain.ID
	return m.Driver.CreateUser(ctx, u, password)
}

// Login is who says they are whom: an id, or a name with a domain's id or name.
type Login struct {
	UserID, UserName     string
	DomainID, DomainName string
	Password             string
}

// SignIn finds the user that a login means and checks the password. Whatever is wrong, the answer is the same and takes
// the same time.
func (m *Manager) SignIn(ctx context.Context, l Login) (keystone.User, error) {
	u, err := m.meant(ctx, l)
	if fault.Is(err, fault.NotFound) {
		return keystone.User{}, m.Driver.Authenticate(ctx, keystone.User{DomainID: u.DomainID}, l.Password)
	}
	if err != nil {
		return u, err
	}
	err = m.prove(ctx, u, l.Password)
	m.SignedIn(ctx, u, err)
	return u, err
}

// prove is nil when the password is the user's, who may sign in with it.
func (m *Manager) prove(ctx context.Context, u keystone.User, password string) error {
	if err := m.Driver.Authenticate(ctx, u, password); err != nil {
		return err
	}
	if err := m.MaySignIn(ctx, u); err != nil {
		return err
	}
	return m.Driver.Expired(u)
}

// meant is the user that a login names; of one who is not there, it tells the domain, where that is known.
func (m *Manager) meant(ctx context.Context, l Login) (keystone.User, error) {
	if l.UserID != "" {
		return m.Driver.User(ctx, l.UserID)
	}
	domainID := l.DomainID
	if domainID == "" {
		domain, err := m.DB.DomainByName(ctx, l.DomainName)
		if err != nil {
			return keystone.User{}, err
		}
		domainID = domain.ID
	}
	u, err := m.Driver.UserByName(ctx, domainID, l.UserName)
	if err != nil {
		u = keystone.User{DomainID: domainID}
	}
	return u, err
}

// UserMeant is the user that a login without a password names, for methods that have other proof.
func (m *Manager) UserMeant(ctx context.Context, l Login) (keystone.User, error) {
	return m.meant(ctx, l)
}

// MaySignIn refuses users that are disabled or whose domain is.
func (m *Manager) MaySignIn(ctx context.Context, u keystone.User) error {
	if !u.Enabled {
		return keystone.Unauthorized(errors.New("the user is disabled"))
	}
	domain, err := m.DB.Domain(ctx, u.DomainID)
	if err != nil {
		return err
	}
	if !domain.Enabled {
		return keystone.Unauthorized(errors.New("the user's domain is disabled"))
	}
	return nil
}

// Fits refuses a password that does not match the pattern; none fits.
func (m *Manager) Fits(password *string) error {
	if password == nil || m.Pattern.Takes(*password) {
		return nil
	}
	return keystone.Invalid("The password does not match the requirements: %s.", m.Requirement)
}

// ChangePassword is a user's own change of password; it needs no token, only the present password.
func (m *Manager) ChangePassword(ctx context.Context, id, original, password string) error {
	u, err := m.Driver.User(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return m.Driver.Authenticate(ctx, keystone.User{}, original)
	}
	if err != nil {
		return err
	}
	if err := m.MaySignIn(ctx, u); err != nil {
		return err
	}
	if unfit := m.Fits(&password); unfit != nil { // which is for the user to know, and nobody else
		if err := m.Driver.Authenticate(ctx, u, original); err != nil {
			return err
		}
		return unfit
	}
	return m.Driver.ChangePassword(ctx, u, original, password)
}
