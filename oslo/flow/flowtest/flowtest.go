package flowtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/flow"
)

// World is a flow with all that it works on, as it is before the flow starts.
type World[S any] struct {
	DB   *db.DB
	Flow flow.Flow[S]
	// State is what the flow starts with.
	State S
	// Check fails the test unless the world is as it shall be once the operation has ended with its status: after
	// flow.Done all is made, after flow.Undone the resource is marked and nothing else is left.
	Check func(t *testing.T, ended flow.Operation)
}

// patience bounds the run of one operation, generously.
const patience = 60 * time.Second

// errFails is why the suite's steps fail: a bug as far as the runner knows.
var errFails = errors.New("flowtest: this step fails")

// Run runs the flow in a new world each time: as it is; with each step repeated; with each step failing before it does
// anything and after it did all; with each undo repeated; and killed at each boundary on the way forth and back, to be
// taken up by another runner.
func Run[S any](t *testing.T, newWorld func(t *testing.T) World[S]) {
	forth := 0 // boundaries on the way
	t.Run("succeeds", func(t *testing.T) {
		w := newWorld(t)
		forth = w.play(t, flow.Done, 0)
	})
	t.Run("with every step done twice", func(t *testing.T) {
		w := newWorld(t)
		for i := range w.Flow.Steps {
			w.Flow.Steps[i].Do = twice(w.Flow.Steps[i].Do)
		}
		w.play(t, flow.Done, 0)
	})
	for kill := 1; kill <= forth; kill++ {
		t.Run(fmt.Sprintf("killed at boundary %d", kill), func(t *testing.T) {
			w := newWorld(t)
			w.play(t, flow.Done, kill)
		})
	}
	for step := range newWorld(t).Flow.Steps {
		for _, done := range []bool{false, true} {
			fails(t, newWorld, step, done)
		}
	}
}

// fails has the step fail, before or after it has done all, and everything undone.
func fails[S any](t *testing.T, newWorld func(t *testing.T) World[S], step int, done bool) {
	world := func(t *testing.T) World[S] {
		w := newWorld(t)
		s := &w.Flow.Steps[step]
		s.Tries = 1
		do := s.Do
		s.Do = func(ctx context.Context, state *S) error {
			if done {
				if err := do(ctx, state); err != nil {
					return err
				}
			}
			return errFails
		}
		return w
	}
	when := "before"
	if done {
		when = "after"
	}
	name := fmt.Sprintf("step %q fails %s its work", newWorld(t).Flow.Steps[step].Name, when)
	boundaries := 0
	t.Run(name, func(t *testing.T) {
		w := world(t)
		boundaries = w.play(t, flow.Undone, 0)
	})
	t.Run(name+", every undo done twice", func(t *testing.T) {
		w := world(t)
		for i := range w.Flow.Steps {
			w.Flow.Steps[i].Undo = twice(w.Flow.Steps[i].Undo)
		}
		w.Flow.Failed = failedTwice(w.Flow.Failed)
		w.play(t, flow.Undone, 0)
	})
	for kill := 1; kill <= boundaries; kill++ {
		t.Run(fmt.Sprintf("%s, killed at boundary %d", name, kill), func(t *testing.T) {
			w := world(t)
			w.play(t, flow.Undone, kill)
		})
	}
}

// twice runs do again over the state that it began with, as after a crash before its record.
func twice[S any](do func(context.Context, *S) error) func(context.Context, *S) error {
	if do == nil {
		return nil
	}
	return func(ctx context.Context, s *S) error {
		recorded, err := json.Marshal(s)
		if err != nil {
			return err
		}
		var before S
		if err := json.Unmarshal(recorded, &before); err != nil {
			return err
		}
		if err := do(ctx, &before); err != nil {
			return err
		}
		return do(ctx, s)
	}
}

func failedTwice[S any](failed func(context.Context, *S, error) error) func(context.Context, *S, error) error {
	if failed == nil {
		return nil
	}
	return func(ctx context.Context, s *S, why error) error {
		return twice(func(ctx context.Context, s *S) error { return failed(ctx, s, why) })(ctx, s)
	}
}

// play runs the world's flow until it has ended, checks it, and tells how many boundaries it passed. The first runner dies
// at the boundary of number kill (none when 0), as a killed process would; a second one then goes on.
func (w World[S]) play(t *testing.T, want flow.Status, kill int) (boundaries int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	died := make(chan struct{})
	boundary := func(flow.Operation, string, string) {
		mu.Lock()
		defer mu.Unlock()
		if boundaries++; boundaries == kill {
			close(died)
			runtime.Goexit()
		}
	}
	var id string
	err := w.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		id, err = flow.Start(ctx, tx, w.Flow.Name, "flowtest", w.State)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := w.run(ctx, "first", time.Now, boundary)
	defer stop()
	if kill > 0 {
		select {
		case <-died:
		case <-ctx.Done():
			t.Fatalf("boundary %d was not reached", kill)
		}
		stop()
		// The second runner lives when the first one's lease has run out.
		later := func() time.Time { return time.Now().Add(time.Hour) }
		defer w.run(ctx, "second", later, nil)()
	}
	ended, err := flow.Wait(ctx, w.DB, id)
	if err != nil {
		t.Fatalf("operation %+v: %v", ended, err)
	}
	if ended.Status != want {
		t.Errorf("ended %s, want %s: %+v", ended.Status, want, ended)
	}
	w.Check(t, ended)
	mu.Lock()
	defer mu.Unlock()
	return boundaries
}

// run runs a runner; stop ends it and waits for that.
func (w World[S]) run(ctx context.Context, owner string, now func() time.Time, boundary func(flow.Operation, string, string)) (stop func()) {
	r := &flow.Runner{
		DB: w.DB, Flows: []flow.Definition{flow.Define(w.Flow)}, Owner: owner, Now: now, Boundary: boundary,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return sync.OnceFunc(func() { cancel(); <-ended })
}
