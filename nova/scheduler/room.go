package scheduler

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"cumulet/nova/inventory"
)

const (
	// memory is how long placement's answer serves others who ask the same: a hundred servers at once want the same room,
	// and to list a thousand hosts for each is what scheduling costs.
	memory = time.Second
	// questionsKept bounds how many different ones are remembered.
	questionsKept = 64
)

// rooms are who has room, by what was asked, as placement said of late and with what was claimed here since. They only
// propose: placement admits each claim or refuses it, and where nothing fits it is asked anew.
type rooms struct {
	mu         sync.Mutex
	byQuestion map[string]*room
}

// room is placement's answer to one question.
type room struct {
	lane  chan struct{} // whoever holds it asks; others wait for the answer
	mu    sync.Mutex
	asked time.Time
	found []inventory.Candidate
}

// of is the room for a question; who knows that the answer of some moment will not do gets a later one.
func (r *rooms) of(ctx context.Context, question string, stale time.Time, now func() time.Time,
	ask func(context.Context) ([]inventory.Candidate, error)) (found []inventory.Candidate, asked time.Time, err error) {
	one := r.one(question)
	select {
	case one.lane <- struct{}{}:
		defer func() { <-one.lane }()
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	}
	if found, asked = one.recall(); asked.After(stale) && now().Before(asked.Add(memory)) {
		return found, asked, nil
	}
	asked = now()
	if found, err = ask(ctx); err != nil {
		return nil, asked, err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.asked, one.found = asked, found
	return slices.Clone(found), asked, nil
}

// one is the room for a question; when there are too many, others are forgotten.
func (r *rooms) one(question string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.byQuestion[question]; known != nil {
		return known
	}
	if r.byQuestion == nil || len(r.byQuestion) >= questionsKept {
		r.byQuestion = map[string]*room{}
	}
	made := &room{lane: make(chan struct{}, 1)}
	r.byQuestion[question] = made
	return made
}

func (r *room) recall() ([]inventory.Candidate, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.found), r.asked
}

// claimed counts in what was claimed of a candidate.
func (r *rooms) claimed(question string, c inventory.Candidate) {
	one := r.one(question)
	one.mu.Lock()
	defer one.mu.Unlock()
	at := slices.IndexFunc(one.found, func(f inventory.Candidate) bool { return f.Provider == c.Provider })
	if at < 0 {
		return
	}
	used := maps.Clone(one.found[at].Used) // others are reading it
	for class, amount := range c.Allocations[c.Provider] {
		used[class] += amount
	}
	one.found[at].Used = used
}
