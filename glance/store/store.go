package store

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store keeps bits under keys.
type Store interface {
	// Name is how the cloud calls this store: "file"; Kind what sort it is.
	Name() string
	Kind() string
	// Put keeps all that r gives under a key that is free, and tells how much it was. What has not come whole is not
	// there: an error, of r or of the store, leaves nothing under the key and in time nothing at all. size is what
	// the sender announced, -1 when nothing. A store that is full says so by Full.
	Put(ctx context.Context, key string, r io.Reader, size int64) (int64, error)
	// Open reads length bytes from offset on; to the end when length is negative. A key that is not there is NotFound.
	// A reader once open gives all its bytes, or an error; what is deleted meanwhile is never passed off as whole.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Size is how many bytes lie under a key.
	Size(ctx context.Context, key string) (int64, error)
	// Delete removes a key. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Keys lists what lies in the store, half-written bits among it, with the time when it was last written to where the
	// store tells it.
	Keys(ctx context.Context) iter.Seq2[Key, error]
	// URL is where the bits of a key lie, as glance_store words it for this kind, to be shown to clients: it holds no secret.
	URL(key string) string
	// Properties are what /v2/info/stores/detail shows of the store.
	Properties() map[string]any
}

// Key is something that lies in a store.
type Key struct {
	Name    string
	Written time.Time
}
