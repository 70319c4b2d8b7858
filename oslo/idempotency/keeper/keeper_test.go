package keeper_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/idempotency"
	"cumulet/oslo/idempotency/keeper"
)

type thing struct{ ID string }

func (t thing) Identity() (id, projectID string) { return t.ID, "" }

// world is a keeper on a database of its own, with a clock that stands until it is set.
type world struct {
	*keeper.Keeper
	db  *db.DB
	now time.Time
}

func newWorld(t *testing.T, e dbtest.Engine) *world {
	t.Helper()
	d, err := db.Open(t.Context(), "test", e.URL(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	w := &world{db: d, now: time.Now()}
	w.Keeper = &keeper.Keeper{DB: d, Now: func() time.Time { return w.now }, Patience: time.Millisecond, Refusals: 3}
	return w
}

var asked = idempotency.Request{ID: "id", Caller: "caller", Print: "print"}

// begin takes a request up, which must be free.
func (w *world) begin(t *testing.T, r idempotency.Request) context.Context {
	t.Helper()
	ctx, answer, err := w.Begin(t.Context(), r)
	if err != nil || answer != nil {
		t.Fatalf("begin: %q, %v", answer, err)
	}
	return ctx
}

// change is what a handler does in a transaction.
func (w *world) change(ctx context.Context, id string) error {
	return w.db.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, "thing.create", thing{id}) })
}

func (w *world) changes(t *testing.T) int {
	t.Helper()
	events, err := w.db.Events(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

// refused gives the text of the fault that Begin must answer with.
func (w *world) refused(t *testing.T, r idempotency.Request, name string) string {
	t.Helper()
	_, answer, err := w.Begin(t.Context(), r)
	f := fault.Of(err)
	if f == nil || f.Name != name {
		t.Fatalf("begin gives %q, %v; want the fault %s", answer, err, name)
	}
	return f.Text
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		test(t, newWorld(t, e))
	})
}

func TestAnswerIsKeptForADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.begin(t, asked)
		if err := errors.Join(w.change(ctx, "a"), w.End(ctx, []byte("made"))); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(23 * time.Hour)
		if _, answer, err := w.Begin(t.Context(), asked); err != nil || string(answer) != "made" {
			t.Errorf("after 23 hours: %q, %v", answer, err)
		}
		w.refused(t, idempotency.Request{ID: "id", Print: "another"}, "IdempotencyKeyReused")
		w.now = w.now.Add(2 * time.Hour)
		w.begin(t, idempotency.Request{ID: "id", Caller: "caller", Print: "another"})
		if err := keeper.Forget(t.Context(), w.db, w.now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		w.begin(t, asked)
	})
}

// TestDeathBeforeTheChangeLetsItRunAgain: and who held it, should he live after all, can change nothing more.
func TestDeathBeforeTheChangeLetsItRunAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		slow := w.begin(t, asked)
		w.refused(t, asked, idempotency.InUse)
		w.now = w.now.Add(2 * time.Minute)
		quick := w.begin(t, asked)
		if err := w.change(slow, "a"); !fault.Is(err, fault.Conflict) {
			t.Errorf("who lost the hold commits: %v", err)
		}
		if err := w.change(quick, "b"); err != nil {
			t.Fatal(err)
		}
		if err := w.End(slow, []byte("wrong")); !fault.Is(err, fault.Conflict) {
			t.Errorf("who lost the hold answers: %v", err)
		}
		if err := w.End(quick, []byte("right")); err != nil {
			t.Fatal(err)
		}
		if _, answer, err := w.Begin(t.Context(), asked); err != nil || string(answer) != "right" || w.changes(t) != 1 {
			t.Errorf("answered %q, %v with %d changes", answer, err, w.changes(t))
		}
	})
}

func TestDeathAfterTheChangeIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.begin(t, asked)
		if err := errors.Join(w.change(ctx, "thing-1"), w.change(ctx, "thing-2")); err != nil {
			t.Fatal(err)
		}
		w.refused(t, asked, idempotency.InUse)
		w.now = w.now.Add(2 * time.Minute)
		if text := w.refused(t, asked, "IdempotencyOutcomeUnknown"); !strings.Contains(text, "thing-1, thing-2") {
			t.Errorf("it does not say what was changed: %s", text)
		}
		if err := w.End(ctx, []byte("late")); err != nil { // it was slow, not dead
			t.Fatal(err)
		}
		if _, answer, err := w.Begin(t.Context(), asked); err != nil || string(answer) != "late" {
			t.Errorf("the late answer is not given: %q, %v", answer, err)
		}
	})
}

func TestFailureWithoutAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.End(w.begin(t, asked), nil); err != nil {
			t.Fatal(err)
		}
		ctx := w.begin(t, asked) // nothing was changed: again
		if err := errors.Join(w.change(ctx, "a"), w.End(ctx, nil)); err != nil {
			t.Fatal(err)
		}
		w.refused(t, asked, "IdempotencyOutcomeUnknown") // something was: at once
	})
}

func TestFailedTransactionIsNoChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, failure := w.begin(t, asked), errors.New("no")
		err := w.db.Tx(ctx, func(tx *db.Tx) error {
			return errors.Join(tx.Record(ctx, "thing.create", thing{"a"}), failure)
		})
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
		w.now = w.now.Add(2 * time.Minute)
		w.begin(t, asked)
	})
}

// TestRefusalsAreBounded: else whoever is refused could fill the database.
func TestRefusalsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, id := range []string{"1", "2", "3", "4"} {
			if err := w.End(w.begin(t, idempotency.Request{ID: id, Caller: "caller"}), []byte("no")); err != nil {
				t.Fatal(err)
			}
		}
		if _, answer, err := w.Begin(t.Context(), idempotency.Request{ID: "3", Caller: "caller"}); err != nil || answer == nil {
			t.Errorf("the third refusal is not kept: %v", err)
		}
		w.begin(t, idempotency.Request{ID: "4", Caller: "caller"})
	})
}
