package oauth

import (
	"fmt"

	"cumulet/keystone/db"
)

// Manager is the consumers of the cloud. Reading them is the database's own.
type Manager struct{ *db.DB }

func named(deed, what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", deed, what, err)
	}
	return nil
}
