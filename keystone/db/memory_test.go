package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/db/dbtest"
)

// counted concludes how often it was asked.
type counted struct {
	db.Memory[string, int]
	asked int
}

func (c *counted) get(t *testing.T, d *db.DB, now time.Time) int {
	t.Helper()
	n, err := c.Get(t.Context(), d, now, "key", func() (int, error) { c.asked++; return c.asked, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Two keystones on one database: what the one records, the other must not go on remembering against.
func TestMemoryEndsWithTheNextEventOfAnyProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	here, there := open(t, url), open(t, url)
	now := time.Now()
	var memory counted
	if memory.get(t, here, now); memory.get(t, here, now) != 1 {
		t.Error("nothing is remembered")
	}
	for i, other := range []*db.DB{there, here} {
		err := other.Tx(t.Context(), func(tx *db.Tx) error {
			return tx.Record(t.Context(), "identity.token.revoked", keystone.Revocation{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := memory.get(t, here, now); n != i+2 {
			t.Errorf("after event %d it remembers conclusion %d", i, n)
		}
	}
	if n := memory.get(t, here, now.Add(time.Minute)); n != 4 {
		t.Errorf("a minute later it remembers conclusion %d", n)
	}
}

func TestMemoryForgetsFailures(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.URL(t))
	var memory counted
	broken := errors.New("broken")
	_, err := memory.Get(t.Context(), d, time.Now(), "key", func() (int, error) { return 0, broken })
	if !errors.Is(err, broken) || memory.get(t, d, time.Now()) != 1 {
		t.Errorf("%v", err)
	}
}

// A conclusion drawn while something changed may be drawn of what was before.
func TestMemoryTrustsNoConclusionThatAChangeOvertook(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.URL(t))
	var memory counted
	_, err := memory.Get(t.Context(), d, time.Now(), "key", func() (int, error) {
		return -1, d.Tx(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
			return tx.Record(t.Context(), "identity.token.revoked", keystone.Revocation{})
		})
	})
	if err != nil || memory.get(t, d, time.Now()) != 1 {
		t.Errorf("an overtaken conclusion is remembered, %v", err)
	}
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// What one request asks is asked at one moment: not before its own changes, and others' are seen by the next.
func TestARequestAsksAtOneMoment(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	here, there := open(t, url), open(t, url)
	var memory counted
	get := func(ctx context.Context) int {
		n, err := memory.Get(ctx, here, time.Now(), "key", func() (int, error) { memory.asked++; return memory.asked, nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	change := func(d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return tx.Record(t.Context(), "identity.token.revoked", keystone.Revocation{})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	request := db.AtOneMoment(t.Context())
	for _, step := range []struct {
		claim  string
		change func()
		ctx    func() context.Context
		want   int
	}{
		{"at first", func() {}, func() context.Context { return request }, 1},
		{"after another's change", func() { change(there) }, func() context.Context { return request }, 1},
		{"in the next request", func() {}, func() context.Context { return db.AtOneMoment(t.Context()) }, 2},
		{"after its own change", func() { change(here) }, func() context.Context { return request }, 3},
	} {
		step.change()
		if got := get(step.ctx()); got != step.want {
			t.Errorf("%s: conclusion %d, want %d", step.claim, got, step.want)
		}
	}
}

// What lists look like may be asked for in as many ways as callers like.
func TestMemoryIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.URL(t))
	var memory db.Memory[int, json.RawMessage]
	concluded := 0
	get := func(key, size int) {
		_, err := memory.Get(t.Context(), d, time.Now(), key, func() (json.RawMessage, error) {
			concluded++
			return make(json.RawMessage, size), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const mega = 1 << 20
	for key := range 64 {
		get(key, mega)
	}
	concluded = 0
	for key := range 64 {
		get(key, mega)
	}
	if concluded < 32 {
		t.Errorf("of 64 MiB %d were not remembered", concluded)
	}
	concluded = 0
	get(100, mega)
	get(100, mega)
	get(200, 20*mega)
	get(200, 20*mega)
	get(100, mega)
	if concluded != 3 {
		t.Errorf("concluded %d times: one that is small once, one that is large each time", concluded)
	}
}
