package bootstrap

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// Account makes a project and a user of the default domain, and gives the user the roles there. It returns the user's id.
func (b *Bootstrap) Account(ctx context.Context, a Account) (userID string, err error) {
	project, err := b.project(ctx, a.Project)
	if err != nil {
		return "", fmt.Errorf("bootstrap: project %q: %w", a.Project, err)
	}
	user, err := b.user(ctx, a)
	if err != nil {
		return "", fmt.Errorf("bootstrap: user %q: %w", a.User, err)
	}
	for _, name := range a.Roles {
		role, err := b.Assignment.RoleByName(ctx, "", name)
		if err != nil {
			return "", fmt.Errorf("bootstrap: role %q: %w", name, err)
		}
		err = b.grant(ctx, keystone.Assignment{
			ActorKind: keystone.ToUser, ActorID: user.ID, ScopeKind: keystone.OnProject, ScopeID: project.ID, RoleID: role.ID,
		})
		if err != nil {
			return "", fmt.Errorf("bootstrap: give %q the role %q: %w", a.User, name, err)
		}
	}
	return user.ID, nil
}

func (b *Bootstrap) project(ctx context.Context, name string) (keystone.Project, error) {
	p, err := b.Resource.ProjectByName(ctx, keystone.DefaultDomain, name)
	if missing(&err) {
		p, err = b.Resource.CreateProject(ctx, keystone.Project{Name: name, DomainID: keystone.DefaultDomain, Enabled: true})
	}
	return p, err
}

// user makes a user, or gives one that is there the password unless it is theirs already: setting it anew would end
// their tokens.
func (b *Bootstrap) user(ctx context.Context, a Account) (keystone.User, error) {
	u, err := b.Identity.UserByName(ctx, keystone.DefaultDomain, a.User)
	if missing(&err) {
		u, err = b.Identity.CreateUser(ctx, keystone.User{
			Name: a.User, DomainID: keystone.DefaultDomain, Enabled: true, Options: a.options(),
		}, &a.Password)
	} else if err == nil {
		u, err = b.exempt(ctx, u, a)
		if err == nil {
			u, err = b.withPassword(ctx, u, a.Password)
		}
	}
	if err != nil {
		return u, err
	}
	hash, err := b.storedHash(ctx, u)
	if err != nil || b.Proofs.holds(u.ID, a.Password, hash) {
		return u, err
	}
	return u, b.Proofs.add(u.ID, a.Password, hash)
}

// exempt gives a user who is there the options of their account, where they say nothing of their own.
func (b *Bootstrap) exempt(ctx context.Context, u keystone.User, a Account) (keystone.User, error) {
	lacking := map[string]any{}
	for name, value := range a.options() {
		if _, said := u.Options[name]; !said {
			lacking[name] = value
		}
	}
	if len(lacking) == 0 {
		return u, nil
	}
	return b.Identity.UpdateUser(ctx, u.ID, keystone.UserChange{Options: lacking})
}

// withPassword is the user with the password, whose it is already or now becomes.
func (b *Bootstrap) withPassword(ctx context.Context, u keystone.User, password string) (keystone.User, error) {
	hash, err := b.storedHash(ctx, u)
	if err != nil {
		return u, err
	}
	if b.Proofs.holds(u.ID, password, hash) {
		b.Passwords.Vouch(password, hash)
		return u, nil
	}
	err = b.Identity.Authenticate(ctx, u, password)
	if fault.Is(err, fault.Unauthorized) {
		return b.Identity.UpdateUser(ctx, u.ID, keystone.UserChange{Password: &password})
	}
	return u, err
}
