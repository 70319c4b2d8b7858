package bootstrap

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/catalog"
	"cumulet/keystone/identity"
	"cumulet/keystone/password"
	"cumulet/keystone/resource"
	"cumulet/oslo/fault"
)

// Bootstrap makes it.
type Bootstrap struct {
	Identity   *identity.Manager
	Resource   *resource.Manager
	Assignment *assignment.Manager
	Catalog    *catalog.Manager
	// Proofs spares the hashing of passwords that are known to be right; nil hashes each time.
	Proofs *Proofs
	// Passwords is told of them, so that who signs in with one after the start does not wait for a hash either. Proofs needs it.
	Passwords *password.Hasher
}

// Plan says what there shall be.
type Plan struct {
	AdminPassword string
	Region        string // "RegionOne"
	Services      []Service
	// ServiceUsers are made in the project "service", with the roles service and admin, and read the system.
	ServiceUsers []ServiceUser
}

// Service is an entry of the catalog. Internal and Admin are Public where they are empty.
type Service struct{ Type, Name, Public, Internal, Admin string }

// ServiceUser is whom a service acts as: "nova".
type ServiceUser struct{ Name, Password string }

// Account is a project and a user in it, who has the roles there. Nobody is there to change a password that this process gave: all are
// exempt from rules that would ask so, and a service also from those by which its guessers could lock it out.
type Account struct {
	Project, User, Password string
	Roles                   []string
	Service                 bool
}

func (a Account) options() map[string]any {
	exempt := map[string]any{keystone.IgnoreFirstUse: true, keystone.IgnoreInactivity: true}
	if a.Service {
		exempt[keystone.IgnoreLockout], exempt[keystone.IgnorePasswordExpiry] = true, true
	}
	return exempt
}

// Run makes what the plan says.
func (b *Bootstrap) Run(ctx context.Context, p Plan) error {
	if err := b.floor(ctx); err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	admin := Account{Project: "admin", User: "admin", Password: p.AdminPassword, Roles: []string{"admin"}}
	userID, err := b.Account(ctx, admin)
	if err != nil {
		return err
	}
	if err := b.system(ctx, userID, "admin"); err != nil {
		return fmt.Errorf("bootstrap: make %q admin of the system: %w", admin.User, err)
	}
	for _, u := range p.ServiceUsers {
		account := Account{Project: "service", User: u.Name, Password: u.Password, Roles: []string{"service", "admin"}, Service: true}
		id, err := b.Account(ctx, account)
		if err != nil {
			return err
		}
		// A project's token shows that project's limits: a service that holds others to theirs reads them as the system's reader.
		if err := b.system(ctx, id, "reader"); err != nil {
			return fmt.Errorf("bootstrap: make %q reader of the system: %w", u.Name, err)
		}
	}
	if err := b.catalog(ctx, p); err != nil {
		return fmt.Errorf("bootstrap: catalog: %w", err)
	}
	return nil
}

// missing tells whether err says that something is not there, and clears it then.
func missing(err *error) bool {
	if fault.Is(*err, fault.NotFound) {
		*err = nil
		return true
	}
	return false
}

// system gives a user a role on the system.
func (b *Bootstrap) system(ctx context.Context, userID, name string) error {
	role, err := b.Assignment.RoleByName(ctx, "", name)
	if err != nil {
		return err
	}
	return b.grant(ctx, keystone.Assignment{
		ActorKind: keystone.ToUser, ActorID: userID, ScopeKind: keystone.OnSystem, ScopeID: keystone.System, RoleID: role.ID,
	})
}

// grant gives a role unless it is had.
func (b *Bootstrap) grant(ctx context.Context, a keystone.Assignment) error {
	has, err := b.Assignment.Assigned(ctx, a)
	if err != nil || has {
		return err
	}
	return b.Assignment.Grant(ctx, a)
}
