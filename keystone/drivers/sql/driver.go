package sql

import (
	"context"
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

// Elsewhere is false: what is here changes by this driver.
func (d *Driver) Elsewhere(context.Context, keystone.Query) (bool, error) { return false, nil }
