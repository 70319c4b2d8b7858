package collect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/collect"
)

const (
	request = "req-11111111-2222-4333-8444-555555555555"
	inner   = "req-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
)

// process is a process of a cloud, as far as traces go.
type process struct {
	*collect.Collector
	ctx context.Context // for its work
}

// cloud starts processes on one bus.
func cloud(t *testing.T, names ...string) []process {
	t.Helper()
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	t.Cleanup(func() { stop(); all.Wait() })
	var cloud []process
	for _, name := range names {
		p := process{Collector: &collect.Collector{
			Bus: bus, Tracer: telemetry.NewTracer("cumulet@"+name, telemetry.NewRing(4<<20)), Process: name, Log: slog.New(slog.DiscardHandler),
		}}
		p.ctx = telemetry.With(ctx, telemetry.Telemetry{Tracer: p.Tracer})
		ready := make(chan struct{})
		all.Go(func() {
			if err := p.Run(ctx, func() { close(ready) }); err != nil {
				t.Error(err)
			}
		})
		<-ready
		cloud = append(cloud, p)
	}
	return cloud
}

// work leaves spans of a request in each process, one under the other, and n more in the last.
func work(cloud []process, n int) {
	ctx := telemetry.WithRequestID(cloud[0].ctx, request)
	for i, p := range cloud {
		if i > 0 {
			ctx = telemetry.Continue(p.ctx, inner, telemetry.Traceparent(ctx))
		}
		var end func(error)
		ctx, end = telemetry.Start(ctx, fmt.Sprint("process ", i))
		defer end(nil)
	}
	for range n {
		_, end := telemetry.Start(ctx, "more")
		end(nil)
	}
}

func TestSpansComeFromEveryProcess(t *testing.T) {
	t.Parallel()
	cloud := cloud(t, "a", "b", "c")
	work(cloud, 500)
	for _, asked := range cloud {
		for _, id := range []string{request, inner} {
			trace, err := asked.Trace(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(trace.Spans) != 503 || trace.Processes != 3 || !trace.Ended || trace.RequestID != request {
				t.Errorf("%s of %s has %d spans of %d processes", trace.RequestID, asked.Process, len(trace.Spans), trace.Processes)
			}
			for i := range 3 {
				if s := trace.Spans[i]; s.Name != fmt.Sprint("process ", i) || i > 0 && s.Parent != trace.Spans[i-1].ID {
					t.Errorf("span %d is %+v", i, s)
				}
			}
		}
	}
}

// TestKnownProcessesAreNotWaitedFor: once it is known who is there, all of them having answered is enough.
func TestKnownProcessesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	cloud := cloud(t, "a", "b")
	work(cloud, 0)
	if _, err := cloud[0].Trace(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	cloud[0].Quiet, cloud[0].Most = time.Hour, time.Hour
	trace, err := cloud[0].Trace(t.Context(), request)
	if err != nil || len(trace.Spans) != 2 {
		t.Errorf("%+v, %v", trace, err)
	}
}

// callers are tokens and who they are.
type callers map[string]policy.Who

func (c callers) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	who, ok := c[r.Header.Get("X-Auth-Token")]
	if !ok {
		return who, fault.New(fault.Unauthorized, "Unauthorized", "The request you have made requires authentication.")
	}
	return who, nil
}

func TestAdministratorsSeeTraces(t *testing.T) {
	t.Parallel()
	cloud := cloud(t, "a")
	work(cloud, 0)
	rules, err := policy.New(collect.Rules())
	if err != nil {
		t.Fatal(err)
	}
	api := &collect.API{
		Collector: cloud[0].Collector, Policy: rules, Prefix: "/trace", Log: slog.New(slog.DiscardHandler),
		Auth: callers{
			"admin":  {UserID: "u", ProjectID: "p", Roles: []string{"admin"}},
			"system": {UserID: "u", SystemScope: "all", Roles: []string{"admin"}},
			"domain": {UserID: "u", DomainID: "d", Roles: []string{"admin"}},
			"member": {UserID: "u", ProjectID: "p", Roles: []string{"member"}},
		},
	}
	handler, err := api.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		token, path string
		status      int
	}{
		{"admin", request, 200}, {"system", request, 200}, {"domain", request, 403}, {"member", request, 403}, {"", request, 401},
		{"admin", "req-00000000-0000-4000-8000-000000000000", 404}, {"admin", "req-1", 400}, {"admin", strings.ToUpper(request), 400},
		{"member", "req-1", 403},
	} {
		r := httptest.NewRequest("GET", "/trace/"+c.path, nil)
		r.Header.Set("X-Auth-Token", c.token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var answer struct {
			Trace collect.Trace
			Error struct{ Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Error(err)
		}
		if w.Code != c.status || (c.status == 200) != (len(answer.Trace.Spans) == 1) || (c.status == 200) != (answer.Error.Message == "") {
			t.Errorf("%s asks for %s: %d %s", c.token, c.path, w.Code, w.Body)
		}
	}
}
