package telemetry_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// observed is a context whose spans go to a ring.
func observed(t *testing.T) (context.Context, *telemetry.Ring) {
	t.Helper()
	ring := telemetry.NewRing(1 << 20)
	tracer := telemetry.NewTracer("nova-api on host-1", ring)
	return telemetry.With(t.Context(), telemetry.Telemetry{Tracer: tracer}), ring
}

func TestSpansOfARequestMakeATree(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	ctx = telemetry.WithRequestID(ctx, "req-1")
	outer, endOuter := telemetry.Start(ctx, "POST /servers", slog.Int("bytes", 3))
	inner, endInner := telemetry.Start(outer, "db.tx")
	telemetry.Note(inner, slog.Bool("retried", true), slog.Duration("waited", time.Second))
	endInner(errors.New("disk full"))
	endOuter(nil)
	_, endOther := telemetry.Start(telemetry.WithRequestID(ctx, "req-2"), "other")
	endOther(nil)

	spans := ring.Spans("req-1")
	if len(spans) != 2 {
		t.Fatalf("kept %+v", spans)
	}
	a, b := spans[0], spans[1]
	if a.Name != "POST /servers" || a.Parent != "" || a.Attributes["bytes"] != "3" || a.Error != "" {
		t.Errorf("the outer span is %+v", a)
	}
	if b.Name != "db.tx" || b.Parent != a.ID || b.TraceID != a.TraceID || b.Error != "disk full" ||
		b.Attributes["retried"] != "true" || b.Attributes["waited"] != "1s" {
		t.Errorf("the inner span is %+v", b)
	}
}

func TestTraceGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	here, hereRing := observed(t)
	there, thereRing := observed(t)
	here, end := telemetry.Start(telemetry.WithRequestID(here, "req-1"), "call")
	there = telemetry.Continue(there, "req-1", telemetry.Traceparent(here))
	_, endThere := telemetry.Start(there, "take")
	endThere(nil)
	end(nil)
	call, take := hereRing.Spans("req-1")[0], thereRing.Spans("req-1")[0]
	if take.TraceID != call.TraceID || take.Parent != call.ID {
		t.Errorf("%+v does not go on from %+v", take, call)
	}
}

func TestSenselessTraceIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", "00-zz-zz-01", "00-00000000000000000000000000000000-0000000000000000-01", strings.Repeat("0", 1<<16)} {
		ctx := telemetry.Continue(t.Context(), "req-1", s)
		if got := telemetry.Traceparent(ctx); got != "" || telemetry.GlobalRequestID(ctx) != "req-1" {
			t.Errorf("%.20q goes on as %q", s, got)
		}
	}
}

func TestWithoutTelemetryNothingIsKept(t *testing.T) {
	t.Parallel()
	ctx, end := telemetry.Start(t.Context(), "alone")
	telemetry.Note(ctx, slog.Int("n", 1))
	end(errors.New("broken"))
	telemetry.MetricsOf(ctx).Transaction("nova", nil, time.Second)
	if ctx != t.Context() || telemetry.Traceparent(ctx) != "" {
		t.Error("a span began")
	}
}

