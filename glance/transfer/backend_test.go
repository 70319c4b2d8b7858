package transfer_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"cumulet/glance"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
)

const key = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"

// another is one more store of the world's.
func (w *world) another(t *testing.T) *file.Store {
	t.Helper()
	s := &file.Store{StoreName: "other", Dir: filepath.Join(t.TempDir(), "other")}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnImageIsReadFromTheStoreOfTheGreatestWeight(t *testing.T) {
	w := newWorld(t)
	fast := w.another(t)
	w.transfer.Stores = store.Set{{Store: w.store, Weight: 1}, {Store: fast, Weight: 2}}
	i := glance.Image{Locations: []glance.Location{{Store: "gone", Key: key}, {Store: "file", Key: key}, {Store: "other", Key: key}}}
	for _, s := range []store.Store{w.store, fast} {
		if _, err := s.Put(t.Context(), key, strings.NewReader(s.Name()), -1); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"other", "file"} {
		r, err := w.transfer.Open(t.Context(), i, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(b) != want {
			t.Errorf("read %q, %v, and not of %s", b, err, want)
		}
		if err := fast.Delete(t.Context(), key); err != nil { // the next is then the lighter one
			t.Fatal(err)
		}
	}
}

func TestAStoreThatIsOnlyReadIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	theirs := w.another(t)
	if _, err := theirs.Put(t.Context(), key, strings.NewReader("theirs"), -1); err != nil {
		t.Fatal(err)
	}
	// An image that came to lie there while it still took some.
	i := w.image(t)
	if err := w.transfer.Upload(t.Context(), who(), i.ID, theirs, strings.NewReader("ours"), 4); err != nil {
		t.Fatal(err)
	}
	w.transfer.Stores = store.Set{{Store: w.store}, {Store: theirs, ReadOnly: true}}
	if err := w.transfer.Delete(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.transfer.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if doomed, err := w.ask.Doomed(t.Context(), theirs.Name(), 10); err != nil || len(doomed) != 0 {
		t.Errorf("bits that stay are to be removed for ever: %v, %v", doomed, err)
	}
	n := 0
	for range theirs.Keys(t.Context()) {
		n++
	}
	if n != 2 {
		t.Errorf("of two keys there are %d", n)
	}
}

func TestTheBitsOfAnotherCloudAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	// A second cloud, misled into the same folder, keeps its images there under keys like ours.
	if _, err := w.store.Put(t.Context(), key, strings.NewReader("theirs"), -1); err != nil {
		t.Fatal(err)
	}
	i := w.image(t)
	if err := w.transfer.Upload(t.Context(), who(), i.ID, w.store, strings.NewReader("ours"), 4); err != nil {
		t.Fatal(err)
	}
	// Of ours there is one more, which an upload left that died, and the image is deleted.
	if _, err := w.store.Put(t.Context(), i.ID+".00000000", strings.NewReader("half"), -1); err != nil {
		t.Fatal(err)
	}
	if err := w.transfer.Delete(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.transfer.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.keys(t); len(got) != 1 || got[0] != key {
		t.Errorf("there are left %v", got)
	}
}
