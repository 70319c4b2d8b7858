package federation

import (
	"encoding/json"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/db"
	"cumulet/keystone/identity"
	"cumulet/keystone/resource"
)

// Manager is the identity and service providers of the cloud. Reading them is the database's own.
type Manager struct {
	*db.DB
	Identity   *identity.Manager
	Resource   *resource.Manager
	Assignment *assignment.Manager
	Config     keystone.Config
	Now        func() time.Time

	shown db.Memory[struct{}, json.RawMessage]
}
