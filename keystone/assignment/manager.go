package assignment

import (
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
