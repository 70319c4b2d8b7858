package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"cumulet/glance/store"
)

// writing are the claims that a store must hold that takes bits.
func writing() map[string]func(t *testing.T, s store.Store) {
	return map[string]func(t *testing.T, s store.Store){
		"leaves nothing when the sender breaks off":             leavesNothing,
		"does not write over a key":                             keepsFirst,
		"deletes twice":                                         deletesTwice,
		"does not pass off as whole what was deleted meanwhile": endsDeleted,
		"refuses keys that are paths":                           refusesPaths,
		"stops when nobody wants it any more":                   stops,
		"lists its keys":                                        lists,
		"takes bits of which the size is not known":             takesUnknown,
		"takes nothing of which the size is not known":          takesUnknownNothing,
		"does not ask for the stream as a whole":                streams,
	}
}

func put(t *testing.T, s store.Store, b []byte) {
	t.Helper()
	n, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b)))
	if err != nil || n != int64(len(b)) {
		t.Fatalf("put: %d bytes, %v", n, err)
	}
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

// breaking gives some bytes and then an error.
func breaking(n int, err error) io.Reader {
	return io.MultiReader(bytes.NewReader(make([]byte, n)), errorReader{err})
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func leavesNothing(t *testing.T, s store.Store) {
	broken := errors.New("the client hung up")
	for _, announced := range []int64{24 << 20, -1} {
		if _, err := s.Put(t.Context(), key, breaking(12<<20, broken), announced); !errors.Is(err, broken) {
			t.Fatalf("the sender's error is lost: %v", err)
		}
		if left := names(t, s); len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
	}
	put(t, s, []byte("again"))
}

func keepsFirst(t *testing.T, s store.Store) {
	put(t, s, []byte("first"))
	for _, announced := range []int64{6, -1} {
		if _, err := s.Put(t.Context(), key, bytes.NewReader([]byte("second")), announced); err == nil {
			t.Error("a key was put twice")
		}
	}
	if got := read(t, shelf{Store: s}, key, 0, -1); string(got) != "first" {
		t.Errorf("the first put was written over: %q", got)
	}
}

func deletesTwice(t *testing.T, s store.Store) {
	put(t, s, []byte("bits"))
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	saysNotFound(t, shelf{Store: s, absent: key})
	if left := names(t, s); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

// endsDeleted: where bits lie far away, a reader may break off; it must say so.
func endsDeleted(t *testing.T, s store.Store) {
	b := bytes.Repeat([]byte("x"), 24<<20)
	put(t, s, b)
	r, err := s.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err == nil && !bytes.Equal(got, b) {
		t.Fatalf("%d of %d bytes, and no error", len(got), len(b))
	}
}

func refusesPaths(t *testing.T, s store.Store) {
	for _, name := range bad() {
		if _, err := s.Put(t.Context(), name, bytes.NewReader(nil), 0); err == nil {
			t.Errorf("put took the key %q", name)
		}
		if err := s.Delete(t.Context(), name); err == nil {
			t.Errorf("delete took the key %q", name)
		}
	}
	if left := names(t, s); len(left) != 0 {
		t.Errorf("put nevertheless: %v", left)
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
	want := []string{key, another, third}
	for _, k := range want {
		if _, err := s.Put(t.Context(), k, bytes.NewReader([]byte(k)), int64(len(k))); err != nil {
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
	if got := read(t, shelf{Store: s}, key, 1, 3); string(got) != "234" {
		t.Errorf("%q", got)
	}
}

func takesUnknownNothing(t *testing.T, s store.Store) {
	if n, err := s.Put(t.Context(), key, bytes.NewReader(nil), -1); err != nil || n != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != 0 {
		t.Fatalf("size %d, %v", n, err)
	}
}

// counting gives bytes that tell where they are, and counts what is asked of it at once.
type counting struct {
	at, end int64
	most    int
}

func (c *counting) Read(p []byte) (int, error) {
	if c.at == c.end {
		return 0, io.EOF
	}
	c.most = max(c.most, len(p))
	n := int(min(int64(len(p)), c.end-c.at))
	for i := range p[:n] {
		p[i] = pattern(c.at + int64(i))
	}
	c.at += int64(n)
	return n, nil
}

// pattern is the byte at an offset; it repeats after no power of two.
func pattern(at int64) byte { return byte(at % 251) }

func streams(t *testing.T, s store.Store) {
	const size = 64 << 20
	src := &counting{end: size}
	n, err := s.Put(t.Context(), key, src, -1)
	if err != nil || n != size {
		t.Fatalf("%d, %v", n, err)
	}
	if src.most > 8<<20 {
		t.Errorf("asked for %d bytes at once", src.most)
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != size {
		t.Errorf("size %d, %v", n, err)
	}
	const offset, length = 31<<20 + 5, 20 << 20
	got := read(t, shelf{Store: s}, key, offset, length)
	if len(got) != length {
		t.Fatalf("%d bytes of the middle", len(got))
	}
	for i, b := range got {
		if b != pattern(offset+int64(i)) {
			t.Fatalf("another byte lies at %d", offset+i)
		}
	}
}
