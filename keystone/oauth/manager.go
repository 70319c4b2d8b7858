package oauth

import (
	"time"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/db"
)

// Manager is the consumers of the cloud, and what users let them do. Reading consumers is the database's own.
type Manager struct {
	*db.DB
	Assignment *assignment.Manager
	Config     keystone.Config
	Now        func() time.Time
}
