package storetest

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"testing"

	"cumulet/oslo/fault"
)

// reading are the claims that every store must hold.
func reading() map[string]func(t *testing.T, s shelf) {
	return map[string]func(t *testing.T, s shelf){
		"gives back what was put":      givesBack,
		"reads any stretch":            readsStretches,
		"keeps empty bits":             keepsEmpty,
		"says that a key is not there": saysNotFound,
		"opens no paths":               opensNoPaths,
		"tells where bits lie":         tellsWhere,
	}
}

// bad are names that are no keys.
func bad() []string {
	return []string{"", ".", "..", "../x", "a/b", "/etc/passwd", ".partial", "a\x00b", "--help", "-p", "a.1", key + "/1", key + "@snap", key + "\n"}
}

func read(t *testing.T, s shelf, key string, offset, length int64) []byte {
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

func givesBack(t *testing.T, s shelf) {
	b := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	key := s.lay(t, b)
	if got := read(t, s, key, 0, -1); !bytes.Equal(got, b) {
		t.Fatalf("%d bytes came back of %d, or others", len(got), len(b))
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != int64(len(b)) {
		t.Fatalf("size %d, %v", n, err)
	}
}

func readsStretches(t *testing.T, s shelf) {
	key := s.lay(t, []byte("hello world"))
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 5, "hello"}, {6, -1, "world"}, {10, 1, "d"}, {3, 100, "lo world"}, {11, -1, ""}, {0, 0, ""}} {
		if got := read(t, s, key, c.offset, c.length); string(got) != c.want {
			t.Errorf("%d+%d: %q, not %q", c.offset, c.length, got, c.want)
		}
	}
}

func keepsEmpty(t *testing.T, s shelf) {
	key := s.lay(t, nil)
	if got := read(t, s, key, 0, -1); len(got) != 0 {
		t.Fatalf("%q of nothing", got)
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != 0 {
		t.Fatalf("size %d, %v", n, err)
	}
}

func saysNotFound(t *testing.T, s shelf) {
	if r, err := s.Open(t.Context(), s.absent, 0, -1); !fault.Is(err, fault.NotFound) {
		t.Errorf("open: %v, %v", r, err)
	}
	if _, err := s.Size(t.Context(), s.absent); !fault.Is(err, fault.NotFound) {
		t.Errorf("size: %v", err)
	}
}

func opensNoPaths(t *testing.T, s shelf) {
	for _, name := range bad() {
		if _, err := s.Open(t.Context(), name, 0, -1); err == nil || fault.Is(err, fault.NotFound) {
			t.Errorf("open took the key %q: %v", name, err)
		}
		if _, err := s.Size(t.Context(), name); err == nil || fault.Is(err, fault.NotFound) {
			t.Errorf("size took the key %q: %v", name, err)
		}
	}
}

func takesNothing(t *testing.T, one ReadOnly) {
	key := one.Lay(t, []byte("bits"))
	if _, err := one.Store.Put(t.Context(), one.Absent, bytes.NewReader([]byte("new")), 3); !fault.Is(err, fault.Gone) {
		t.Errorf("put: %v", err)
	}
	if err := one.Store.Delete(t.Context(), key); !fault.Is(err, fault.Forbidden) {
		t.Errorf("delete: %v", err)
	}
	for k, err := range one.Store.Keys(t.Context()) {
		t.Errorf("offered to the scrubber: %v, %v", k, err)
	}
	if n, err := one.Store.Size(t.Context(), key); err != nil || n != 4 {
		t.Errorf("size %d, %v", n, err)
	}
}

// tellsWhere holds that the address of bits is one, that different bits have different ones, and that nobody's secret is in it.
func tellsWhere(t *testing.T, s shelf) {
	key := s.lay(t, []byte("bits"))
	u, err := url.Parse(s.URL(key))
	if err != nil || u.Scheme == "" || u.User != nil || u.RawQuery != "" {
		t.Errorf("%q: %v", s.URL(key), err)
	}
	if s.URL(key) == s.URL(s.absent) {
		t.Errorf("two keys lie at %s", u)
	}
}