func TestObserverIsToldOfEachSpan(t *testing.T) {
	t.Parallel()
	var told []string
	tell := func(when string) func(context.Context, string, []slog.Attr) {
		return func(ctx context.Context, name string, attrs []slog.Attr) {
			told = append(told, fmt.Sprint(when, " ", name, " ", attrs, " ", telemetry.RequestID(ctx)))
		}
	}
	ctx := telemetry.With(telemetry.WithRequestID(t.Context(), "req-1"), telemetry.Telemetry{Observer: &telemetry.Observer{
		Began: tell("began"),
		Ended: func(ctx context.Context, name string, attrs []slog.Attr, err error) {
			tell(fmt.Sprint(err))(ctx, name, attrs)
		},
	}})
	outer, endOuter := telemetry.Start(ctx, "outer")
	_, endInner := telemetry.Start(outer, "inner", slog.Int("n", 1))
	endInner(errors.New("broken"))
	endOuter(nil)
	want := "began outer [] req-1, began inner [n=1] req-1, broken inner [n=1] req-1, <nil> outer [] req-1"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told %s", got)
	}
}

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	ctx := telemetry.With(t.Context(), telemetry.Telemetry{Metrics: m})
	telemetry.MetricsOf(ctx).Request("nova", "GET /servers/{id}", 404, 2*time.Millisecond)
	m.Message("compute", "build_server", nil, time.Second)
	m.Step("create-server", "claim", "do", errors.New("broken"), time.Second)
	m.Operation("create-server", "undone")
	m.Transaction("nova", fault.New(fault.Quota, "Over", "no"), time.Millisecond)
	m.Begin("nova")
	m.Begin("nova")
	m.End("nova")
	m.Sent("compute", "build_server", "call", nil)
	m.Waited("compute", time.Millisecond)
	m.Pool("nova", "read", func() sql.DBStats { return sql.DBStats{InUse: 3, Idle: 5, WaitCount: 7} })
	m.Pool("gone", "read", func() sql.DBStats { return sql.DBStats{} })()
	m.Operations("a", func(context.Context) ([]telemetry.Underway, error) { return nil, errors.New("the database is away") })
	m.Operations("b", func(context.Context) ([]telemetry.Underway, error) {
		return []telemetry.Underway{{Flow: "create-server", Status: "running", Number: 2, Oldest: time.Now().Add(-time.Hour)}}, nil
	})
	m.Queues(func() map[string]int { return map[string]int{"compute": 4} })
	m.Roles(func() map[string]bool { return map[string]bool{"nova-api": true} })
	m.Traces(telemetry.NewRing(1 << 20))
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "gone") {
		t.Error("what is closed is shown")
	}
	for _, want := range []string{
		`cumulet_http_request_duration_seconds_count{route="GET /servers/{id}",service="nova",status="404"} 1`,
		`cumulet_http_request_duration_seconds_bucket{route="GET /servers/{id}",service="nova",status="404",le="0.0025"} 1`,
		`cumulet_message_duration_seconds_count{method="build_server",outcome="ok",topic="compute"} 1`,
		`cumulet_flow_step_duration_seconds_count{direction="do",flow="create-server",outcome="error",step="claim"} 1`,
		`cumulet_flow_operations_total{flow="create-server",status="undone"} 1`,
		`cumulet_db_transaction_duration_seconds_count{outcome="fault",service="nova"} 1`,
		`cumulet_http_requests_in_flight{service="nova"} 1`,
		`cumulet_messages_sent_total{kind="call",method="build_server",outcome="ok",topic="compute"} 1`,
		`cumulet_message_wait_seconds_count{topic="compute"} 1`,
		`cumulet_db_connections{pool="read",service="nova",state="in_use"} 3`,
		`cumulet_db_connection_waits_total{pool="read",service="nova"} 7`,
		`cumulet_flow_operations{flow="create-server",status="running"} 2`,
		`cumulet_flow_oldest_operation_seconds{flow="create-server",status="running"} 36`,
		`cumulet_messages_waiting{topic="compute"} 4`, `cumulet_role_ready{role="nova-api"} 1`, `cumulet_trace_requests 0`,
		`go_goroutines `, `process_open_fds `,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is not in what is served", want)
		}
	}
}

func TestLogsCarryTheRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo, true).With("role", "nova-api")
	ctx := telemetry.WithRequestID(t.Context(), "req-1")
	log.InfoContext(ctx, "hello")
	log.DebugContext(ctx, "not told")
	if got := out.String(); !strings.Contains(got, `"role":"nova-api"`) || !strings.Contains(got, `"request_id":"req-1"`) || strings.Contains(got, "not told") {
		t.Errorf("logged %s", got)
	}
	if id := telemetry.NewRequestID(); len(id) != len("req-")+36 || id == telemetry.NewRequestID() {
		t.Errorf("a request id is %s", id)
	}
}

func BenchmarkSpan(b *testing.B) {
	ctx := telemetry.With(b.Context(), telemetry.Telemetry{Tracer: telemetry.NewTracer("bench", telemetry.NewRing(1<<20))})
	ctx = telemetry.WithRequestID(ctx, "req-1")
	b.ReportAllocs()
	for b.Loop() {
		_, end := telemetry.Start(ctx, "work", slog.String("a", "b"))
		end(nil)
	}
}
