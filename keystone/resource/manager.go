package resource

import (
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the domains and projects of the cloud. Reading them is the database's own.
type Manager struct {
	*db.DB
	Config keystone.Config
	Now    func() time.Time
}
