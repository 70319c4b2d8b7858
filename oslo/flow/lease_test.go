package flow_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
)

func TestTwoRunnersShareAndNothingRunsTwice(t *testing.T) {
	t.Parallel()
	d := open(t)
	var mu sync.Mutex
	runs := map[int]int{}
	def := flow.Define(flow.Flow[int]{Name: "count", Steps: []flow.Step[int]{{Name: "count", Do: func(_ context.Context, s *int) error {
		mu.Lock()
		defer mu.Unlock()
		runs[*s]++
		return nil
	}}}})
	for _, owner := range []string{"one", "two"} {
		run(t, &flow.Runner{DB: d, Owner: owner, Workers: 4, Flows: []flow.Definition{def}})
	}
	var ids []string
	for i := range 40 {
		ids = append(ids, start(t, d, "count", fmt.Sprint(i), i))
	}
	for _, id := range ids {
		wait(t, d, id)
	}
	for i, n := range runs {
		if n != 1 {
			t.Errorf("operation %d ran %d times", i, n)
		}
	}
}

func TestStoppingRunnerLetsTheStepEndAndGivesTheLeaseBack(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var ran []string
	note := func(what string) { mu.Lock(); defer mu.Unlock(); ran = append(ran, what) }
	def := flow.Define(flow.Flow[int]{Name: "long", Steps: []flow.Step[int]{
		{Name: "a", Do: func(context.Context, *int) error { note("a"); close(begun); <-goOn; return nil }},
		{Name: "b", Do: func(context.Context, *int) error { note("b"); return nil }},
	}})
	stop := run(t, &flow.Runner{DB: d, Owner: "one", Flows: []flow.Definition{def}})
	id := start(t, d, "long", "r", 0)
	<-begun
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(goOn)
	<-stopped
	o, err := flow.Get(t.Context(), d, id)
	if err != nil || o.Owner != "" {
		t.Fatalf("after the stop %+v, %v", o, err)
	}
	run(t, &flow.Runner{DB: d, Owner: "two", Flows: []flow.Definition{def}})
	if o := wait(t, d, id); o.Status != flow.Done || !slices.Equal(ran, []string{"a", "b"}) {
		t.Errorf("ran %q, ended as %+v", ran, o)
	}
}

func TestStepThatOutlivesTheGraceIsRunAgainByTheNext(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun := make(chan struct{}, 2)
	tries := 0
	def := flow.Define(flow.Flow[int]{Name: "stuck", Steps: []flow.Step[int]{{Name: "a", Do: func(ctx context.Context, _ *int) error {
		begun <- struct{}{}
		if tries++; tries == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}}}})
	stop := run(t, &flow.Runner{DB: d, Owner: "one", Grace: time.Millisecond, Flows: []flow.Definition{def}})
	id := start(t, d, "stuck", "r", 0)
	<-begun
	stop()
	run(t, &flow.Runner{DB: d, Owner: "two", Flows: []flow.Definition{def}})
	if o := wait(t, d, id); o.Status != flow.Done || tries != 2 {
		t.Errorf("after %d tries ended as %+v", tries, o)
	}
}

func TestLostLeaseStopsTheStep(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun := make(chan struct{}, 2)
	lost := make(chan error, 1)
	var mu sync.Mutex
	tries := 0
	def := flow.Define(flow.Flow[int]{Name: "long", Steps: []flow.Step[int]{{Name: "a", Do: func(ctx context.Context, s *int) error {
		mu.Lock()
		tries++
		first := tries == 1
		mu.Unlock()
		if *s++; first {
			begun <- struct{}{}
			<-ctx.Done()
			lost <- context.Cause(ctx)
		}
		return nil
	}}}})
	flows := []flow.Definition{def}
	run(t, &flow.Runner{DB: d, Owner: "one", Lease: 60 * time.Millisecond, Flows: flows})
	id := start(t, d, "long", "r", 0)
	<-begun
	ahead := func() time.Time { return time.Now().Add(time.Hour) }
	run(t, &flow.Runner{DB: d, Owner: "two", Now: ahead, Flows: flows})
	if o := wait(t, d, id); o.Status != flow.Done {
		t.Errorf("ended as %+v", o)
	}
	if err := <-lost; err == nil {
		t.Error("the step went on")
	}
	if err := flow.Forget(t.Context(), d, ahead().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := flow.Get(t.Context(), d, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("forgotten, it is %v", err)
	}
}
