// Package assignment holds the rules of roles: what they imply, who has them where, and what that comes to. An actor's
// roles in a scope are its own and its groups' assignments there, the inherited ones from above, and all that these
// imply. What a role may do is each service's policy.
package assignment

import (
	"fmt"
	"time"

	"cumulet/keystone/db"
	"cumulet/keystone/identity"
)

// Manager is the roles and assignments of the cloud. Reading roles is the database's own.
type Manager struct {
	*db.DB
	Identity *identity.Manager
	Now      func() time.Time
}

func named(deed, what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", deed, what, err)
	}
	return nil
}
