package messagingtest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

func processesShare(t *testing.T, b Broker) {
	const messages = 200
	var done [2]atomic.Int32
	all := make(chan struct{}, messages)
	both := make(chan struct{}, 2)
	for i := range done {
		s := server(b.bus(t), "", func(context.Context, ask) (string, error) {
			if done[i].Add(1) == 1 { // the first of each waits for the other, so that neither does it all
				both <- struct{}{}
				for len(both) < 2 && t.Context().Err() == nil {
					runtime.Gosched()
				}
			}
			all <- struct{}{}
			return "", nil
		})
		s.Workers = 2
		serve(t, s)
	}
	sender := b.bus(t)
	for i := range messages {
		if err := messaging.Cast(t.Context(), sender, messaging.Topic("t"), ask{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for range messages {
		await(t, all, "the work")
	}
	if done[0].Load() == 0 || done[1].Load() == 0 {
		t.Errorf("one did %d, the other %d", done[0].Load(), done[1].Load())
	}
}

func fanoutReachesProcesses(t *testing.T, b Broker) {
	got := make(chan string, 4)
	for _, host := range []string{"a", "b.example.org"} {
		serve(t, server(b.bus(t), host, func(context.Context, ask) (string, error) { got <- host; return "", nil }))
	}
	if err := messaging.Fanout(t.Context(), b.bus(t), "t", ask{}); err != nil {
		t.Fatal(err)
	}
	first, second := next(t, got), next(t, got)
	if first == second {
		t.Errorf("it reached %s twice", first)
	}
}

func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case text := <-c:
		return text
	case <-time.After(patience):
		t.Fatal("waited in vain for a message")
		return ""
	}
}

func hostsFromOutside(t *testing.T, b Broker) {
	hosts := []string{"a", "a.b", "a.b.c"}
	for _, host := range hosts {
		serve(t, server(b.bus(t), host, func(context.Context, ask) (string, error) { return host, nil }))
	}
	outside := b.bus(t)
	for range 5 {
		for _, host := range hosts {
			if answer, err := call(t, outside, messaging.Topic("t").On(host), ask{}); err != nil || answer != host {
				t.Fatalf("host %s: %q, %v", host, answer, err)
			}
		}
	}
}

// unfinishedCast cuts a server off in the middle of its work, as a kill does.
func unfinishedCast(t *testing.T, b Broker) {
	if !b.Keeps {
		t.Skip("this transport dies with its process")
	}
	victim, begun, goOn := b.Open(t), make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- server(&messaging.Bus{Transport: victim}, "", func(context.Context, ask) (string, error) {
			close(begun)
			<-goOn
			return "", nil
		}).Run(t.Context(), func() {})
	}()
	if err := messaging.Cast(t.Context(), b.bus(t), messaging.Topic("t"), ask{Text: "work"}); err != nil {
		t.Fatal(err)
	}
	await(t, begun, "the first server")
	if err := victim.Close(); err != nil {
		t.Error(err)
	}
	got := make(chan string, 2)
	serve(t, server(b.bus(t), "", func(_ context.Context, in ask) (string, error) { got <- in.Text; return "", nil }))
	if text := next(t, got); text != "work" {
		t.Errorf("the next got %q", text)
	}
	close(goOn)
	if err := <-ended; err == nil {
		t.Error("the server that was cut off ended in peace")
	}
}

// stoppedServer stops a server whose handler does not finish within the drain.
func stoppedServer(t *testing.T, b Broker) {
	if !b.Keeps {
		t.Skip("this transport dies with its process")
	}
	begun := make(chan struct{})
	s := server(b.bus(t), "", func(ctx context.Context, _ ask) (string, error) {
		close(begun)
		<-ctx.Done()
		return "", ctx.Err()
	})
	s.Drain = time.Millisecond
	stop := serve(t, s)
	if err := messaging.Cast(t.Context(), b.bus(t), messaging.Topic("t"), ask{Text: "work"}); err != nil {
		t.Fatal(err)
	}
	await(t, begun, "the first server")
	stop()
	got := make(chan string, 2)
	serve(t, server(b.bus(t), "", func(_ context.Context, in ask) (string, error) { got <- in.Text; return "", nil }))
	if text := next(t, got); text != "work" {
		t.Errorf("the next got %q", text)
	}
}

// deadServer kills the server of a call: the caller learns it long before its deadline.
func deadServer(t *testing.T, b Broker) {
	victim, begun, goOn := b.Open(t), make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- server(&messaging.Bus{Transport: victim}, "", func(context.Context, ask) (string, error) {
			close(begun)
			<-goOn
			return "", nil
		}).Run(t.Context(), func() {})
	}()
	caller, failed := b.bus(t), make(chan error, 1)
	for try := 0; ; try++ { // until the server is there
		ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
		defer cancel()
		go func() {
			_, err := messaging.Call[string](ctx, caller, messaging.Topic("t"), ask{})
			failed <- err
		}()
		select {
		case <-begun:
		case err := <-failed:
			if f := fault.Of(err); f == nil || f.Name != "NoServer" || try > 10_000 {
				t.Fatalf("the call: %v", err)
			}
			continue
		case <-time.After(patience):
			t.Fatal("waited in vain for the server")
		}
		break
	}
	if err := victim.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-failed:
		if !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Timeout) {
			t.Errorf("the call whose server died: %v", err)
		}
	case <-time.After(patience):
		t.Error("the caller was never told")
	}
	close(goOn)
	<-ended
}

// longCall takes longer than a server may be silent.
func longCall(t *testing.T, b Broker) {
	serve(t, server(b.bus(t), "", func(ctx context.Context, _ ask) (string, error) {
		select {
		case <-time.After(2500 * time.Millisecond):
		case <-ctx.Done():
		}
		return "done", ctx.Err()
	}))
	if answer, err := call(t, b.bus(t), messaging.Topic("t"), ask{}); err != nil || answer != "done" {
		t.Errorf("a long call: %q, %v", answer, err)
	}
}

// slowServer casts faster than is worked on, and more than a queue holds: senders are held back, nothing is lost, and
// memory stays bounded.
func slowServer(t *testing.T, b Broker) {
	const senders, each = 8, 1250
	var mu sync.Mutex
	seen := map[string]bool{}
	all := make(chan struct{})
	s := server(b.bus(t), "", func(_ context.Context, in ask) (string, error) {
		text, _, _ := strings.Cut(in.Text, " ")
		mu.Lock()
		defer mu.Unlock()
		if !seen[text] {
			if seen[text] = true; len(seen) == senders*each {
				close(all)
			}
		}
		return "", nil
	})
	s.Workers = 2
	serve(t, s)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sender := b.bus(t)
	padding := strings.Repeat("x", 2048)
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for j := range each {
				if err := messaging.Cast(t.Context(), sender, messaging.Topic("t"), ask{Text: fmt.Sprintf("%d.%d %s", i, j, padding)}); err != nil {
					t.Errorf("cast %d of %d: %v", j, i, err)
					return
				}
			}
		})
	}
	sending.Wait()
	await(t, all, "ten thousand casts")
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 128<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}
