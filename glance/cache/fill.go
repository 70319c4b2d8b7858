package cache

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cumulet/glance"
)

// chunk is how much a fill holds in memory.
const chunk = 256 << 10

// fill is an image on its way here.
type fill struct {
	image  glance.Image
	size   int64
	name   string
	path   string
	file   *os.File
	cache  *Cache
	cancel context.CancelFunc

	mu      sync.Mutex
	begun   bool          // the store gives the bits
	have    int64         // how many bytes may be read
	over    bool          // no more come
	err     error         // why, where not all have
	moved   time.Time     // when more came last
	more    chan struct{} // closed when one of these has changed
	readers int
	// unwanted is a fill that nobody can join and that will not be kept: it ends with its last reader.
	unwanted bool
}

// diskError is a fault of this host's, not of the store's: readers are better off without the cache.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

// begin starts the filling of an image; nil where there is no room for it. Its life is not that of the request that asks.
func (c *Cache) begin(ctx context.Context, i glance.Image, name string) *fill {
	if c.closed || !c.room(*i.Size) {
		return nil
	}
	file, err := os.CreateTemp(filepath.Join(c.Dir, incomplete), name+".")
	if err != nil {
		c.Log.WarnContext(ctx, "cannot cache an image", "image", i.ID, "error", err)
		return nil
	}
	f := &fill{image: i, size: *i.Size, name: name, path: file.Name(), file: file, cache: c, more: make(chan struct{}), moved: c.Now()}
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.filling[i.ID] = f
	c.running[f] = struct{}{}
	c.fills.Go(func() { f.run(ctx) })
	return f
}

// run brings the bits, tells readers how it went, and keeps what is whole.
func (f *fill) run(ctx context.Context) {
	defer f.cancel()
	err := f.bring(ctx)
	if err == nil {
		f.finish(nil) // before the disk is waited for
		err = f.file.Sync()
		f.cache.settle(f, err == nil)
	} else {
		f.cache.settle(f, false) // before readers are told, so that who asks again begins anew
		f.finish(err)
	}
	if err := errors.Join(err, f.file.Close()); err != nil {
		f.cache.Log.WarnContext(ctx, "an image is not cached", "image", f.image.ID, "error", err)
	}
}

// finish tells readers that all has come and is right, or why not.
func (f *fill) finish(err error) {
	f.change(func() {
		f.over, f.err = true, err
		if err == nil {
			f.have = f.size
		}
	})
}

// bring writes the bits as they come and verifies them. Of what readers may read the last byte is held back until then.
func (f *fill) bring(ctx context.Context) error {
	body, err := f.cache.Fetch(ctx, f.image, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	f.change(func() { f.begun, f.moved = true, f.cache.Now() })
	want, digest := digestOf(f.image)
	buffer := make([]byte, chunk)
	var come int64
	for {
		n, err := body.Read(buffer)
		if come += int64(n); come > f.size {
			return fmt.Errorf("more than its %d bytes came", f.size)
		}
		if _, err := f.file.Write(buffer[:n]); err != nil {
			return diskError{err}
		}
		digest.Write(buffer[:n])
		if n > 0 {
			f.change(func() { f.have, f.moved = min(come, f.size-1), f.cache.Now() })
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if come < f.size {
		return fmt.Errorf("%d of its %d bytes came: %w", come, f.size, io.ErrUnexpectedEOF)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != want {
		return fmt.Errorf("the digest of what came is %s and not %s", got, want)
	}
	return nil
}

// change changes the fill and wakes its readers.
func (f *fill) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.more)
	f.more = make(chan struct{})
}

// settle ends a fill: it becomes an entry when it is good and still wanted, or nothing is left of it.
func (c *Cache) settle(f *fill, good bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, f)
	if c.filling[f.image.ID] != f {
		good = false
	} else {
		delete(c.filling, f.image.ID)
	}
	now := c.Now()
	if good {
		err := os.Chtimes(f.path, now, now) // by the clock of the readings that come
		if err == nil {
			err = os.Rename(f.path, filepath.Join(c.Dir, f.name))
		}
		good = err == nil
	}
	if !good {
		if err := remove(f.path); err != nil {
			c.Log.Warn("cannot remove an incomplete image", "image", f.image.ID, "error", err)
		}
		c.putOff(f.image.ID)
		return
	}
	c.whole[f.image.ID] = &Entry{name: f.name, ImageID: f.image.ID, Size: f.size, Accessed: now, Modified: now}
	if c.unqueue(f.image.ID) && len(c.queue) > 0 {
		c.nudge()
	}
}

// withdraw has a fill keep nothing and let nobody join; its readers read on.
func (c *Cache) withdraw(f *fill) {
	delete(c.filling, f.image.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unwanted = true
	if f.readers == 0 {
		f.cancel()
	}
}
