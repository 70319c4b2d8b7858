package store

import (
	"context"
	"io"
)

// Backend is a store and what the cloud's configuration says of it.
type Backend struct {
	Store
	// Description is for users, who choose among stores.
	Description string
	// Weight has an image that lies in several stores read from the one with the greatest.
	Weight int
	// ReadOnly is a store whose bits are somebody else's: nothing is put there and nothing removed, not even by the scrubber.
	ReadOnly bool
	// Cached is a store so far away that what is read from it is worth keeping on the host that read it.
	Cached bool
}

// Put refuses where nothing is to be put.
func (b Backend) Put(ctx context.Context, key string, r io.Reader, size int64) (int64, error) {
	if b.ReadOnly {
		return 0, ReadOnly()
	}
	return b.Store.Put(ctx, key, r, size)
}

// Delete refuses where nothing is to be removed.
func (b Backend) Delete(ctx context.Context, key string) error {
	if b.ReadOnly {
		return NoDelete()
	}
	return b.Store.Delete(ctx, key)
}

// Set are the stores of this glance-api; the first is the default.
type Set []Backend

// Default is the store that takes what names none.
func (s Set) Default() Backend { return s[0] }

// Named finds a store.
func (s Set) Named(name string) (Backend, bool) {
	for _, one := range s {
		if one.Name() == name {
			return one, true
		}
	}
	return Backend{}, false
}
