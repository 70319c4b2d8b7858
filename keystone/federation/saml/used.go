package saml

import (
	"sync"
	"time"

	"github.com/crewjam/saml"
)

// mostUsed bounds what is remembered of assertions.
const mostUsed = 100_000

// used remembers the assertions that somebody has signed in by, while they last: they serve once. Each keystone remembers its own.
type used struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time
}

// Consume is a saml.AssertionReplayCache's. Where too many are remembered, none more is taken.
func (u *used) Consume(id string, until time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.now()
	if len(u.until) >= mostUsed {
		for other, end := range u.until {
			if now.After(end) {
				delete(u.until, other)
			}
		}
	}
	if _, again := u.until[id]; again || len(u.until) >= mostUsed {
		return saml.ErrAssertionReplayed
	}
	u.until[id] = until
	return nil
}
