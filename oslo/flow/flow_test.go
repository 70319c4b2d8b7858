package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trail is a state that notes what ran.
type trail struct{ Notes []string }

func (t *trail) note(format string, args ...any) {
	t.Notes = append(t.Notes, fmt.Sprintf(format, args...))
}

func open(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "test", dbtest.URL(t), nil)
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

func start(t *testing.T, d *db.DB, name, resource string, state any) (id string) {
	t.Helper()
	err := d.Tx(t.Context(), func(tx *db.Tx) (err error) {
		ctx := telemetry.WithActor(telemetry.WithRequestID(t.Context(), "req-1"), telemetry.Actor{UserID: "asker"})
		id, err = flow.Start(ctx, tx, name, resource, state)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// run runs r until the test ends, or stop is called.
func run(t *testing.T, r *flow.Runner) (stop func()) {
	t.Helper()
	r.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

func wait(t *testing.T, d *db.DB, id string) flow.Operation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o, err := flow.Wait(ctx, d, id)
	if err != nil {
		t.Fatalf("operation %+v: %v", o, err)
	}
	return o
}

func TestOperationRunsItsStepsInOrderAndKeepsItsState(t *testing.T) {
	t.Parallel()
	d := open(t)
	ended := make(chan trail, 1)
	step := func(name string) flow.Step[trail] {
		return flow.Step[trail]{Name: name, Do: func(ctx context.Context, s *trail) error {
			s.note("%s for %s by %s", name, telemetry.RequestID(ctx), telemetry.ActorOf(ctx).UserID)
			if name == "c" {
				ended <- *s
			}
			return nil
		}}
	}
	run(t, &flow.Runner{DB: d, Owner: "here", Flows: []flow.Definition{
		flow.Define(flow.Flow[trail]{Name: "abc", Steps: []flow.Step[trail]{step("a"), step("b"), step("c")}}),
	}})
	o := wait(t, d, start(t, d, "abc", "thing", trail{}))
	if o.Status != flow.Done || o.Owner != "" || o.Resource != "thing" || o.RequestID != "req-1" {
		t.Errorf("ended as %+v", o)
	}
	want := []string{"a for req-1 by asker", "b for req-1 by asker", "c for req-1 by asker"}
	if got := (<-ended).Notes; !slices.Equal(got, want) {
		t.Errorf("steps noted %q, want %q", got, want)
	}
}

func TestFailedStepIsUndoneFirstAndTheFaultSurvives(t *testing.T) {
	t.Parallel()
	d := open(t)
	var mu sync.Mutex
	var undone []string
	var reason error
	step := func(name string, err error) flow.Step[trail] {
		return flow.Step[trail]{
			Name: name,
			Do:   func(_ context.Context, s *trail) error { s.note("did %s", name); return err },
			Undo: func(_ context.Context, s *trail) error {
				mu.Lock()
				defer mu.Unlock()
				undone = append(undone, name+" of "+s.Notes[len(s.Notes)-1])
				return nil
			},
		}
	}
	refusal := fault.New(fault.Quota, "TooMany", "No more.").With("limit", "3")
	run(t, &flow.Runner{DB: d, Owner: "here", Flows: []flow.Definition{flow.Define(flow.Flow[trail]{
		Name:   "fails",
		Steps:  []flow.Step[trail]{step("a", nil), step("b", fmt.Errorf("in b: %w", refusal)), step("c", nil)},
		Failed: func(_ context.Context, _ *trail, why error) error { reason = why; return nil },
	})}})
	o := wait(t, d, start(t, d, "fails", "thing", trail{}))
	if o.Status != flow.Undone || o.Error != "TooMany: No more." {
		t.Errorf("ended as %+v", o)
	}
	if want := []string{"b of did b", "a of did b"}; !slices.Equal(undone, want) {
		t.Errorf("undone %q, want %q", undone, want)
	}
	if f := fault.Of(reason); f == nil || f.Kind != fault.Quota || f.Details["limit"] != "3" {
		t.Errorf("Failed was told %v", reason)
	}
}

func TestOperationsOfAResourceRunOneAfterAnother(t *testing.T) {
	t.Parallel()
	d := open(t)
	var mu sync.Mutex
	busy, order := map[string]bool{}, []int{}
	run(t, &flow.Runner{DB: d, Owner: "here", Workers: 8, Flows: []flow.Definition{flow.Define(flow.Flow[int]{
		Name: "one", Steps: []flow.Step[int]{{Name: "only", Do: func(_ context.Context, s *int) error {
			mu.Lock()
			defer mu.Unlock()
			if busy["r"] {
				return errors.New("two at once")
			}
			order = append(order, *s)
			return nil
		}}},
	})}})
	var ids []string
	for i := range 10 {
		ids = append(ids, start(t, d, "one", "r", i))
	}
	for _, id := range ids {
		if o := wait(t, d, id); o.Status != flow.Done {
			t.Errorf("ended as %+v", o)
		}
	}
	if !slices.IsSorted(order) || len(order) != 10 {
		t.Errorf("ran in the order %v", order)
	}
}

func TestPassingFailureIsTriedAgainAndRetryDoesNotWait(t *testing.T) {
	t.Parallel()
	d := open(t)
	tries := 0
	tried := make(chan struct{}, 3)
	// The clock stands still: what pauses is never due by itself.
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	run(t, &flow.Runner{DB: d, Owner: "here", Now: func() time.Time { return clock }, Flows: []flow.Definition{
		flow.Define(flow.Flow[int]{Name: "flaky", Steps: []flow.Step[int]{{Name: "only", Tries: 3, Do: func(context.Context, *int) error {
			tries++
			defer func() { tried <- struct{}{} }()
			if tries < 3 {
				return errors.New("not yet")
			}
			return nil
		}}}}),
	}})
	id := start(t, d, "flaky", "r", 0)
	for range 2 {
		<-tried
		paused(t, d, id)
		if err := flow.Retry(t.Context(), d, id); err != nil {
			t.Fatal(err)
		}
	}
	if o := wait(t, d, id); o.Status != flow.Done || tries != 3 {
		t.Errorf("after %d tries ended as %+v", tries, o)
	}
	if err := flow.Retry(t.Context(), d, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("retry of what has ended: %v", err)
	}
}

// paused waits until nobody holds the operation.
func paused(t *testing.T, d *db.DB, id string) {
	t.Helper()
	for t.Context().Err() == nil {
		o, err := flow.Get(t.Context(), d, id)
		if err != nil {
			t.Fatal(err)
		}
		if o.Owner == "" && o.Tries > 0 {
			return
		}
	}
}

func TestCancelUndoesAtTheNextBoundary(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	undone := false
	run(t, &flow.Runner{DB: d, Owner: "here", Flows: []flow.Definition{flow.Define(flow.Flow[int]{
		Name: "long", Steps: []flow.Step[int]{
			{Name: "a", Do: func(context.Context, *int) error { close(begun); <-goOn; return nil },
				Undo: func(context.Context, *int) error { undone = true; return nil }},
			{Name: "b", Do: func(context.Context, *int) error { t.Error("b ran"); return nil }},
		},
	})}})
	id := start(t, d, "long", "r", 0)
	<-begun
	if err := flow.Cancel(t.Context(), d, id); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	if o := wait(t, d, id); o.Status != flow.Undone || !undone {
		t.Errorf("undone %v, ended as %+v", undone, o)
	}
	if _, err := flow.Get(t.Context(), d, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown operation: %v", err)
	}
}

func TestNewerReleaseGoesOnAtTheStepOfThatName(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun := make(chan struct{}, 1)
	old := flow.Define(flow.Flow[trail]{Name: "grows", Steps: []flow.Step[trail]{
		{Name: "a", Do: func(_ context.Context, s *trail) error { s.note("old a"); return nil }},
		{Name: "b", Do: func(ctx context.Context, _ *trail) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() }},
	}})
	stop := run(t, &flow.Runner{DB: d, Owner: "old", Grace: time.Millisecond, Flows: []flow.Definition{old}})
	id := start(t, d, "grows", "r", trail{})
	<-begun
	stop()
	var ran []string
	step := func(name string) flow.Step[trail] {
		return flow.Step[trail]{Name: name, Do: func(_ context.Context, s *trail) error { s.note("new %s", name); ran = s.Notes; return nil }}
	}
	run(t, &flow.Runner{DB: d, Owner: "new", Flows: []flow.Definition{
		flow.Define(flow.Flow[trail]{Name: "grows", Steps: []flow.Step[trail]{step("first"), step("a"), step("b"), step("c")}}),
	}})
	o := wait(t, d, id)
	if want := []string{"old a", "new b", "new c"}; o.Status != flow.Done || !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q; ended as %+v", ran, want, o)
	}
}

func TestPanickingStepIsUndone(t *testing.T) {
	t.Parallel()
	d := open(t)
	run(t, &flow.Runner{DB: d, Owner: "here", Flows: []flow.Definition{flow.Define(flow.Flow[int]{
		Name: "panics", Steps: []flow.Step[int]{{Name: "a", Do: func(context.Context, *int) error { panic("oh") }}},
	})}})
	if o := wait(t, d, start(t, d, "panics", "r", 0)); o.Status != flow.Undone || o.Error != "panic: oh" {
		t.Errorf("ended as %+v", o)
	}
}

func TestStartOfATransactionThatFailsLeavesNoOperation(t *testing.T) {
	t.Parallel()
	d := open(t)
	refused := errors.New("refused")
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		if _, err := flow.Start(t.Context(), tx, "any", "r", 0); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if list, err := flow.Operations(t.Context(), d, ""); err != nil || len(list) != 0 {
		t.Errorf("operations %v, %v", list, err)
	}
}
