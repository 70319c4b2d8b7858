package messagingtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// RunRestart stops the broker in the middle of everything and starts it again: casts are kept, a call under way fails with a
// fault or is answered after all, and everybody listens and sends again by themselves.
func RunRestart(t *testing.T, b Broker) {
	got := make(chan string, 100)
	begun, goOn := make(chan struct{}), make(chan struct{})
	serve(t, server(b.bus(t), "h", func(_ context.Context, in ask) (string, error) {
		if in.Text == "under way" {
			close(begun)
			<-goOn
		}
		got <- in.Text
		return in.Text, nil
	}))
	sender := b.bus(t)
	if answer, err := call(t, sender, messaging.Topic("t").On("h"), ask{Text: "before"}); err != nil || answer != "before" {
		t.Fatalf("before the restart: %q, %v", answer, err)
	}
	next(t, got)
	if err := messaging.Cast(t.Context(), sender, messaging.Topic("unserved"), ask{Text: "kept"}); err != nil {
		t.Fatal(err)
	}
	var under sync.WaitGroup
	under.Go(func() {
		_, err := call(t, sender, messaging.Topic("t"), ask{Text: "under way"})
		if err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Timeout) {
			t.Errorf("the call under way: %v", err)
		}
	})
	await(t, begun, "the call under way")
	b.Restart(t, func() {
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := messaging.Cast(short, sender, messaging.Topic("t"), ask{Text: "in vain"}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a cast without a broker: %v", err)
		}
		under.Go(func() {
			if err := messaging.Cast(t.Context(), sender, messaging.Topic("t"), ask{Text: "patient"}); err != nil {
				t.Errorf("a cast that waits for the broker: %v", err)
			}
		})
	})
	close(goOn)
	under.Wait()
	for next(t, got) != "patient" {
	}
	kept := make(chan string, 2)
	s := server(b.bus(t), "", func(_ context.Context, in ask) (string, error) { kept <- in.Text; return "", nil })
	s.Topic = "unserved"
	serve(t, s)
	if text := next(t, kept); text != "kept" {
		t.Errorf("the broker kept %q", text)
	}
	afterRestart(t, sender, got)
}

// afterRestart calls and fans out until both reach the server again.
func afterRestart(t *testing.T, sender *messaging.Bus, got <-chan string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, to := range []messaging.Target{messaging.Topic("t"), messaging.Topic("t").On("h")} {
		for {
			answer, err := messaging.Call[string](ctx, sender, to, ask{Text: "after"})
			if err == nil && answer == "after" {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("a call after the restart: %q, %v", answer, err)
			}
			wait(ctx)
		}
	}
	for {
		if err := messaging.Fanout(ctx, sender, "t", ask{Text: "to all"}); err != nil {
			t.Fatalf("a fanout after the restart: %v", err)
		}
		for {
			select {
			case text := <-got:
				if text == "to all" {
					return
				}
				continue
			case <-time.After(100 * time.Millisecond): // the listener may not be back yet: once more
			}
			break
		}
		if ctx.Err() != nil {
			t.Fatal("no fanout arrives after the restart")
		}
	}
}

// wait lets a moment pass between two tries.
func wait(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}
