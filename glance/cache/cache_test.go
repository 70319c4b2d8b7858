package cache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cumulet/glance"
	"cumulet/glance/cache"
	"cumulet/oslo/fault"
)

const plenty = 1 << 30

func TestFiftyReadersCostTheStoreOneFetch(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 1_000_000)
	type stretch struct{ offset, length int64 }
	parts := []stretch{{0, -1}, {0, 1}, {999_999, 1}, {1234, 500_000}, {990_000, 10_000}}
	var opened, done sync.WaitGroup
	opened.Add(50)
	for number := range 50 {
		p := parts[number%len(parts)]
		done.Go(func() {
			r, err := c.Open(t.Context(), i, p.offset, p.length, true)
			opened.Done()
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			var got bytes.Buffer
			if number%2 == 0 {
				_, err = r.(io.WriterTo).WriteTo(&got)
			} else {
				_, err = io.Copy(&got, struct{ io.Reader }{r})
			}
			if p.length < 0 {
				p.length = *i.Size - p.offset
			}
			if err != nil || int64(got.Len()) != p.length {
				t.Errorf("%+v: %d bytes, %v", p, got.Len(), err)
			}
			n.holds(t, i, p.offset, got.Bytes())
		})
	}
	opened.Wait()
	n.gate <- struct{}{} // those who want the beginning have it before the rest comes
	n.free()
	done.Wait()
	until(t, func() bool { return whole(c, i.ID) })
	for _, p := range parts {
		r, err := c.Open(t.Context(), i, p.offset, p.length, false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || p.length >= 0 && int64(len(got)) != p.length {
			t.Errorf("%+v: %d bytes, %v", p, len(got), err)
		}
		n.holds(t, i, p.offset, got)
	}
	if e := c.Entries()[0]; n.opens.Load() != 1 || e.Hits != len(parts) || e.Size != *i.Size {
		t.Errorf("%d fetches, %+v", n.opens.Load(), e)
	}
}

func TestAReaderReadsWhatHasComeAndWaitsForMore(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100_000)
	r, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n.gate <- struct{}{}
	got := make([]byte, 10_000)
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatal(err)
	}
	n.holds(t, i, 0, got)
	n.free()
	rest, err := io.ReadAll(r)
	if err != nil || len(rest) != 90_000 {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
	n.holds(t, i, 10_000, rest)
}

func TestAReaderThatGoesStopsNoOther(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100_000)
	ctx, leave := context.WithCancel(t.Context())
	first, err := c.Open(ctx, i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	leave()
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left reads %v", err)
	}
	first.Close()
	n.free()
	got, err := io.ReadAll(second)
	if err != nil || len(got) != 100_000 || n.opens.Load() != 1 {
		t.Errorf("%d bytes, %v, %d fetches", len(got), err, n.opens.Load())
	}
	n.holds(t, i, 0, got)
	until(t, func() bool { return whole(c, i.ID) })
}

func TestAFetchThatBreaksOffGivesAnErrorAndIsForgotten(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	dir := t.TempDir()
	c := n.opened(t, dir, plenty)
	i := n.add(1, 100_000)
	n.broken.Store(true)
	for range 2 {
		r, err := c.Open(t.Context(), i, 0, -1, true)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := io.Copy(&got, r); !errors.Is(err, errHangUp) || got.Len() != 50_000 {
			t.Errorf("%d bytes, %v", got.Len(), err)
		}
		r.Close()
		n.holds(t, i, 0, got.Bytes())
	}
	if n.opens.Load() != 2 || !empty(dir) || c.Has(i.ID) {
		t.Errorf("%d fetches, and something is left", n.opens.Load())
	}
	n.broken.Store(false)
	n.load(t, c, i)
}

func TestWrongBitsAreNotWholeForAnybody(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100_000)
	n.change(i.ID, func(_ *glance.Image, bits []byte) { bits[50_000]++ })
	r, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err == nil || len(got) >= 100_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if c.Has(i.ID) {
		t.Error("they are kept")
	}
}

func TestARefusalOfTheStoreIsToldBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100)
	n.refuse.Store(error(glance.NotFound(i.ID)))
	if _, err := c.Open(t.Context(), i, 0, -1, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is told as %v", err)
	}
}

func TestADiskThatFailsCostsTheReaderNothing(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	c := n.opened(t, t.TempDir(), plenty)
	i := n.add(1, 100_000)
	for _, copied := range []bool{false, true} {
		r, err := c.Open(t.Context(), i, 1000, 90_000, true)
		if err != nil {
			t.Fatal(err)
		}
		if !copied {
			n.gate <- struct{}{}
			if _, err := io.ReadFull(r, make([]byte, 500)); err != nil {
				t.Fatal(err)
			}
			c.BreakDisk(i.ID)
			n.free()
			got, err := io.ReadAll(r)
			if err != nil || len(got) != 89_500 {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			n.holds(t, i, 1500, got)
		} else {
			var got bytes.Buffer
			if _, err := io.Copy(&got, r); err != nil || got.Len() != 90_000 {
				t.Errorf("%d bytes, %v", got.Len(), err)
			}
			n.holds(t, i, 1000, got.Bytes())
		}
		r.Close()
	}
}

func TestADeletedImageIsGoneThoughItsReadersReadOn(t *testing.T) {
	t.Parallel()
	n := newNetwork()
	dir := t.TempDir()
	c := n.opened(t, dir, plenty)
	i, alone := n.add(1, 100_000), n.add(2, 100_000)
	r, err := c.Open(t.Context(), i, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	given, err := c.Open(t.Context(), alone, 0, -1, true)
	if err != nil {
		t.Fatal(err)
	}
	given.Close()
	if !c.Delete(i.ID) || !c.Delete(alone.ID) || c.Delete(i.ID) || c.Has(i.ID) {
		t.Error("it is not told rightly whether there was something")
	}
	if _, err := c.Open(t.Context(), i, 0, -1, false); !errors.Is(err, cache.ErrPass) {
		t.Errorf("it is still given: %v", err)
	}
	n.free()
	got, err := io.ReadAll(r)
	if err != nil || len(got) != 100_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	n.holds(t, i, 0, got)
	until(t, func() bool { return empty(dir) })
	n.load(t, c, i)
	c.Clear()
	if len(c.Entries()) != 0 {
		t.Error("after clearing something is there")
	}
}

func TestAnImageOfTheSameIdIsAnother(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	n.load(t, c, n.add(1, 1000))
	n.load(t, c, n.add(1, 1001))
	if all := c.Entries(); len(all) != 1 || all[0].Size != 1001 {
		t.Errorf("%+v", all)
	}
}

func TestWhatLacksADigestOrBitsIsNotKept(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	c := n.opened(t, t.TempDir(), plenty)
	for _, change := range []func(*glance.Image){
		func(i *glance.Image) { i.HashValue = "" },
		func(i *glance.Image) { i.Size = nil },
		func(i *glance.Image) { i.ID = "../../etc/passwd" },
		func(i *glance.Image) { i.HashValue = "../" + i.HashValue[3:] },
	} {
		i := n.add(1, 1000)
		change(&i)
		if _, err := c.Open(t.Context(), i, 0, -1, true); !errors.Is(err, cache.ErrPass) {
			t.Errorf("%v of %+v", err, i)
		}
	}
}

func TestAFileThatWasCutIsNotServed(t *testing.T) {
	t.Parallel()
	n := newNetwork().free()
	dir := t.TempDir()
	c := n.opened(t, dir, plenty)
	i := n.add(1, 1000)
	for _, harm := range []func(string) error{func(path string) error { return os.Truncate(path, 999) }, os.Remove} {
		n.load(t, c, i)
		if err := harm(filepath.Join(dir, i.ID+"."+i.HashValue)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Open(t.Context(), i, 0, -1, false); !errors.Is(err, cache.ErrPass) {
			t.Errorf("it is given: %v", err)
		}
	}
}
