package limit_test

import (
	"sync"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
	"cumulet/oslo/limit/limittest"
)

func TestAProjectsOwnLimitsComeBeforeTheRegistered(t *testing.T) {
	t.Parallel()
	k := limittest.New(t, map[string]int{"a": 1, "b": 2})
	k.Set("p", map[string]int{"b": -1})
	for project, want := range map[string]limit.Limits{
		"p": {"a": 1, "b": -1}, "q": {"a": 1, "b": 2}, "": {"a": 1, "b": 2},
	} {
		got, err := k.Limits().Limits(t.Context(), project)
		if err != nil || len(got) != 2 || got["a"] != want["a"] || got["b"] != want["b"] {
			t.Errorf("%q: %v, %v", project, got, err)
		}
	}
}

func TestAnswersServeForAWhileAndNotLonger(t *testing.T) {
	t.Parallel()
	k := limittest.New(t, map[string]int{"a": 1})
	ask, now := k.Limits(), time.Now()
	ask.Memory, ask.Now = 10*time.Second, func() time.Time { return now }
	want := func(n int) {
		t.Helper()
		if got, err := ask.Limits(t.Context(), "p"); err != nil || got["a"] != n {
			t.Errorf("%v, %v", got, err)
		}
	}
	want(1)
	asked := k.Asked()
	k.Set("p", map[string]int{"a": 2})
	now = now.Add(9 * time.Second)
	want(1)
	if k.Asked() != asked {
		t.Errorf("%d questions more", k.Asked()-asked)
	}
	now = now.Add(time.Second)
	want(2)
	k.Go(true)
	want(2)
	now = now.Add(10 * time.Second)
	if got, err := ask.Limits(t.Context(), "p"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v, %v where keystone is away", got, err)
	}
	k.Go(false)
	want(2)
}

func TestWhoAsksAtOnceSharesTheQuestion(t *testing.T) {
	t.Parallel()
	k := limittest.New(t, map[string]int{"a": 1})
	ask := k.Limits()
	ask.Memory = time.Hour
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := ask.Limits(t.Context(), "p"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if k.Asked() != 4 { // for the model, the service, the registered limits and the project's
		t.Errorf("%d questions", k.Asked())
	}
}

func TestAnotherModelIsNotEnforced(t *testing.T) {
	t.Parallel()
	k := limittest.New(t, map[string]int{"a": 1})
	k.Enforces("strict_two_level")
	if _, err := k.Limits().Limits(t.Context(), "p"); err == nil || fault.Of(err) != nil {
		t.Error(err)
	}
}

func TestEnforceNamesWhatIsOver(t *testing.T) {
	t.Parallel()
	l := limit.Limits{"few": 2, "many": -1}
	for _, c := range []struct {
		claim limit.Request
		text  string
	}{
		{limit.Request{Resource: "few", Used: 1, Delta: 1}, ""},
		{limit.Request{Resource: "few", Used: 2, Delta: 0}, ""},
		{limit.Request{Resource: "many", Used: 99, Delta: 99}, ""},
		{limit.Request{Resource: "few", Used: 3, Delta: 0}, "Project p is over a limit for [Resource few is over limit of 2 due to current usage 3 and delta 0]"},
		{limit.Request{Resource: "none", Used: 0, Delta: 1}, "Project p is over a limit for [Resource none is over limit of 0 due to current usage 0 and delta 1]"},
	} {
		over := l.Enforce(c.claim)
		if (len(over) > 0) != (c.text != "") || len(over) > 0 && over.Over("p") != c.text {
			t.Errorf("%+v: %s", c.claim, over.Over("p"))
		}
	}
}
