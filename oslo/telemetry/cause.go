package telemetry

import (
	"context"
	"slices"
	"sync"
	"time"
)

// mostCauses bounds what is remembered of why something is to be done.
const mostCauses = 4096

// Causes remembers for which request a thing is to be made as recorded, from when that is heard until it is done: agents reconcile
// everything at once and for nobody, but who asked for a port wants to see when it was wired. Its zero value is ready.
type Causes struct {
	mu    sync.Mutex
	by    map[string]cause
	order []string // of being heard
}

type cause struct {
	request, traceparent string
	at                   time.Time
}

// Remember takes ctx's request as the cause of what is to be done about id, in place of an older one.
func (c *Causes) Remember(ctx context.Context, id string) {
	request := RequestID(ctx)
	if request == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]cause{}
	}
	if _, known := c.by[id]; !known {
		c.order = append(c.order, id)
	}
	c.by[id] = cause{request, Traceparent(ctx), time.Now()}
	for len(c.order) > mostCauses {
		delete(c.by, c.order[0])
		c.order = c.order[1:]
	}
}

// Of gives a context under ctx that goes on with the request which caused what was done about id, with the time when that was heard,
// and forgets the cause; ok tells whether there is one from before the doing began.
func (c *Causes) Of(ctx context.Context, id string, began time.Time) (_ context.Context, heard time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.by[id]
	if !ok || found.at.After(began) {
		return ctx, time.Time{}, false
	}
	delete(c.by, id)
	if i := slices.Index(c.order, id); i >= 0 {
		c.order = slices.Delete(c.order, i, i+1)
	}
	return Continue(ctx, found.request, found.traceparent), found.at, true
}
