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
