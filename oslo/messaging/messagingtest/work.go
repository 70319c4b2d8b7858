package messagingtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

func keepsOrder(t *testing.T, b *messaging.Bus) {
	const messages = 200
	got := make(chan string, messages)
	s := server(b, "h", func(_ context.Context, in ask) (string, error) { got <- in.Text; return "", nil })
	s.Workers = 1
	serve(t, s)
	for i := range messages {
		if err := messaging.Cast(t.Context(), b, messaging.Topic("t").On("h"), ask{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range messages {
		select {
		case text := <-got:
			if text != fmt.Sprint(i) {
				t.Fatalf("message %s came as number %d", text, i)
			}
		case <-time.After(patience):
			t.Fatalf("message %d did not come", i)
		}
	}
}

func workersAreBounded(t *testing.T, b *messaging.Bus) {
	const workers = 3
	var now, most atomic.Int32
	done := make(chan struct{}, 30)
	s := server(b, "", func(context.Context, ask) (string, error) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		now.Add(-1)
		done <- struct{}{}
		return "", nil
	})
	s.Workers = workers
	serve(t, s)
	for range 30 {
		if err := messaging.Cast(t.Context(), b, messaging.Topic("t"), ask{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 30 {
		await(t, done, "the work")
	}
	if most.Load() > workers {
		t.Errorf("%d handlers ran at once", most.Load())
	}
}

func nothingIsShared(t *testing.T, b *messaging.Bus) {
	sent := ask{Few: map[string]int{"a": 1}}
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) { in.Few["a"] = 2; return "", nil }))
	if _, err := call(t, b, messaging.Topic("t"), sent); err != nil || sent.Few["a"] != 1 {
		t.Errorf("the sender's map became %v, %v", sent.Few, err)
	}
}

func versions(t *testing.T, b *messaging.Bus) {
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) { return in.Text, nil }))
	if answer, err := call(t, b, messaging.Topic("t"), later{ask: ask{Text: "known"}, More: "unknown"}); err != nil || answer != "known" {
		t.Errorf("a message with a new field: %q, %v", answer, err)
	}
	_, err := call(t, b, messaging.Topic("t"), newer{})
	if !fault.Is(err, fault.NotImplemented) || fault.Of(err).Name != "UnsupportedVersion" || !strings.Contains(err.Error(), "up to version 1, not 2") {
		t.Errorf("a message of a new version: %v", err)
	}
}

// upgraded is ask as version 2 understands it: the text is upper case by now.
type upgraded struct{ ask }

func (upgraded) Version() int { return 2 }

func (u *upgraded) Upgrade(int) { u.Text = strings.ToUpper(u.Text) }

func olderVersion(t *testing.T, b *messaging.Bus) {
	s := &messaging.Server{Bus: b, Topic: "t"}
	messaging.Answer(s, func(_ context.Context, in upgraded) (string, error) { return in.Text, nil })
	serve(t, s)
	if answer, err := call(t, b, messaging.Topic("t"), ask{Text: "old"}); err != nil || answer != "OLD" {
		t.Errorf("a message of version 1: %q, %v", answer, err)
	}
	if answer, err := call(t, b, messaging.Topic("t"), upgraded{ask{Text: "new"}}); err != nil || answer != "new" {
		t.Errorf("a message of version 2: %q, %v", answer, err)
	}
}

func panicIsAnError(t *testing.T, b *messaging.Bus) {
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) {
		if in.Text == "" {
			panic("oh")
		}
		return in.Text, nil
	}))
	if _, err := call(t, b, messaging.Topic("t"), ask{}); err == nil || fault.Of(err) != nil {
		t.Errorf("a panic came as %v", err)
	}
	if answer, err := call(t, b, messaging.Topic("t"), ask{Text: "on"}); err != nil || answer != "on" {
		t.Errorf("after it: %q, %v", answer, err)
	}
}

