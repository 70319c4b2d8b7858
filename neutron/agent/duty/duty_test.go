package duty_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cumulet/neutron"
	"cumulet/neutron/agent/duty"
	"cumulet/oslo/messaging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// agent is a duty on a bus where neutron-server takes reports.
type agent struct {
	*duty.Duty
	t        *testing.T
	reported atomic.Int32
	turns    chan error // what each turn is to return
}

func newAgent(t *testing.T) *agent {
	t.Helper()
	a := &agent{t: t, turns: make(chan error)}
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	a.Duty = &duty.Duty{
		Bus: bus, Log: slog.New(slog.DiscardHandler), Topic: "changes", Load: func() int { return 0 },
		Agent: neutron.AgentReport{Type: "test", Binary: "test-agent", Host: "node"},
		Hear: func(s *messaging.Server) {
			messaging.Take(s, func(context.Context, neutron.NetworkChanged) error { a.Nudge(); return nil })
		},
		Reconcile: func(ctx context.Context) error {
			if a.reported.Load() == 0 {
				t.Error("the host is brought in order before the server knows the agent")
			}
			select {
			case err := <-a.turns:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
	server := &messaging.Server{Bus: bus, Topic: neutron.Topic}
	messaging.Answer(server, func(context.Context, neutron.AgentReport) (neutron.AgentReported, error) {
		a.reported.Add(1)
		return neutron.AgentReported{}, nil
	})
	serving, _ := a.start(server.Run)
	<-serving
	return a
}

// start runs something until the test ends, and returns its readiness and its end.
func (a *agent) start(run func(context.Context, func()) error) (ready chan struct{}, ended chan error) {
	ctx, stop := context.WithCancel(context.Background())
	ready, ended = make(chan struct{}), make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- run(ctx, func() { close(ready) })
	}()
	a.t.Cleanup(func() { stop(); <-done })
	return ready, ended
}

func TestAgentIsReadyOnceItHasTried(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	ready, _ := a.start(a.Run)
	select {
	case <-ready:
		t.Error("it is ready before it has tried")
	case a.turns <- errors.New("not yet"):
	}
	<-ready
	a.turns <- nil // what failed is tried again
}

func TestChangesLeadToATurn(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	a.start(a.Run)
	a.turns <- nil
	for range 2 {
		if err := messaging.Fanout(t.Context(), a.Bus, "changes", neutron.NetworkChanged{}); err != nil {
			t.Fatal(err)
		}
		a.turns <- nil
	}
}

func TestEndOfTheWatchIsTheAgents(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	lost := errors.New("lost")
	a.Watch = func(context.Context) error { return lost }
	_, ended := a.start(a.Run)
	if err := <-ended; !errors.Is(err, lost) {
		t.Errorf("it ended by %v", err)
	}
}

func TestAgentEndsWithoutErrorWhenTold(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	ctx, stop := context.WithCancel(t.Context())
	a.Watch = func(ctx context.Context) error { <-ctx.Done(); return nil }
	_, ended := a.start(func(_ context.Context, ready func()) error { return a.Run(ctx, ready) })
	a.turns <- nil
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended by %v", err)
	}
}
