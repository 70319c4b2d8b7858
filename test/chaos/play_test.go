package chaos

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/test/chaos/breaker"
)

// theTrace marks the request whose boundaries are looked at.
const theTrace = "0af7651916cd43dd8448eb211c80319c"

func traced() http.Header {
	return http.Header{"Traceparent": {"00-" + theTrace + "-b7ad6b7169203331-01"}}
}

// outcome is what came of one play.
type outcome struct {
	killed   bool
	answered int    // the status that the user got; 0 for none
	state    string // how the thing ended
	err      error  // what is wrong
}

func (o outcome) String() string {
	if o.err != nil {
		return "FAILED " + o.err.Error()
	}
	answer := "no answer"
	if o.answered != 0 {
		answer = fmt.Sprint(o.answered)
	}
	if !o.killed {
		return "not met, " + answer + ", " + o.state
	}
	return answer + ", " + o.state
}

// play plays an operation under an order, waits until the world is at rest, and looks at it and at what is left when all is
// removed. atRest, where set, is called in between.
func (w *world) play(op operation, order breaker.Order, atRest func() error) (o outcome) {
	id := op.prepare(w)
	if o.err = breaker.Give(w.orders, order); o.err != nil {
		return o
	}
	a, err := op.ask(w, id, traced())
	if err == nil && a.Good() {
		o.answered = a.Status
	} else if err == nil && a.Status < http.StatusInternalServerError {
		o.err = fmt.Errorf("refused: %s", a)
		return o
	}
	o.err = w.wait(func() (err error) {
		o.state, err = op.ended(w, id, o.answered != 0)
		return err
	})
	o.killed = order.Kill != nil && w.dies()
	steps := []func() error{
		func() error { return breaker.Forget(w.orders) },
		func() error { return w.healthy("while it stands") },
		w.clear,
		func() error { return w.healthy("when all is removed") },
		func() error { return w.wait(w.usedAsBefore) },
		func() error { return w.wait(w.nothingUnderWay) },
	}
	if atRest != nil {
		steps = slices.Insert(steps, 0, atRest)
	}
	for _, step := range steps {
		if err := step(); o.err == nil {
			o.err = err
		}
	}
	return o
}

// dies tells whether the process has died, or does so in a moment: what is last may come after the end that users see.
func (w *world) dies() bool {
	moment := time.NewTimer(time.Second)
	defer moment.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !breaker.Killed(w.orders) {
		select {
		case <-moment.C:
			return false
		case <-tick.C:
		}
	}
	return true
}

func (w *world) usedAsBefore() error {
	used, err := w.quotas()
	if err == nil && !maps.Equal(used, w.used) {
		err = fmt.Errorf("the project uses %v, before it was %v", used, w.used)
	}
	return err
}

// nothingUnderWay: no operation is left, nor the lease on one.
func (w *world) nothingUnderWay() error {
	cmd := exec.Command(w.binary, "operations", "list", "--json")
	cmd.Env = append(os.Environ(), w.env...)
	out, err := cmd.CombinedOutput()
	var left []any
	if err == nil {
		err = json.Unmarshal(out, &left)
	}
	if err != nil || len(left) > 0 {
		return fmt.Errorf("operations are left, %v: %s", err, out)
	}
	return nil
}

// healthy waits until the doctor finds nothing.
func (w *world) healthy(when string) error {
	var said string
	err := w.wait(func() error {
		cmd := exec.Command(w.binary, "doctor")
		cmd.Env = append(os.Environ(), w.env...)
		out, err := cmd.CombinedOutput()
		said = strings.TrimSpace(string(out))
		return err
	})
	if err != nil {
		err = fmt.Errorf("the doctor %s: %w:\n%s", when, err, said)
	}
	return err
}

// enumerate plays the operation undisturbed and gives the boundaries that it met, the request's own first.
func (w *world) enumerate(t *testing.T, op operation) []breaker.Boundary {
	t.Helper()
	var met []breaker.Boundary
	o := w.play(op, breaker.Order{Trace: theTrace, List: true}, func() (err error) {
		met, err = breaker.Listed(w.orders)
		return err
	})
	if o.err != nil {
		t.Fatalf("%s, undisturbed: %v", op.name, o.err)
	}
	met = slices.DeleteFunc(met, func(b breaker.Boundary) bool {
		// What is met beside the request is the doing of agents, except what goes on always and what this test asks.
		return b.Beside() && (w.idle[b.Name] || strings.Contains(b.Name, " GET "))
	})
	slices.SortStableFunc(met, func(a, b breaker.Boundary) int {
		switch {
		case a.Beside() == b.Beside():
			return 0
		case a.Beside():
			return 1
		}
		return -1
	})
	return met
}

// watchIdle learns which boundaries are met while nothing is asked.
func (w *world) watchIdle(t *testing.T, long time.Duration) {
	t.Helper()
	if err := breaker.Give(w.orders, breaker.Order{Trace: theTrace, List: true}); err != nil {
		t.Fatal(err)
	}
	<-time.After(long) // there is nothing to wait for
	met, err := breaker.Listed(w.orders)
	if err != nil {
		t.Fatal(err)
	}
	w.idle = map[string]bool{}
	for _, b := range met {
		w.idle[b.Name] = true
	}
}

// spent tells whether the time that the test may take is over.
func spent(began time.Time, most time.Duration) bool { return most > 0 && time.Since(began) > most }

// only tells whether a boundary is among those that CHAOS_ONLY asks for.
func only(op operation, b breaker.Boundary) bool {
	return strings.Contains(op.name+" "+b.Process+" "+b.Name, cmp.Or(os.Getenv("CHAOS_ONLY"), ""))
}
