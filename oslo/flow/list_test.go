package flow_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
)

// pair opens a database twice, as two processes do: signals of one do not reach the other.
func pair(t *testing.T) (here, there *db.DB) {
	t.Helper()
	url := dbtest.URL(t)
	var both [2]*db.DB
	for i := range both {
		d, err := db.Open(t.Context(), "test", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		both[i] = d
	}
	return both[0], both[1]
}

// TestPausedOperationHearsAnotherProcess: what pauses for half a minute and more is woken by who has no runner.
func TestPausedOperationHearsAnotherProcess(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *db.DB, string) error{"Retry": flow.Retry, "Cancel": flow.Cancel} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, there := pair(t)
			tried, undone := make(chan bool, 10), make(chan bool, 10)
			f := flow.Flow[trail]{Name: "f", Steps: []flow.Step[trail]{{
				Name: "a", Tries: 100,
				Do:   func(context.Context, *trail) error { tried <- true; return errors.New("not yet") },
				Undo: func(context.Context, *trail) error { undone <- true; return nil },
			}}}
			id := start(t, here, "f", "r", trail{})
			// As if it had failed often before, so that the next pause is long.
			err := here.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.ExecContext(t.Context(), "UPDATE operations SET tries = 50, step = 'a' WHERE id = ?", id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			run(t, &flow.Runner{DB: here, Flows: []flow.Definition{flow.Define(f)}, Owner: "here"})
			<-tried
			pausing := func() bool {
				o, err := flow.Get(t.Context(), there, id)
				if err != nil {
					t.Fatal(err)
				}
				return o.Due != nil && o.Owner == ""
			}
			ticker := time.NewTicker(10 * time.Millisecond)
			defer ticker.Stop()
			for !pausing() {
				<-ticker.C
			}
			if err := ask(t.Context(), there, id); err != nil {
				t.Fatal(err)
			}
			woken := tried
			if name == "Cancel" {
				woken = undone
			}
			select {
			case <-woken:
			case <-time.After(15 * time.Second): // the pause is 30 s at least
				t.Error("it sleeps on")
			}
		})
	}
}

func TestAllTellsWhoWaitsForWhom(t *testing.T) {
	t.Parallel()
	d := open(t)
	hold := make(chan struct{})
	f := flow.Flow[trail]{Name: "f", Steps: []flow.Step[trail]{
		{Name: "a", Do: func(context.Context, *trail) error { return nil }},
		{Name: "b", Do: func(ctx context.Context, _ *trail) error {
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return nil
		}},
	}}
	definition := flow.Define(f)
	if !slices.Equal(definition.Steps(), []string{"a", "b"}) {
		t.Errorf("the steps are %v", definition.Steps())
	}
	first, second, other := start(t, d, "f", "r", trail{}), start(t, d, "f", "r", trail{}), start(t, d, "g", "s", trail{})
	run(t, &flow.Runner{DB: d, Flows: []flow.Definition{definition}, Owner: "here"})
	list := func(ended int) []flow.Operation {
		all, err := flow.All(t.Context(), d, ended)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for list(0)[0].Step != "b" {
		<-ticker.C
	}
	all := list(10)
	if len(all) != 3 || all[0].ID != first || all[1].ID != second || all[2].ID != other {
		t.Fatalf("the list is %v", all)
	}
	if all[0].Owner != "here" || all[0].LeaseUntil == nil || all[0].After != "" || all[1].After != first || all[2].After != "" {
		t.Errorf("who waits for whom is %+v", all)
	}
	close(hold)
	wait(t, d, second)
	if n := len(list(0)); n != 1 {
		t.Errorf("%d are under way", n)
	}
	if n := len(list(1)); n != 2 {
		t.Errorf("%d are listed with the last that ended", n)
	}
	if err := flow.Cancel(t.Context(), d, first); !fault.Is(err, fault.Conflict) {
		t.Errorf("one that has ended is cancelled: %v", err)
	}
	if err := flow.Retry(t.Context(), d, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not there is retried: %v", err)
	}
}
