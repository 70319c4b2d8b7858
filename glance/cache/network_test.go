package cache_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/cache"
)

// network is a store far away and what the registry says of its images. It counts what is opened, and gives bytes as it is let.
type network struct {
	mu     sync.Mutex
	images map[string]glance.Image
	bits   map[string][]byte
	// gate lets a read through for each of its tokens, and all once it is closed.
	gate   chan struct{}
	opens  atomic.Int64
	broken atomic.Bool  // it breaks off in the midst
	refuse atomic.Value // an error that it answers with
	now    atomic.Int64
}

func newNetwork() *network {
	n := &network{images: map[string]glance.Image{}, bits: map[string][]byte{}, gate: make(chan struct{})}
	n.now.Store(1_800_000_000)
	return n
}

// free lets everything through.
func (n *network) free() *network {
	close(n.gate)
	return n
}

// add puts an image of random bits there.
func (n *network) add(number, size int) glance.Image {
	bits := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(number)})
	_, _ = random.Read(bits)
	sum, long := sha512.Sum512(bits), int64(size)
	i := glance.Image{
		ID: fmt.Sprintf("1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c%02d", number), Status: glance.Active, Size: &long, HashAlgo: "sha512", HashValue: hex.EncodeToString(sum[:]),
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.images[i.ID], n.bits[i.ID] = i, bits
	return i
}

// change changes an image, or what is there of it.
func (n *network) change(id string, do func(*glance.Image, []byte)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.images[id]
	do(&i, n.bits[id])
	n.images[id] = i
}

func (n *network) remove(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.images, id)
}

func (n *network) image(_ context.Context, id string) (glance.Image, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i, ok := n.images[id]
	if !ok {
		return i, glance.NotFound(id)
	}
	return i, nil
}

func (n *network) fetch(ctx context.Context, i glance.Image, offset, length int64) (io.ReadCloser, error) {
	n.opens.Add(1)
	if err, refuses := n.refuse.Load().(error); refuses {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	bits := n.bits[i.ID][offset:]
	if length >= 0 {
		bits = bits[:length]
	}
	return &socket{Reader: bytes.NewReader(bits), ctx: ctx, network: n, half: len(bits) / 2}, nil
}

// socket is one answer of the network.
type socket struct {
	*bytes.Reader
	ctx     context.Context
	network *network
	half    int
}

var errHangUp = errors.New("the store hangs up")

func (s *socket) Read(p []byte) (int, error) {
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-s.network.gate:
	}
	if s.network.broken.Load() && s.Len() <= s.half {
		return 0, errHangUp
	}
	return s.Reader.Read(p[:min(len(p), 10_000)])
}

func (s *socket) WriteTo(io.Writer) (int64, error) { panic("it is read, not copied") }

func (s *socket) Close() error { return nil }

// opened makes a cache over a folder, for the test's time.
func (n *network) opened(t *testing.T, dir string, maxSize int64) *cache.Cache {
	t.Helper()
	c := &cache.Cache{
		Dir: dir, MaxSize: maxSize, StallTime: time.Hour, Fetch: n.fetch, Image: n.image, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(n.now.Add(1), 0) },
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// holds has what came be the stretch of an image.
func (n *network) holds(t *testing.T, i glance.Image, offset int64, got []byte) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if want := n.bits[i.ID][offset:]; len(got) > len(want) || !bytes.Equal(got, want[:len(got)]) {
		t.Errorf("%d wrong bytes from %d on", len(got), offset)
	}
}

// load reads an image whole and waits until it is here whole.
func (n *network) load(t *testing.T, c *cache.Cache, i glance.Image) {
	t.Helper()
	r, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || int64(len(got)) != *i.Size {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	n.holds(t, i, 0, got)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return whole(c, i.ID) })
}

func whole(c *cache.Cache, id string) bool {
	for _, e := range c.Entries() {
		if e.ImageID == id {
			return true
		}
	}
	return false
}

// until waits for something.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for !holds() {
		if t.Context().Err() != nil {
			t.Fatal("it never came")
		}
		runtime.Gosched()
	}
}

// empty has nothing incomplete lie in a folder.
func empty(dir string) bool {
	left, err := os.ReadDir(filepath.Join(dir, "incomplete"))
	return err == nil && len(left) == 0
}
