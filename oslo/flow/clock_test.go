package flow_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/oslo/flow"
)

// watch is a clock that can be set.
type watch struct{ ahead atomic.Int64 }

func (w *watch) now() time.Time          { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *watch) set(ahead time.Duration) { w.ahead.Store(int64(ahead)) }

const shortLease = 2 * time.Second

func TestClockSetForwardsTakesNoLeaseFromTheLiving(t *testing.T) {
	t.Parallel()
	d, clock := open(t), &watch{}
	begun, goOn := make(chan struct{}, 2), make(chan struct{})
	def := flow.Define(flow.Flow[int]{Name: "long", Steps: []flow.Step[int]{{Name: "a", Do: func(ctx context.Context, _ *int) error {
		begun <- struct{}{}
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}}}})
	run(t, &flow.Runner{DB: d, Owner: "one", Now: clock.now, Lease: shortLease, Flows: []flow.Definition{def}})
	id := start(t, d, "long", "r", 0)
	<-begun
	hello := flow.Define(flow.Flow[int]{Name: "hello", Steps: []flow.Step[int]{{Name: "a", Do: func(context.Context, *int) error { return nil }}}})
	other := &flow.Runner{DB: d, Owner: "two", Now: clock.now, Lease: shortLease, Flows: []flow.Definition{def, hello}}
	run(t, other)
	wait(t, d, start(t, d, "hello", "s", 0)) // it works, and knows what time it is
	clock.set(time.Hour)
	other.Nudge()
	until(t, func() bool { // the lease is renewed by the new time
		var lease struct {
			Owner      string
			LeaseUntil time.Time
		}
		err := d.NewSelect().Table("operations").Column("owner", "lease_until").Where("id = ?", id).Scan(t.Context(), &lease)
		if err != nil || lease.Owner != "one" {
			t.Fatalf("the operation went to %q, %v", lease.Owner, err)
		}
		return lease.LeaseUntil.After(time.Now().Add(30 * time.Minute))
	})
	other.Nudge()
	close(goOn)
	if o := wait(t, d, id); o.Status != flow.Done || len(begun) != 0 {
		t.Errorf("begun once more %d times, ended as %+v", len(begun), o)
	}
}

func TestClockSetBackwardsDoesNotLengthenTheLeaseOfTheDead(t *testing.T) {
	t.Parallel()
	d, clock := open(t), &watch{}
	def := flow.Define(flow.Flow[int]{Name: "short", Steps: []flow.Step[int]{{Name: "a", Do: func(context.Context, *int) error { return nil }}}})
	died := make(chan struct{})
	stop := run(t, &flow.Runner{
		DB: d, Owner: "one", Now: clock.now, Lease: shortLease, Flows: []flow.Definition{def},
		Boundary: func(flow.Operation, string, string) { close(died); runtime.Goexit() },
	})
	id := start(t, d, "short", "r", 0)
	<-died
	stop()
	clock.set(-time.Hour)
	run(t, &flow.Runner{DB: d, Owner: "two", Now: clock.now, Lease: shortLease, Flows: []flow.Definition{def}})
	if o := wait(t, d, id); o.Status != flow.Done {
		t.Errorf("ended as %+v", o)
	}
}

func TestClockSetBackwardsDoesNotLengthenAPause(t *testing.T) {
	t.Parallel()
	d, clock := open(t), &watch{}
	tries := 0
	def := flow.Define(flow.Flow[int]{Name: "again", Steps: []flow.Step[int]{{Name: "a", Tries: 2, Do: func(context.Context, *int) error {
		if tries++; tries == 1 {
			return errors.New("passes")
		}
		return nil
	}}}})
	run(t, &flow.Runner{DB: d, Owner: "one", Now: clock.now, Lease: shortLease, Flows: []flow.Definition{def}})
	id := start(t, d, "again", "r", 0)
	until(t, func() bool {
		o, err := flow.Get(t.Context(), d, id)
		if err != nil {
			t.Fatal(err)
		}
		return o.Tries == 1
	})
	clock.set(-time.Hour)
	if o := wait(t, d, id); o.Status != flow.Done {
		t.Errorf("ended as %+v", o)
	}
}

// until waits for a condition.
func until(t *testing.T, is func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !is() {
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal("the test ends first")
		}
	}
}

// deadOwner names a process that had our number before us.
func deadOwner(me string) string {
	parts := strings.Split(me, ":")
	if len(parts) != 5 {
		return ""
	}
	parts[2] += "0"
	return strings.Join(parts, ":")
}

func TestOperationsOfADeadProcessAreTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	me := flow.Owner("host")
	dead := deadOwner(me)
	if dead == "" {
		t.Skipf("this machine tells too little of itself: %q", me)
	}
	def := flow.Define(flow.Flow[int]{Name: "short", Steps: []flow.Step[int]{{Name: "a", Do: func(context.Context, *int) error { return nil }}}})
	died := make(chan struct{})
	stop := run(t, &flow.Runner{
		DB: d, Owner: dead, Lease: time.Hour, Flows: []flow.Definition{def},
		Boundary: func(flow.Operation, string, string) { close(died); runtime.Goexit() },
	})
	id := start(t, d, "short", "r", 0)
	<-died
	stop()
	run(t, &flow.Runner{DB: d, Owner: me, Lease: time.Hour, Flows: []flow.Definition{def}})
	if o := wait(t, d, id); o.Status != flow.Done {
		t.Errorf("ended as %+v", o)
	}
}
