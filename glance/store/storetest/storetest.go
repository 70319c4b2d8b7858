// Package storetest holds what every store must do, whatever it is built on.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"cumulet/glance/store"
	"cumulet/oslo/fault"
)

const key = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"

// Run holds stores made by open, each empty, to the interface's promises.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for name, claim := range map[string]func(t *testing.T, s store.Store){
		"gives back what was put":                   givesBack,
		"reads any stretch":                         readsStretches,
		"keeps empty bits":                          keepsEmpty,
		"leaves nothing when the sender breaks off": leavesNothing,
		"does not write over a key":                 keepsFirst,
		"says that a key is not there":              saysNotFound,
		"deletes twice":                             deletesTwice,
		"goes on reading what is deleted meanwhile": readsDeleted,
		"refuses keys that are paths":               refusesPaths,
		"stops when nobody wants it any more":       stops,
		"lists its keys":                            lists,
		"takes bits of which the size is not known": takesUnknown,
		"does not ask for the stream as a whole":    streams,
	} {
		t.Run(name, func(t *testing.T) { claim(t, open(t)) })
	}
}

func put(t *testing.T, s store.Store, b []byte) {
	t.Helper()
	n, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b)))
	if err != nil || n != int64(len(b)) {
		t.Fatalf("put: %d bytes, %v", n, err)
	}
}

func read(t *testing.T, s store.Store, offset, length int64) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key, offset, length)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

func names(t *testing.T, s store.Store) []string {
	t.Helper()
	var all []string
	for k, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k.Name)
	}
	slices.Sort(all)
	return all
}

func givesBack(t *testing.T, s store.Store) {
	b := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	put(t, s, b)
	if got := read(t, s, 0, -1); !bytes.Equal(got, b) {
		t.Fatalf("%d bytes came back of %d, or others", len(got), len(b))
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != int64(len(b)) {
		t.Fatalf("size %d, %v", n, err)
	}
}

func readsStretches(t *testing.T, s store.Store) {
	put(t, s, []byte("hello world"))
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 5, "hello"}, {6, -1, "world"}, {10, 1, "d"}, {3, 100, "lo world"}, {11, -1, ""}, {0, 0, ""}} {
		if got := read(t, s, c.offset, c.length); string(got) != c.want {
			t.Errorf("%d+%d: %q, not %q", c.offset, c.length, got, c.want)
		}
	}
}

func keepsEmpty(t *testing.T, s store.Store) {
	put(t, s, nil)
	if got := read(t, s, 0, -1); len(got) != 0 {
		t.Fatalf("%q of nothing", got)
	}
}

// breaking gives some bytes and then an error.
func breaking(n int, err error) io.Reader {
	return io.MultiReader(bytes.NewReader(make([]byte, n)), errorReader{err})
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func leavesNothing(t *testing.T, s store.Store) {
	broken := errors.New("the client hung up")
	if _, err := s.Put(t.Context(), key, breaking(1<<20, broken), 2<<20); !errors.Is(err, broken) {
		t.Fatalf("the sender's error is lost: %v", err)
	}
	if left := names(t, s); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
	put(t, s, []byte("again"))
}

func keepsFirst(t *testing.T, s store.Store) {
	put(t, s, []byte("first"))
	if _, err := s.Put(t.Context(), key, bytes.NewReader([]byte("second")), 6); err == nil {
		t.Error("a key was put twice")
	}
	if got := read(t, s, 0, -1); string(got) != "first" {
		t.Errorf("the first put was written over: %q", got)
	}
}

func saysNotFound(t *testing.T, s store.Store) {
	if _, err := s.Open(t.Context(), key, 0, -1); !fault.Is(err, fault.NotFound) {
		t.Errorf("open: %v", err)
	}
	if _, err := s.Size(t.Context(), key); !fault.Is(err, fault.NotFound) {
		t.Errorf("size: %v", err)
	}
}

func deletesTwice(t *testing.T, s store.Store) {
	put(t, s, []byte("bits"))
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	saysNotFound(t, s)
	if left := names(t, s); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func readsDeleted(t *testing.T, s store.Store) {
	b := bytes.Repeat([]byte("x"), 1<<20)
	put(t, s, b)
	r, err := s.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || len(got) != len(b) {
		t.Fatalf("%d of %d bytes, %v", len(got), len(b), err)
	}
}

func refusesPaths(t *testing.T, s store.Store) {
	for _, bad := range []string{"", ".", "..", "../x", "a/b", "/etc/passwd", ".partial", "a\x00b"} {
		if _, err := s.Put(t.Context(), bad, bytes.NewReader(nil), 0); err == nil {
			t.Errorf("put took the key %q", bad)
		}
		if _, err := s.Open(t.Context(), bad, 0, -1); err == nil {
			t.Errorf("open took the key %q", bad)
		}
		if err := s.Delete(t.Context(), bad); err == nil {
			t.Errorf("delete took the key %q", bad)
		}
	}
}

func stops(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, key, bytes.NewReader(make([]byte, 1<<20)), 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("put went on: %v", err)
	}
	if left := names(t, s); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func lists(t *testing.T, s store.Store) {
	want := []string{"a.1", "b.2", "c.3"}
	for _, k := range want {
		if _, err := s.Put(t.Context(), k, bytes.NewReader([]byte(k)), 3); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, s); !slices.Equal(got, want) {
		t.Fatalf("%v", got)
	}
}

func takesUnknown(t *testing.T, s store.Store) {
	n, err := s.Put(t.Context(), key, bytes.NewReader([]byte("12345")), -1)
	if err != nil || n != 5 {
		t.Fatalf("%d, %v", n, err)
	}
}

// endless counts what is asked of it at once and in all.
type endless struct{ left, most int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	e.most = max(e.most, len(p))
	n := min(len(p), e.left)
	clear(p[:n])
	e.left -= n
	return n, nil
}

func streams(t *testing.T, s store.Store) {
	src := &endless{left: 64 << 20}
	n, err := s.Put(t.Context(), key, src, -1)
	if err != nil || n != 64<<20 {
		t.Fatalf("%d, %v", n, err)
	}
	if src.most > 8<<20 {
		t.Errorf("asked for %d bytes at once", src.most)
	}
}
