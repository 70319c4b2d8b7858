package service_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cumulet/oslo/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// steady is a role that is ready at once and notes its end.
func steady(name string, ended *[]string) service.Role {
	return service.Role{Name: name, Run: func(ctx context.Context, ready func()) error {
		ready()
		<-ctx.Done()
		*ended = append(*ended, name)
		return ctx.Err()
	}}
}

func TestRolesStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended []string
		g := service.Group{Log: quiet()}
		ctx, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"a", "b", "c"} {
			if err := g.Start(ctx, steady(name, &ended)); err != nil {
				t.Fatal(err)
			}
		}
		cancel() // the context of the start is not the role's
		synctest.Wait()
		if ready := g.Ready(); len(ended) != 0 || !ready["a"] || !ready["b"] || !ready["c"] {
			t.Errorf("ready %v, ended %v", ready, ended)
		}
		if err := g.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if !slices.Equal(ended, []string{"c", "b", "a"}) {
			t.Errorf("ended in the order %v", ended)
		}
	})
}

func TestStartWaitsUntilTheRoleIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := service.Group{Log: quiet()}
		began := time.Now()
		err := g.Start(t.Context(), service.Role{Name: "slow", Run: func(ctx context.Context, ready func()) error {
			<-time.After(3 * time.Second)
			if serves, known := g.Ready()["slow"]; serves || !known {
				t.Errorf("while it starts ready is %v, known %v", serves, known)
			}
			ready()
			<-ctx.Done()
			return nil
		}})
		if err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if err := g.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstRunThatFailsIsTheErrorOfStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := service.Group{Log: quiet()}
		broken := errors.New("port taken")
		for name, run := range map[string]func(context.Context, func()) error{
			"fails":  func(context.Context, func()) error { return broken },
			"panics": func(context.Context, func()) error { panic("oh") },
			"ends":   func(context.Context, func()) error { return nil },
		} {
			if err := g.Start(t.Context(), service.Role{Name: name, Run: run}); err == nil || name == "fails" && !errors.Is(err, broken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := g.Start(ctx, service.Role{Name: "never", Run: func(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("never ready: %v", err)
		}
		if len(g.Ready()) != 0 {
			t.Errorf("of what did not start there is %v", g.Ready())
		}
	})
}

func TestFailedRoleStartsAnewAfterAPauseThatGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := service.Group{Log: quiet()}
		began := time.Now()
		var at []time.Duration
		err := g.Start(t.Context(), service.Role{Name: "flaky", Run: func(ctx context.Context, ready func()) error {
			at = append(at, time.Since(began))
			ready()
			switch len(at) {
			case 1, 2:
				return errors.New("oh")
			case 3:
				panic("oh")
			case 4: // runs long enough to be forgiven
				<-time.After(time.Hour)
				return nil
			}
			<-ctx.Done()
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Second)
		if g.Ready()["flaky"] {
			t.Error("ready during the pause")
		}
		<-time.After(2 * time.Hour)
		ready := g.Ready()
		if err := g.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, time.Hour + 8*time.Second}
		if !slices.Equal(at, want) || !ready["flaky"] {
			t.Errorf("started at %v, want %v; ready %v", at, want, ready)
		}
	})
}

func TestStopEndsAStartUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := service.Group{Log: quiet()}
		ended := make(chan error)
		go func() {
			ended <- g.Start(t.Context(), service.Role{Name: "slow", Run: func(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }})
		}()
		synctest.Wait()
		if err := g.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("start: %v", err)
		}
	})
}

func TestStopNamesTheRoleThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := service.Group{Log: quiet()}
		goOn := make(chan struct{})
		err := g.Start(t.Context(), service.Role{Name: "stuck", Run: func(_ context.Context, ready func()) error { ready(); <-goOn; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Stop(ctx); err == nil || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("stop: %v", err)
		}
		close(goOn)
	})
}

func TestReconcilerRunsByTimeAndOnNudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		r := service.Reconciler{Name: "r", Every: time.Minute, Log: quiet(), Do: func(context.Context) error {
			at = append(at, time.Since(began))
			<-time.After(time.Second)
			switch len(at) {
			case 2:
				return errors.New("oh")
			case 3:
				panic("oh")
			}
			return nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		<-time.After(30 * time.Second)
		r.Nudge()
		synctest.Wait()
		r.Nudge() // two during a run are one more
		r.Nudge()
		<-time.After(61 * time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want := []time.Duration{0, 30 * time.Second, 31 * time.Second, time.Minute}
		if !slices.Equal(at, want) {
			t.Errorf("ran at %v, want %v", at, want)
		}
	})
}

func TestReconcilerWithoutAPeriodRunsOnNudgesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		r := service.Reconciler{Name: "r", Log: quiet(), Do: func(context.Context) error { runs++; return nil }}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		<-time.After(time.Hour)
		r.Nudge()
		<-time.After(time.Hour)
		cancel()
		if err := <-ended; err != nil || runs != 2 {
			t.Errorf("%d runs, %v", runs, err)
		}
	})
}
