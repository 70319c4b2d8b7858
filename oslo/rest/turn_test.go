package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cumulet/oslo/fault"
)

// TestOneCallersRequestsWaitTheirTurnAndNobodyElses holds that a project that asks for everything at once waits for itself only.
func TestOneCallersRequestsWaitTheirTurnAndNobodyElses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		take := func(caller string, body int) (func(), error) {
			return turns.take(t.Context(), caller, body, time.Minute)
		}
		var held []func()
		for range turns.most {
			done, err := take("greedy", 0)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, done)
		}
		var mu sync.Mutex
		var order []int
		var after []func()
		var waiting sync.WaitGroup
		for n := range 3 {
			waiting.Go(func() {
				done, err := take("greedy", 0)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, n)
				after = append(after, done)
			})
			synctest.Wait()
		}
		if done, err := take("modest", 0); err != nil {
			t.Error("another waits as well")
		} else {
			done()
		}
		if done, err := take("", 0); err != nil {
			t.Error("what the process asks itself waits")
		} else {
			done()
		}
		for _, done := range held {
			done()
			synctest.Wait() // so that they come one after the other
		}
		waiting.Wait()
		for _, done := range after {
			done()
		}
		if len(order) != 3 || order[0] != 0 || order[1] != 1 || order[2] != 2 {
			t.Errorf("the turns came as %v", order)
		}
		if len(turns.of) != 0 {
			t.Errorf("%d callers are remembered", len(turns.of))
		}
	})
}

func TestWaitingForATurnHasAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		var held []func()
		for range largeAtOnce {
			done, err := turns.take(t.Context(), "a", largeBody, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, done)
		}
		if _, err := turns.take(t.Context(), "b", largeBody, time.Minute); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a large body beyond the others: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx, "b", largeBody, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("for a caller who went away: %v", err)
		}
		for range turns.most - largeAtOnce {
			done, err := turns.take(t.Context(), "a", 0, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, done)
		}
		if _, err := turns.take(t.Context(), "a", 0, time.Minute); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a request beyond the others: %v", err)
		}
		for _, done := range held {
			done()
		}
		if len(turns.of) != 0 || len(turns.large) != 0 {
			t.Errorf("%d callers are remembered", len(turns.of))
		}
	})
}

// TestBodiesOfOneCallerAreBounded holds that what a caller sends is kept within bounds until it is done with.
func TestBodiesOfOneCallerAreBounded(t *testing.T) {
	t.Parallel()
	turns := newTurns()
	var all []*kept
	for n := range 100 {
		k := &kept{from: bytes.NewReader(make([]byte, 1<<20)), turns: turns, caller: "greedy"}
		all = append(all, k)
		if _, err := io.Copy(io.Discard, k); err != nil {
			if !fault.Is(err, fault.Unavailable) || n < bodiesOfOne>>20 {
				t.Fatalf("body %d: %v", n, err)
			}
			break
		}
	}
	if turns.bodies > bodiesOfOne {
		t.Errorf("%d bytes are kept", turns.bodies)
	}
	if modest := (&kept{from: strings.NewReader("x"), turns: turns, caller: "modest"}); true {
		if _, err := io.Copy(io.Discard, modest); err != nil {
			t.Error(err)
		}
		all = append(all, modest)
	}
	for _, k := range all {
		k.done()
	}
	if turns.bodies != 0 || len(turns.of) != 0 {
		t.Errorf("%d bytes of %d callers are remembered", turns.bodies, len(turns.of))
	}
}

// TestStrangersSendLess holds that a body without a token is bounded more closely.
func TestStrangersSendLess(t *testing.T) {
	t.Parallel()
	s := testAPI(t, Route{Do: "POST /tokens", Rule: Public, Status: 201, Run: Do(func(context.Context, *Call) error { return nil })})
	for size, want := range map[int]int{900: http.StatusCreated, 2000: http.StatusRequestEntityTooLarge} {
		if res, body := ask(t, s, "POST", "/thing/tokens", "", strings.Repeat(" ", size)); res.StatusCode != want {
			t.Errorf("%d bytes: %d %s", size, res.StatusCode, body)
		}
	}
}
