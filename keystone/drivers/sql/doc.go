// Package sql is the directory of users in keystone's own database: users, groups, and the passwords with the rules on
// them (lockout, history, expiry), which other directories have of their own. Each change is one transaction, with its
// event and what follows from it.
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
