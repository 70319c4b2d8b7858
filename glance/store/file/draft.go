package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Draft is a file that is not under its key yet, for what is written otherwise than from one end to the other. It must be closed;
// then nothing is left of one that was not kept.
type Draft struct {
	*os.File
	store *Store
	key   string
	aside string
}

// Draft makes an empty one for a key that is free.
func (s *Store) Draft(key string) (*Draft, error) {
	if _, err := s.path(key); err != nil {
		return nil, err
	}
	aside := filepath.Join(s.Dir, partial, key)
	f, err := os.OpenFile(aside, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return nil, err
	}
	return &Draft{File: f, store: s, key: key, aside: aside}, nil
}

// Fill writes all that r gives, as long as there is room.
func (d *Draft) Fill(ctx context.Context, r io.Reader) (int64, error) {
	n, err := d.store.copy(ctx, d.File, r)
	if err != nil {
		return n, d.store.failed("write", d.key, err)
	}
	return n, nil
}

// Keep gives the file its key, once it is on the disk.
func (d *Draft) Keep() error {
	if err := d.Sync(); err != nil {
		return d.store.failed("sync", d.key, err)
	}
	path, err := d.store.path(d.key)
	if err != nil {
		return err
	}
	// A link, unlike a rename, does not replace what has the name already.
	if err := os.Link(d.aside, path); err != nil {
		return d.store.failed("name", d.key, err)
	}
	return d.store.syncDir()
}

// Unname takes the draft's name from it, for another of the same key; it can be read until it is closed.
func (d *Draft) Unname() error {
	if d.aside == "" {
		return nil
	}
	err := ignore(os.Remove(d.aside), fs.ErrNotExist)
	d.aside = ""
	return err
}

// Close ends it. After Keep the other name stays; before it nothing does.
func (d *Draft) Close() error { return errors.Join(d.Unname(), d.File.Close()) }
