package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

// Tidy removes what has no place here any more: what is beyond MaxSize, fills that stand still, and images that were deleted or
// deactivated, be it by another glance-api. It is what a service.Reconciler runs.
func (c *Cache) Tidy(ctx context.Context) error {
	stale := c.Now().Add(-c.StallTime)
	c.mu.Lock()
	c.room(0)
	for f := range c.running {
		if f.stands(stale) {
			f.cancel()
		}
	}
	c.mu.Unlock()
	failed := c.removeStrays(stale)
	for _, e := range c.Entries() {
		i, err := c.Image(ctx, e.ImageID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			failed = errors.Join(failed, fmt.Errorf("look for cached image %q: %w", e.ImageID, err))
			continue
		}
		if name, _ := nameOf(i); err != nil || i.Status != glance.Active || name != e.name {
			c.Delete(e.ImageID)
		}
	}
	return failed
}

// stands tells whether nothing has come since a time.
func (f *fill) stands(since time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.over && f.moved.Before(since)
}
