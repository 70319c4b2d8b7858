package cache_test

import (
	"crypto/md5" //nolint:gosec // what older images have
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cumulet/glance"
	"cumulet/glance/cache"
)

func TestTheLeastRecentlyUsedGoFirst(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	dir := t.TempDir()
	c := n.opened(t, dir, 2500)
	one, two, three, large := n.add(1, 1000), n.add(2, 1000), n.add(3, 1000), n.add(4, 2501)
	n.load(t, c, one)
	n.load(t, c, two)
	n.load(t, c, one) // used again, and by a process that is no more
	c = n.opened(t, dir, 2500)
	n.load(t, c, three)
	if whole(c, two.ID) || !whole(c, one.ID) || !whole(c, three.ID) {
		t.Errorf("left are %+v", c.Entries())
	}
	if _, err := c.Open(t.Context(), large, 0, -1, true); !errors.Is(err, cache.ErrPass) || len(c.Entries()) != 2 {
		t.Errorf("what cannot fit: %v; left are %+v", err, c.Entries())
	}
	if n.opens.Load() != 3 {
		t.Errorf("%d fetches", n.opens.Load())
	}
	if c = n.opened(t, dir, 1000); len(c.Entries()) != 1 || !whole(c, three.ID) {
		t.Errorf("with less room there are %+v", c.Entries())
	}
}

func TestHalfImagesTakeRoomToo(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	c := n.opened(t, t.TempDir(), 2500)
	one, two, three := n.add(1, 1000), n.add(2, 1000), n.add(3, 1000)
	for _, i := range []glance.Image{one, two} {
		r, err := c.Open(t.Context(), i, 0, -1, true)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
	}
	if _, err := c.Open(t.Context(), three, 0, -1, true); !errors.Is(err, cache.ErrPass) {
		t.Errorf("a third: %v", err)
	}
}

func TestAKilledProcessLeavesWhatIsWholeAndNothingElse(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	dir := t.TempDir()
	c := n.opened(t, dir, plenty)
	kept, half := n.add(1, 5_000), n.add(2, 100_000)
	go func() { // the bits of the first, its end, and a little of the second
		for range 2 {
			n.gate <- struct{}{}
		}
	}()
	n.load(t, c, kept)
	r, err := c.Open(t.Context(), half, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	n.gate <- struct{}{}
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"notes.txt", kept.ID} {
		if err := os.WriteFile(filepath.Join(dir, foreign), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The old one knows nothing of its end, and goes on where it can.
	c = n.opened(t, dir, plenty)
	if !empty(dir) || c.Has(half.ID) || !whole(c, kept.ID) || len(c.Entries()) != 1 {
		t.Errorf("there are %+v", c.Entries())
	}
	n.free()
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 99_900 {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
	r.Close()
	before := n.opens.Load()
	n.load(t, c, kept)
	n.load(t, c, half)
	if n.opens.Load() != before+1 {
		t.Errorf("%d fetches", n.opens.Load()-before)
	}
	for _, foreign := range []string{"notes.txt", kept.ID} {
		if _, err := os.Stat(filepath.Join(dir, foreign)); err != nil {
			t.Error(err)
		}
	}
}

func TestTidyingRemovesWhatTheRegistryDoesNotGive(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	stays, deleted, withheld := n.add(1, 1000), n.add(2, 1000), n.add(3, 1000)
	for _, i := range []glance.Image{stays, deleted, withheld} {
		n.load(t, c, i)
	}
	n.remove(deleted.ID)
	n.change(withheld.ID, func(i *glance.Image, _ []byte) { i.Status = glance.Deactivated })
	if err := c.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := c.Entries(); len(all) != 1 || all[0].ImageID != stays.ID {
		t.Errorf("there are %+v", all)
	}
}

func TestAFillThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	dir := t.TempDir()
	c := n.opened(t, dir, plenty)
	i := n.add(1, 1000)
	r, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := c.Tidy(t.Context()); err != nil || !c.Has(i.ID) {
		t.Errorf("it is given up at once: %v", err)
	}
	n.now.Add(3600)
	if err := c.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err == nil || len(got) > 0 {
		t.Errorf("its reader has %d bytes, %v", len(got), err)
	}
	if c.Has(i.ID) || !empty(dir) {
		t.Error("something is left of it")
	}
}

func TestQueuedImagesAreBrought(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), 20_000)
	nudges := make(chan struct{}, 100)
	c.Nudge = func() { nudges <- struct{}{} }
	var wanted []glance.Image
	for number := range 9 {
		wanted = append(wanted, n.add(number, 1000))
		c.Queue(wanted[number].ID)
		c.Queue(wanted[number].ID)
	}
	// These cannot come, and are taken out; the last breaks off, and stays.
	withheld, large := n.add(10, 1000), n.add(11, 20_001)
	n.change(withheld.ID, func(i *glance.Image, _ []byte) { i.Status = glance.Deactivated })
	for _, id := range []string{withheld.ID, large.ID, "no image's"} {
		c.Queue(id)
	}
	lies := n.add(12, 1000)
	n.change(lies.ID, func(_ *glance.Image, bits []byte) { bits[0]++ })
	c.Queue(lies.ID)
	for len(c.Queued()) > 1 {
		<-nudges
		if err := c.Prefetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool { return len(c.Entries()) == len(wanted) })
	if left := c.Queued(); !slices.Equal(left, []string{lies.ID}) {
		t.Errorf("queued are %v", left)
	}
	c.Queue(wanted[0].ID)
	if len(c.Queued()) != 1 {
		t.Error("what is here is queued")
	}
	c.ClearQueue()
	if len(c.Queued()) != 0 {
		t.Error("the queue is not empty")
	}
}

func TestOlderImagesAreVerifiedByTheirChecksum(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 1000)
	n.change(i.ID, func(old *glance.Image, bits []byte) {
		sum := md5.Sum(bits) //nolint:gosec // see the import
		old.HashAlgo, old.HashValue, old.Checksum = "", "", hex.EncodeToString(sum[:])
		i = *old
	})
	n.load(t, c, i)
}

// wire is what a client's connection is to the kernel: it is handed files, not bytes.
type wire struct {
	io.Writer
	t *testing.T
}

func (w wire) ReadFrom(r io.Reader) (int64, error) {
	part, ok := r.(*io.LimitedReader)
	if !ok {
		w.t.Fatalf("it is given a %T", r)
	}
	if _, ok := part.R.(*os.File); !ok {
		w.t.Errorf("it is given a part of a %T", part.R)
	}
	return io.Copy(w.Writer, r)
}

func TestTheKernelCopies(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100_000)
	for range 2 { // as it comes, and when it is whole
		r, err := c.Open(t.Context(), i, 1, -1, true)
		if err != nil {
			t.Fatal(err)
		}
		if sent, err := io.Copy(wire{io.Discard, t}, r); err != nil || sent != 99_999 {
			t.Errorf("%d bytes, %v", sent, err)
		}
		r.Close()
		until(t, func() bool { return whole(c, i.ID) })
	}
}
