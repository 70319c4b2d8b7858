package sql

import (
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/password"
)

// Driver is an identity.Driver.
type Driver struct {
	DB        *db.DB
	Passwords *password.Hasher
	Config    keystone.Config
	Now       func() time.Time
}
