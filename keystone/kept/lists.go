// Package kept keeps lists as they were rendered, until something changes.
package kept

import (
	"context"
	"encoding/json"
	"time"

	"cumulet/keystone/db"
)

// Lists are answers that somebody got.
type Lists struct {
	DB  *db.DB
	Now func() time.Time

	answers db.Memory[Listing, json.RawMessage]
}

// Listing is a list as somebody asks for it: by its address, and the domain beyond which they see nothing; "" where there is none.
type Listing struct{ Address, DomainID string }

// Get is the answer as it was rendered, by whoever asked first since anything changed.
func (l *Lists) Get(ctx context.Context, of Listing, render func() (json.RawMessage, error)) (json.RawMessage, error) {
	return l.answers.Get(ctx, l.DB, l.Now(), of, render)
}