func runDrains(t *testing.T, b *messaging.Bus) {
	begun, goOn, answered := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	stop := serve(t, server(b, "", func(ctx context.Context, _ ask) (string, error) {
		close(begun)
		<-goOn
		return "done", ctx.Err()
	}))
	go func() {
		answer, err := messaging.Call[string](t.Context(), b, messaging.Topic("t"), ask{})
		if err == nil && answer != "done" {
			err = fmt.Errorf("the answer is %q", answer)
		}
		answered <- err
	}()
	await(t, begun, "the handler")
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("stopped with a handler running")
	case <-time.After(20 * time.Millisecond):
	}
	close(goOn)
	await(t, stopped, "the stop")
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
}

// fullQueue sends to nobody until there is no room: the sender is held back, and let go by its context.
func fullQueue(t *testing.T, b *messaging.Bus) {
	b.Timeout = 50 * time.Millisecond
	for range 100_000 {
		if err := messaging.Cast(t.Context(), b, messaging.Topic("t"), ask{}); err != nil {
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("a full queue: %v", err)
			}
			return
		}
	}
	t.Error("the queue never fills")
}

// vanishedHost sends to a host that is gone until there is no room for more; other hosts are served as before.
func vanishedHost(t *testing.T, b *messaging.Bus) {
	stop := serve(t, server(b, "gone", func(context.Context, ask) (string, error) { return "", nil }))
	stop()
	b.Timeout = 50 * time.Millisecond
	var err error
	for range 100_000 {
		if err = messaging.Cast(t.Context(), b, messaging.Topic("t").On("gone"), ask{}); err != nil {
			break
		}
	}
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("messages for a host that is gone: %v", err)
	}
	b.Timeout = time.Minute
	served := make(chan struct{})
	serve(t, server(b, "here", func(context.Context, ask) (string, error) { close(served); return "", nil }))
	if err := messaging.Cast(t.Context(), b, messaging.Topic("t").On("here"), ask{}); err != nil {
		t.Error(err)
	}
	await(t, served, "another host's message")
}

// lateMessage lets a call's deadline pass while it waits for the only worker, who must not do it then.
func lateMessage(t *testing.T, b *messaging.Bus) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	var late atomic.Bool
	s := server(b, "", func(_ context.Context, in ask) (string, error) {
		switch in.Text {
		case "first":
			close(begun)
			<-goOn
		case "late":
			late.Store(true)
		}
		return "", nil
	})
	s.Workers = 1
	serve(t, s)
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := call(t, b, messaging.Topic("t"), ask{Text: "first"}); err != nil {
			t.Error(err)
		}
	})
	await(t, begun, "the first")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := messaging.Call[string](ctx, b, messaging.Topic("t"), ask{Text: "late"}); !fault.Is(err, fault.Timeout) {
		t.Errorf("the second call: %v", err)
	}
	close(goOn)
	first.Wait()
	if _, err := call(t, b, messaging.Topic("t"), ask{Text: "next"}); err != nil {
		t.Error(err)
	}
	if late.Load() {
		t.Error("the late message was worked on")
	}
}

// manyCalls asks more at once than there are workers and room before them.
func manyCalls(t *testing.T, b *messaging.Bus) {
	s := server(b, "", func(_ context.Context, in ask) (string, error) { return in.Text, nil })
	s.Workers = 2
	serve(t, s)
	var callers sync.WaitGroup
	for i := range 100 {
		callers.Go(func() {
			if answer, err := call(t, b, messaging.Topic("t"), ask{Text: fmt.Sprint(i)}); err != nil || answer != fmt.Sprint(i) {
				t.Errorf("call %d: %q, %v", i, answer, err)
			}
		})
	}
	callers.Wait()
}

func closedRefuses(t *testing.T, b *messaging.Bus) {
	if err := b.Transport.Close(); err != nil {
		t.Fatal(err)
	}
	if err := messaging.Cast(t.Context(), b, messaging.Topic("t"), ask{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a cast on a closed transport: %v", err)
	}
	if _, err := call(t, b, messaging.Topic("t"), ask{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a call on a closed transport: %v", err)
	}
}
