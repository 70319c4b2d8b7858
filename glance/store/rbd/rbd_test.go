package rbd_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/glance/store"
	"cumulet/glance/store/rbd"
	"cumulet/glance/store/storetest"
	"cumulet/glance/store/storetest/cephtest"
	"cumulet/oslo/fault"
)

const key = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"

// grace is as short as commands on a slow machine allow.
const grace = 6 * time.Second

// lab is a Ceph whose one pool the claims share, each with a prefix of its own.
type lab struct {
	*cephtest.Server
	made atomic.Int64
}

func (l *lab) open(t *testing.T) *rbd.Store {
	t.Helper()
	o := rbd.Options{Conf: l.Conf, User: cephtest.User, Pool: cephtest.Pool, Prefix: fmt.Sprintf("cloud%d-", l.made.Add(1))}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	return rbd.Open("ceph", o)
}

func (l *lab) run(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := l.Run(t.Context(), words[0], words[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRBDStore has one Ceph for all its claims.
func TestRBDStore(t *testing.T) {
	l := &lab{Server: cephtest.Start(t)}
	t.Run("conforms", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return l.open(t) })
	})
	t.Run("has a snapshot to clone", l.isCloned)
	t.Run("lists and deletes uploads that died", l.findsTheDead)
	t.Run("leaves others' images alone", l.leavesOthers)
	t.Run("empties the trash of what is due", l.emptiesTrash)
	t.Run("keeps what has clones", l.keepsParents)
	t.Run("does not pass zeros off as an image", l.readsNoZeros)
}

func put(t *testing.T, s *rbd.Store, size int) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, bytes.NewReader(bytes.Repeat([]byte("x"), size)), int64(size)); err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, s *rbd.Store) (names []string) {
	t.Helper()
	for k, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, k.Name)
	}
	return names
}

func remove(t *testing.T, s *rbd.Store) {
	t.Helper()
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// waitUntilDue returns once the scrubber is told of the image in the trash.
func waitUntilDue(t *testing.T, s *rbd.Store) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for len(keys(t, s)) == 0 {
		select {
		case <-t.Context().Done():
			t.Fatal("it is never due")
		case <-tick.C:
		}
	}
}

func (l *lab) isCloned(t *testing.T) {
	s := l.open(t)
	put(t, s, 1<<20)
	l.run(t, "rbd clone images/"+s.Prefix+key+"@snap images/disk")
	if got := l.run(t, "rbd export images/disk -"); got != strings.Repeat("x", 1<<20) {
		t.Errorf("the clone has %d other bytes", len(got))
	}
	l.run(t, "rbd rm images/disk")
}

// findsTheDead lays an image without the snapshot, as a process leaves it that is killed while it uploads.
func (l *lab) findsTheDead(t *testing.T) {
	s := l.open(t)
	l.run(t, "rbd create --size 4M images/"+s.Prefix+key)
	if _, err := s.Size(t.Context(), key); !fault.Is(err, fault.NotFound) {
		t.Errorf("half an image is taken for whole: %v", err)
	}
	if got := keys(t, s); len(got) != 1 || got[0] != key {
		t.Fatalf("the scrubber is told of %v", got)
	}
	remove(t, s)
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
	if got := l.run(t, "rbd trash ls --all images"); strings.Contains(got, s.Prefix) {
		t.Errorf("half an image is kept for readers: %s", got)
	}
}

func (l *lab) leavesOthers(t *testing.T) {
	here, there := l.open(t), l.open(t)
	here.Prefix = ""
	put(t, here, 4)
	put(t, there, 4)
	l.run(t, "rbd create --size 1M images/volume-1")
	if got := keys(t, here); len(got) != 1 || got[0] != key {
		t.Errorf("takes for its own: %v", got)
	}
	remove(t, here)
	if n, err := there.Size(t.Context(), key); err != nil || n != 4 {
		t.Errorf("the other cloud's image: %d, %v", n, err)
	}
	l.run(t, "rbd info images/volume-1")
}

func (l *lab) emptiesTrash(t *testing.T) {
	s := l.open(t)
	put(t, s, 4)
	s.Grace = grace
	remove(t, s)
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("%v is due at once", got)
	}
	put(t, s, 4) // the key is free
	remove(t, s)
	waitUntilDue(t, s)
	for len(keys(t, s)) > 0 {
		remove(t, s)
	}
	waitUntilGone(t, l, s)
}

// waitUntilGone removes what becomes due until the trash has nothing of the store's.
func waitUntilGone(t *testing.T, l *lab, s *rbd.Store) {
	t.Helper()
	for strings.Contains(l.run(t, "rbd trash ls --all images"), s.Prefix) {
		waitUntilDue(t, s)
		remove(t, s)
	}
}

func (l *lab) keepsParents(t *testing.T) {
	s := l.open(t)
	put(t, s, 4)
	disk := "images/disk-of-" + s.Prefix
	l.run(t, "rbd clone images/"+s.Prefix+key+"@snap "+disk)
	s.Grace = grace
	remove(t, s)
	waitUntilDue(t, s)
	remove(t, s)
	if got := keys(t, s); len(got) != 1 {
		t.Errorf("an image with clones is not asked after again: %v", got)
	}
	if got := l.run(t, "rbd export "+disk+" -"); got != "xxxx" {
		t.Errorf("of a clone there is left %q", got)
	}
	l.run(t, "rbd rm "+disk)
	waitUntilGone(t, l, s)
}

func (l *lab) readsNoZeros(t *testing.T) {
	s := l.open(t)
	put(t, s, 24<<20)
	s.Grace = grace
	r, err := s.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	remove(t, s)
	waitUntilDue(t, s)
	remove(t, s)
	if b, err := io.ReadAll(r); err == nil {
		t.Errorf("%d bytes of what is no more, %d of them zero", len(b), bytes.Count(b, []byte{0}))
	}
}

func TestWordsStayWords(t *testing.T) {
	for _, bad := range []rbd.Options{
		{Pool: "--conf"}, {Pool: "a/b"}, {User: "-k"}, {User: "a b"}, {Prefix: "../"}, {Prefix: "a@b"}, {ObjectSize: 3}, {ObjectSize: 64}, {Grace: -1}, {Grace: time.Second},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	if err := (&rbd.Options{}).Check(); err != nil {
		t.Error(err)
	}
}
