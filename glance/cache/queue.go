package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

// prefetches is how many images of the queue are filled at once.
const prefetches = 4

// Queue has an image brought here soon. One that is here already stays.
func (c *Cache) Queue(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole[id] == nil && !slices.Contains(c.queue, id) {
		c.queue = append(c.queue, id)
		c.nudge()
	}
}

// Queued are the images that are to be brought here, in their order.
func (c *Cache) Queued() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.queue...)
}

// ClearQueue forgets what was to be brought. What is on its way comes all the same.
func (c *Cache) ClearQueue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = nil
}

// unqueue takes an image out of the queue, and tells whether it was there.
func (c *Cache) unqueue(id string) bool {
	before := len(c.queue)
	c.queue = slices.DeleteFunc(c.queue, func(one string) bool { return one == id })
	return len(c.queue) < before
}

// putOff puts an image that failed behind the others.
func (c *Cache) putOff(id string) {
	if c.unqueue(id) {
		c.queue = append(c.queue, id)
	}
}

func (c *Cache) nudge() {
	if c.Nudge != nil {
		c.Nudge()
	}
}

// Prefetch begins to fill what is queued, a few at once, and waits for none: the end of each nudges. What fails stays queued and
// is tried at the next turn; what cannot be cached at all is taken out. It is what a service.Reconciler runs.
func (c *Cache) Prefetch(ctx context.Context) error {
	var failed error
	for _, id := range c.Queued() {
		if c.prefetching() >= prefetches {
			break
		}
		if err := c.prefetch(ctx, id); err != nil {
			failed = errors.Join(failed, fmt.Errorf("cache image %q: %w", id, err))
		}
	}
	return failed
}

// prefetching is how many of the queue are on their way.
func (c *Cache) prefetching() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, id := range c.queue {
		if c.filling[id] != nil {
			n++
		}
	}
	return n
}

func (c *Cache) prefetch(ctx context.Context, id string) error {
	i, err := c.Image(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	name, ok := nameOf(i)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !slices.Contains(c.queue, id), c.filling[id] != nil: // it was taken out meanwhile, or is on its way
		return nil
	case err != nil || i.Status != glance.Active || !ok || *i.Size > c.MaxSize:
		c.Log.WarnContext(ctx, "a queued image cannot be cached", "image", id, "status", i.Status, "error", err)
		c.unqueue(id)
	case c.current(id, name) != nil:
		c.unqueue(id)
	case c.begin(ctx, i, name) == nil:
		c.putOff(id)
	}
	return nil
}
