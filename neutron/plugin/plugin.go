package plugin

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"cumulet/neutron"
	"cumulet/neutron/db"
	oslodb "cumulet/oslo/db"
	"cumulet/oslo/messaging"
)

// Plugin is what neutron-server's API and bus server call.
type Plugin struct {
	DB     *db.DB
	Config neutron.Config
	// Bus takes the nudges to agents; none are sent when nil.
	Bus *messaging.Bus
	// Mechanisms bind ports, tried in turn; Mechanisms() when nil.
	Mechanisms []Mechanism
	// Compute is told about wired ports; nobody is when nil.
	Compute Compute
	Log     *slog.Logger

	resting resting
	seen    sync.Map // agentKey: who reported to this process, and so has synchronised since it started
}

// work is one transaction of the plugin.
type work struct {
	*db.Tx
	p      *Plugin
	now    time.Time
	nudges map[nudge]bool
}

// duplicates bounds how often a transaction that lost a race for something unique is run again.
const duplicates = 8

// tx runs do in one transaction. What is checked to be free and then refused by a unique key was taken by a parallel
// transaction in between: do runs again and chooses anew.
func (p *Plugin) tx(ctx context.Context, do func(*work) error) error {
	var err error
	for range duplicates {
		err = p.DB.Tx(ctx, func(t *db.Tx) error {
			w := &work{Tx: t, p: p, now: t.Now(), nudges: map[nudge]bool{}}
			if err := do(w); err != nil {
				return err
			}
			t.AfterCommit(func() { w.send(ctx) })
			return nil
		})
		if !oslodb.Duplicate(err) {
			return err
		}
	}
	return err
}

func newID() string { return uuid.NewString() }

// random is a number below n.
func random(n uint64) uint64 { return rand.Uint64N(n) }

// made stamps a new noun.
func (w *work) made(revision *int, created, updated *time.Time) {
	*revision, *created, *updated = 0, w.now, w.now
}

// changed stamps a changed noun.
func (w *work) changed(revision *int, updated *time.Time) {
	*revision++
	*updated = w.now
}
