package db

import (
	"context"
	"strings"
	"testing"
	"time"

	"cumulet/nova"
	"cumulet/oslo/db/dbtest"
)

// two opens a database with two servers in it.
func two(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Now().UTC()
	err = d.Tx(t.Context(), func(tx *Tx) error {
		return tx.InsertServers(t.Context(), []nova.Server{{ID: "a", Name: "a", CreatedAt: now}, {ID: "b", Name: "b", CreatedAt: now}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rename changes a server, and gives up after it where doomed.
func rename(ctx context.Context, d *DB, id, name string, doomed error) error {
	return d.Tx(ctx, func(tx *Tx) error {
		s, err := tx.Server(ctx, id)
		if err != nil {
			return err
		}
		s.Name = name
		if err := tx.UpdateServer(ctx, s); err != nil {
			return err
		}
		return doomed
	})
}

func names(t *testing.T, d *DB, p nova.Page) string {
	t.Helper()
	servers, err := d.Servers(t.Context(), nova.ServerFilter{}, p)
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, s := range servers {
		all += s.Name + " "
	}
	return all
}

func TestListsShowEachChangeAtOnce(t *testing.T) {
	t.Parallel()
	d := two(t)
	for _, name := range []string{"b", "c", "d"} {
		if err := rename(t.Context(), d, "b", name, nil); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second is remembered
			if got := names(t, d, nova.Page{}); got != name+" a " {
				t.Errorf("%q after the name became %s", got, name)
			}
		}
	}
	if err := rename(t.Context(), d, "b", "undone", context.Canceled); err == nil {
		t.Fatal("a transaction that fails was committed")
	}
	if got := names(t, d, nova.Page{Limit: 1}); got != "d " {
		t.Errorf("%q after a change that was undone", got)
	}
}

// A list between whose two questions a row changes is asked anew, in one question.
func TestWhatChangesBetweenTheQuestionsIsNotMixed(t *testing.T) {
	t.Parallel()
	d := two(t)
	before, err := d.stamps(t.Context(), nova.ServerFilter{}, nova.Page{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, known, err := d.recall(t.Context(), before); err != nil || !known {
		t.Fatalf("what has not changed: %t, %v", known, err)
	}
	if err := rename(t.Context(), d, "a", "other", nil); err != nil {
		t.Fatal(err)
	}
	names(t, d, nova.Page{})
	if _, known, err := d.recall(t.Context(), before); err != nil || known {
		t.Errorf("a row of another revision passes for what the list found: %v", err)
	}
	if _, known, err := d.recall(t.Context(), append(before, stamp{ID: "gone"})); err != nil || known {
		t.Errorf("a row that is not there passes for found: %v", err)
	}
}

func TestLargeServersAreNotRemembered(t *testing.T) {
	t.Parallel()
	d := two(t)
	err := d.Tx(t.Context(), func(tx *Tx) error {
		return tx.InsertServers(t.Context(), []nova.Server{{ID: "large", Name: "large", CreatedAt: time.Now().UTC(), UserData: strings.Repeat("A", largest)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := names(t, d, nova.Page{}); got != "large b a " {
			t.Error(got)
		}
	}
	if d.memory.servers.Len() != 2 {
		t.Errorf("%d are remembered", d.memory.servers.Len())
	}
}
