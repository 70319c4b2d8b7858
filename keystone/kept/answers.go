// Package kept keeps answers as they were rendered, until something changes.
package kept

import (
	"context"
	"encoding/json"
	"time"

	"cumulet/keystone/db"
)

// Answers are what somebody got: lists, tokens.
type Answers struct {
	DB  *db.DB
	Now func() time.Time

	answers db.Memory[Question, json.RawMessage]
}

// Question is what somebody asks: for a thing of a kind by what tells it from others, and the domain beyond which they see nothing; "" where
// there is none.
type Question struct{ Kind, Key, DomainID string }

// Get is the answer as it was rendered, for whoever asked first since anything changed.
func (a *Answers) Get(ctx context.Context, to Question, render func() (json.RawMessage, error)) (json.RawMessage, error) {
	return a.answers.Get(ctx, a.DB, a.Now(), to, render)
}
