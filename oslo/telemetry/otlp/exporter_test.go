package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlptrace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/otlp"
)

// receiver is a small collector.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*otlptrace.ResourceSpans
	hold  chan struct{} // nil: it answers at once
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		if r.hold != nil {
			<-r.hold
		}
		unzipped, err := gzip.NewReader(in.Body)
		if err != nil {
			t.Error(err)
			return
		}
		body, err := io.ReadAll(unzipped)
		if err != nil {
			t.Error(err)
			return
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil || in.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", in.URL.Path, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.spans = append(r.spans, request.ResourceSpans...)
	}))
	t.Cleanup(r.Close)
	return r
}

// export runs work under a tracer that exports that part of the requests, as config says.
func export(t *testing.T, ratio float64, config otlp.Config, work func(context.Context)) {
	t.Helper()
	e, err := otlp.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	tracer := telemetry.NewTracer("cumulet@host-1", telemetry.NewRing(1<<20))
	tracer.Export(e.Export, ratio)
	work(telemetry.With(t.Context(), telemetry.Telemetry{Tracer: tracer}))
	closing, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	if err := e.Close(closing); err != nil {
		t.Error(err)
	}
}

func TestSpansArriveAtTheCollector(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	config := otlp.Config{Endpoint: r.URL + "/v1/traces", Log: slog.New(slog.DiscardHandler)}
	export(t, 1, config, func(ctx context.Context) {
		ctx = telemetry.WithRequestID(telemetry.WithRole(ctx, "nova-api"), "req-11111111-2222-4333-8444-555555555555")
		ctx, end := telemetry.Start(ctx, "nova POST /servers", slog.String("path", "/servers"))
		_, endInner := telemetry.Start(ctx, "db.tx")
		endInner(errors.New("disk full"))
		telemetry.Note(ctx, slog.Int("status", 202))
		end(nil)
	})
	if len(r.spans) == 0 {
		t.Fatal("nothing came")
	}
	var told []string
	var inner, outer *otlptrace.Span
	for _, rs := range r.spans {
		for _, a := range rs.Resource.Attributes {
			told = append(told, a.Key+"="+a.Value.GetStringValue())
		}
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				if s.Name == "db.tx" {
					inner = s
				} else {
					outer = s
				}
			}
		}
	}
	all := strings.Join(told, " ")
	if !strings.Contains(all, "service.name=nova-api") || !strings.Contains(all, "service.instance.id=cumulet@host-1") {
		t.Errorf("the resource is %s", all)
	}
	if inner == nil || outer == nil {
		t.Fatalf("came %v", r.spans)
	}
	if !bytes.Equal(inner.ParentSpanId, outer.SpanId) || inner.Status.Message != "disk full" ||
		fmt.Sprintf("%x", outer.TraceId) != "11111111222243338444555555555555" || outer.Kind != otlptrace.Span_SPAN_KIND_SERVER {
		t.Errorf("outer %v, inner %v", outer, inner)
	}
}

func TestRequestsAreSampledWhole(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	const requests = 400
	export(t, 0.5, otlp.Config{Endpoint: r.URL + "/v1/traces", Log: slog.New(slog.DiscardHandler)}, func(ctx context.Context) {
		for range requests {
			ctx, end := telemetry.Start(telemetry.WithRequestID(ctx, telemetry.NewRequestID()), "outer")
			_, endInner := telemetry.Start(ctx, "inner")
			endInner(nil)
			end(nil)
		}
	})
	byTrace := map[string]int{}
	for _, rs := range r.spans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				byTrace[string(s.TraceId)]++
			}
		}
	}
	for _, n := range byTrace {
		if n != 2 {
			t.Fatalf("a request came with %d of 2 spans", n)
		}
	}
	if len(byTrace) < requests/4 || len(byTrace) > requests*3/4 {
		t.Errorf("%d of %d requests came", len(byTrace), requests)
	}
}

func TestDeadCollectorIsToldOfOnceAndBlocksNobody(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.Close()
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	export(t, 1, otlp.Config{Endpoint: r.URL + "/v1/traces", Batch: 10, Log: log}, func(ctx context.Context) {
		for range 1000 {
			_, end := telemetry.Start(telemetry.WithRequestID(ctx, "req-1"), "work")
			end(nil)
		}
	})
	if n := strings.Count(said.String(), "cannot be exported"); n != 1 {
		t.Errorf("told %d times: %s", n, said.String())
	}
}

func TestSlowCollectorBlocksNobody(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.hold = make(chan struct{})
	metrics := telemetry.NewMetrics()
	config := otlp.Config{Endpoint: r.URL + "/v1/traces", Queue: 16, Batch: 8, Log: slog.New(slog.DiscardHandler), Metrics: metrics}
	export(t, 1, config, func(ctx context.Context) {
		for range 10_000 { // it would not end if a full queue held it up
			_, end := telemetry.Start(telemetry.WithRequestID(ctx, "req-1"), "work")
			end(nil)
		}
		close(r.hold)
	})
	answer := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(answer.Body.String(), `cumulet_trace_spans_exported_total{outcome="lost"}`) {
		t.Error("what was lost is not counted")
	}
}
