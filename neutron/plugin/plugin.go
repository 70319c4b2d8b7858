package plugin

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
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

	seen sync.Map // agentKey: who reported to this process, and so has synchronised since it started
}

// work is one transaction of the plugin.
type work struct {
	*db.Tx
	p      *Plugin
	now    time.Time
	nudges map[nudge]bool
	groups map[string]bool // security groups that changed
}

// nudge is a message to the agents on a topic.
type nudge struct {
	topic   string
	message messaging.Message
}

// duplicates bounds how often a transaction that lost a race for something unique is run again.
const duplicates = 8

// tx runs do in one transaction. What is checked to be free and then refused by a unique key was taken by a parallel
// transaction in between: do runs again and chooses anew.
func (p *Plugin) tx(ctx context.Context, do func(*work) error) error {
	var err error
	for range duplicates {
		err = p.DB.Tx(ctx, func(t *db.Tx) error {
			w := &work{Tx: t, p: p, now: t.Now(), nudges: map[nudge]bool{}, groups: map[string]bool{}}
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

// tell has a message sent on topics after the commit, once however often it is told.
func (w *work) tell(m messaging.Message, topics ...string) {
	for _, topic := range topics {
		w.nudges[nudge{topic, m}] = true
	}
}

// send hands the nudges to the agents. One that is lost costs until the agents' next full synchronisation.
func (w *work) send(ctx context.Context) {
	if w.p.Bus == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for n := range w.nudges {
		w.fanout(ctx, n.topic, n.message)
	}
	if len(w.groups) > 0 {
		w.fanout(ctx, neutron.TopicL2, neutron.SecurityGroupsChanged{IDs: slices.Sorted(maps.Keys(w.groups))})
	}
}

func (w *work) fanout(ctx context.Context, topic string, m messaging.Message) {
	if err := messaging.Fanout(ctx, w.p.Bus, topic, m); err != nil {
		w.p.Log.WarnContext(ctx, "agents were not told", "topic", topic, "message", m.Method(), "error", err)
	}
}

// tellGroups has the agents told that groups' rules or members changed.
func (w *work) tellGroups(ids ...string) {
	for _, id := range ids {
		w.groups[id] = true
	}
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
