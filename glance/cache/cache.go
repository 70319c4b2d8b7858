package cache

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"cumulet/glance"
)

// ErrPass says that the cache has no part in a reading: the bits are to be read from their store.
var ErrPass = errors.New("the image is not cached")

// Cache keeps images' bits in Dir. Prepare comes before all else, and Close last.
type Cache struct {
	Dir string
	// MaxSize is how many bytes the files have together at most.
	MaxSize int64
	// StallTime is how long a fill may stand still before it is given up.
	StallTime time.Duration
	// Fetch reads length bytes of an image from its store, to the end when length is negative.
	Fetch func(ctx context.Context, i glance.Image, offset, length int64) (io.ReadCloser, error)
	// Image is what the registry knows of an image now; a fault of kind not-found when nothing.
	Image func(ctx context.Context, id string) (glance.Image, error)
	// Nudge is called when Prefetch has something to do, and must not wait for it; it may be nil.
	Nudge func()
	Now   func() time.Time
	Log   *slog.Logger

	mu      sync.Mutex
	whole   map[string]*Entry // by the image's id, as filling
	filling map[string]*fill
	running map[*fill]struct{} // those of filling, and those that nobody may join any more
	queue   []string           // ids of images that an administrator wants here
	closed  bool
	fills   sync.WaitGroup
}

// Close breaks off what is being filled and waits for its end.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	for f := range c.running {
		f.cancel()
	}
	c.mu.Unlock()
	c.fills.Wait()
	return nil
}

// Open reads length bytes of an image from offset on, to its end when length is negative. What is not here is brought when
// keep says so. ErrPass sends the reader to the store; other errors are Fetch's.
func (c *Cache) Open(ctx context.Context, i glance.Image, offset, length int64, keep bool) (io.ReadCloser, error) {
	name, ok := nameOf(i)
	if !ok {
		return nil, ErrPass
	}
	if length < 0 {
		length = *i.Size - offset
	}
	r, err := c.open(ctx, i, name, offset, length, keep)
	if joined, ok := r.(*reader); ok {
		if err := joined.fill.began(ctx); err != nil {
			return nil, errors.Join(err, joined.Close())
		}
	}
	return r, err
}

// open finds the image whole, joins its filling, or begins that.
func (c *Cache) open(ctx context.Context, i glance.Image, name string, offset, length int64, keep bool) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.current(i.ID, name); e != nil {
		if r, err := c.read(e, offset, length); err == nil {
			return r, nil
		}
		c.drop(e) // somebody took the file away, or a part of it
	}
	f := c.filling[i.ID]
	if f != nil && f.name != name {
		c.withdraw(f)
		f = nil
	}
	if f == nil && keep {
		f = c.begin(ctx, i, name)
	}
	if f == nil {
		return nil, ErrPass
	}
	r, err := f.read(ctx, offset, length)
	if err != nil {
		c.Log.WarnContext(ctx, "cannot read an image that the cache is filling", "image", i.ID, "error", err)
		return nil, ErrPass
	}
	return r, nil
}

// Delete withdraws an image: it is no more given from here, nor wanted here. It tells whether it was either. Those who read
// it read on.
func (c *Cache) Delete(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, f := c.whole[id], c.filling[id]
	if e != nil {
		c.drop(e)
	}
	if f != nil {
		c.withdraw(f)
	}
	return c.unqueue(id) || e != nil || f != nil
}

// Has tells whether an image is here, whole or not, or wanted here.
func (c *Cache) Has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whole[id] != nil || c.filling[id] != nil || slices.Contains(c.queue, id)
}

// Clear withdraws all images, but leaves the queue.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.whole {
		c.drop(e)
	}
	for _, f := range c.filling {
		c.withdraw(f)
	}
}
