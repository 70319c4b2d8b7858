package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"cumulet/nova"
)

// Source is where a cache has its images from; Client is one.
type Source interface {
	// Show tells what an image is, as this host may know.
	Show(ctx context.Context, id string) (nova.Image, error)
	// Download writes the bits of an image to a file, and fails when they are not those that glance has recorded.
	Download(ctx context.Context, id string, to *os.File) error
}

// Base is an image that lies on this host, fit to be opened as its Format.
type Base struct {
	Image        nova.Image `json:"image"`
	Path         string     `json:"-"`
	Format       string     `json:"format"` // glance's disk_format; to be believed, never guessed
	VirtualBytes int64      `json:"virtual_bytes"`
}

// Cache keeps images in a folder: <id> are the bits, <id>.json what is known of them. The bits of an image never
// change, so what is there is good. Its zero value but for the fields is ready.
type Cache struct {
	Source Source
	Dir    string
	Now    func() time.Time

	mu    sync.Mutex
	turns map[string]*turn
}

// turn lets one at a time work on an image; waiting counts who wants to.
type turn struct {
	free    chan struct{}
	waiting int
}

const (
	note = ".json"
	part = ".part"
)

// Fetch gives an image on this host; it is downloaded once, however many ask together. Kernel and ramdisk are images of their own:
// they are not followed from here, where an image's properties are what its owner last wrote and nova may see everybody's.
func (c *Cache) Fetch(ctx context.Context, id string) (Base, error) {
	if uuid.Validate(id) != nil || len(id) != 36 { // it becomes the name of a file
		return Base{}, unacceptable(id, "its id is no UUID")
	}
	leave, err := c.enter(ctx, id)
	if err != nil {
		return Base{}, err
	}
	defer leave()
	base, err := c.known(id)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return base, err
	}
	if base, err = c.fetch(ctx, id); err != nil {
		return Base{}, fmt.Errorf("fetch image %q: %w", id, err)
	}
	return base, nil
}

// enter waits for the image's turn.
func (c *Cache) enter(ctx context.Context, id string) (leave func(), err error) {
	c.mu.Lock()
	if c.turns == nil {
		c.turns = map[string]*turn{}
	}
	t := c.turns[id]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		c.turns[id] = t
	}
	t.waiting++
	c.mu.Unlock()
	done := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(c.turns, id)
		}
	}
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; done() }, nil
	case <-ctx.Done():
		done()
		return nil, ctx.Err()
	}
}

func (c *Cache) path(id string) string { return filepath.Join(c.Dir, id) }

// known reads an image that is there, and marks it as wanted now.
func (c *Cache) known(id string) (Base, error) {
	path := c.path(id)
	text, err := os.ReadFile(path + note)
	if err != nil {
		return Base{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return Base{}, err
	}
	base := Base{Path: path}
	if err := json.Unmarshal(text, &base); err != nil {
		return Base{}, fmt.Errorf("read %s: %w", path+note, err)
	}
	now := c.Now()
	return base, os.Chtimes(path+note, now, now)
}

// fetch downloads an image and looks at it. The note is written last: without it the bits do not count.
func (c *Cache) fetch(ctx context.Context, id string) (base Base, err error) {
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return base, err
	}
	i, err := c.Source.Show(ctx, id)
	if err != nil {
		return base, err
	}
	path := c.path(id)
	f, err := os.OpenFile(path+part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return base, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(path+part))
		}
	}()
	if err := c.Source.Download(ctx, id, f); err != nil {
		return base, err
	}
	base = Base{Image: i, Path: path, Format: i.DiskFormat}
	if base.VirtualBytes, err = inspect(ctx, i, f); err != nil {
		return base, err
	}
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return base, err
	}
	if err = os.Rename(path+part, path); err != nil {
		return base, err
	}
	text, err := json.Marshal(base)
	if err != nil {
		return base, err
	}
	return base, c.write(path+note, text)
}

// write makes a file whole or not at all.
func (c *Cache) write(path string, text []byte) error {
	if err := os.WriteFile(path+part, text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+part, path); err != nil {
		return err
	}
	now := c.Now()
	return os.Chtimes(path, now, now)
}

// Clean removes images that no guest of this host is in use of and that were not asked for within age, and what broken
// downloads left. used tells by id; kernels and ramdisks of used images must be told too.
func (c *Cache) Clean(ctx context.Context, used map[string]bool, age time.Duration) error {
	entries, err := os.ReadDir(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed error
	seen := map[string]bool{}
	for _, e := range entries {
		id, _, _ := strings.Cut(e.Name(), ".")
		if seen[id] || used[id] || uuid.Validate(id) != nil || len(id) != 36 {
			continue
		}
		seen[id] = true
		failed = errors.Join(failed, c.drop(ctx, id, age))
	}
	return failed
}

// drop removes all files of an image that nobody wanted for a while.
func (c *Cache) drop(ctx context.Context, id string, age time.Duration) error {
	leave, err := c.enter(ctx, id)
	if err != nil {
		return err
	}
	defer leave()
	info, err := os.Stat(c.path(id) + note)
	if err == nil && c.Now().Sub(info.ModTime()) < age {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The note goes first: bits without one do not count. Drivers keep conversions beside the bits.
	files, err := filepath.Glob(c.path(id) + ".*")
	if err != nil {
		return err
	}
	var failed error
	for _, path := range append([]string{c.path(id) + note, c.path(id)}, files...) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
