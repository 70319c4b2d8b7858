package plugin

import (
	"context"
	"sync"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/messaging"
)

// nudge is a message to the agents on a topic.
type nudge struct {
	topic   string
	message messaging.Message
}

// groupChanged is a security group whose rules or members changed: SecurityGroupsChanged, but comparable.
type groupChanged struct{ ID string }

// Method is the message's name on the bus.
func (groupChanged) Method() string { return neutron.SecurityGroupsChanged{}.Method() }

// rest is how long the same nudge keeps silent after it was sent.
const rest = 250 * time.Millisecond

// resting are the nudges sent of late, and whether they were told again since. A hundred servers built at once change one
// group and one network a hundred times, and every agent hears each: told again while it rests, a nudge is sent once more
// when it has rested. So whatever was told, the agents are nudged after it.
type resting struct {
	mu    sync.Mutex
	again map[nudge]bool
}

// tell has a message sent on topics after the commit, once however often it is told.
func (w *work) tell(m messaging.Message, topics ...string) {
	for _, topic := range topics {
		w.nudges[nudge{topic, m}] = true
	}
}

// tellGroups has the agents told that groups' rules or members changed.
func (w *work) tellGroups(ids ...string) {
	for _, id := range ids {
		w.tell(groupChanged{id}, neutron.TopicL2)
	}
}

// send hands the nudges to the agents. One that is lost costs until the agents' next full synchronisation.
func (w *work) send(ctx context.Context) {
	if w.p.Bus == nil {
		return
	}
	for n := range w.nudges {
		w.p.nudge(context.WithoutCancel(ctx), n)
	}
}

// nudge sends one, unless it rests.
func (p *Plugin) nudge(ctx context.Context, n nudge) {
	switch n.message.(type) {
	case groupChanged, neutron.NetworkChanged, neutron.PeersChanged: // the others are of one port or router
		if p.resting.told(n) {
			return
		}
		time.AfterFunc(rest, func() {
			if p.resting.rested(n) {
				p.nudge(ctx, n)
			}
		})
	}
	var err error
	if g, ok := n.message.(groupChanged); ok {
		err = messaging.Fanout(ctx, p.Bus, n.topic, neutron.SecurityGroupsChanged{IDs: []string{g.ID}})
	} else {
		err = messaging.Fanout(ctx, p.Bus, n.topic, n.message)
	}
	if err != nil {
		p.Log.WarnContext(ctx, "agents were not told", "topic", n.topic, "message", n.message.Method(), "error", err)
	}
}

// told notes that a nudge is told, and tells whether it rests.
func (r *resting) told(n nudge) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.again == nil {
		r.again = map[nudge]bool{}
	}
	_, rests := r.again[n]
	r.again[n] = rests
	return rests
}

// rested ends a nudge's rest and tells whether it was told again meanwhile.
func (r *resting) rested(n nudge) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	again := r.again[n]
	delete(r.again, n)
	return again
}
