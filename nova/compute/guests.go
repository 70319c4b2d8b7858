package compute

import (
	"context"
	"errors"
	"sync"

	"cumulet/nova"
)

// guests lets requests for one guest go one at a time, and bounds the builds at once.
type guests struct {
	mu     sync.Mutex
	byID   map[string]*guest
	builds chan struct{}
}

// guest is what is under way with one.
type guest struct {
	busy    chan struct{}
	users   int // who works on it or waits to
	cancels map[int]context.CancelCauseFunc
	next    int
}

// errBroken is why what was under way with a guest ends: it is to be destroyed.
var errBroken = errors.New("broken off: the guest is to be destroyed")

func (g *guests) limit(builds int) {
	g.builds = nil
	if builds > 0 {
		g.builds = make(chan struct{}, builds)
	}
}

// alone runs do while nobody else works on the guest.
func (g *guests) alone(ctx context.Context, id string, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	one, leave := g.enter(id, cancel)
	defer leave()
	select {
	case one.busy <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx, id)
	}
	defer func() { <-one.busy }()
	err := do(ctx)
	if err != nil && ctx.Err() != nil {
		return ended(ctx, id)
	}
	return err
}

// ended words why a request was not carried out.
func ended(ctx context.Context, id string) error {
	if errors.Is(context.Cause(ctx), errBroken) {
		return nova.Abandoned(id)
	}
	return ctx.Err()
}

func (g *guests) enter(id string, cancel context.CancelCauseFunc) (*guest, func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byID == nil {
		g.byID = map[string]*guest{}
	}
	one := g.byID[id]
	if one == nil {
		one = &guest{busy: make(chan struct{}, 1), cancels: map[int]context.CancelCauseFunc{}}
		g.byID[id] = one
	}
	number := one.next
	one.next++
	one.users++
	one.cancels[number] = cancel
	return one, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(one.cancels, number)
		if one.users--; one.users == 0 {
			delete(g.byID, id)
		}
	}
}

// breakOff ends whatever is under way with a guest, and what waits.
func (g *guests) breakOff(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if one := g.byID[id]; one != nil {
		for _, cancel := range one.cancels {
			cancel(errBroken)
		}
	}
}

// turn waits for one of the builds' places.
func (g *guests) turn(ctx context.Context) (leave func(), err error) {
	if g.builds == nil {
		return func() {}, nil
	}
	select {
	case g.builds <- struct{}{}:
		return func() { <-g.builds }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
