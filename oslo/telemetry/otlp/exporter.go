package otlp

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cumulet/oslo/telemetry"
)

// Config is where spans go.
type Config struct {
	Endpoint string // the collector's address, with its path: http://collector:4318/v1/traces
	Queue    int    // spans that wait at most; 2048 when zero
	Batch    int    // spans that go together at most; 512 when zero
	// Every is how often what waits is sent at least; 5 s when zero. Patience bounds one try; 10 s when zero.
	Every, Patience time.Duration
	Log             *slog.Logger
	Metrics         *telemetry.Metrics
}

// Exporter sends spans from a goroutine of its own.
type Exporter struct {
	config  Config
	to      sdk.SpanExporter
	queue   chan telemetry.Span
	stop    chan struct{}
	stopped chan struct{}
	away    bool         // the collector did not take the last batch; only the goroutine touches it
	lost    atomic.Int64 // spans that found the queue full, not yet counted
}

// New begins to export; Close ends it. A collector that is away is no error.
func New(ctx context.Context, c Config) (*Exporter, error) {
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.Endpoint),
		otlptracehttp.WithTimeout(cmp.Or(c.Patience, 10*time.Second)), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		// What a batch could not be handed over is lost: while one waits the queue would fill anyway.
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, fmt.Errorf("export traces to %s: %w", c.Endpoint, err)
	}
	e := &Exporter{
		config: c, to: to, queue: make(chan telemetry.Span, cmp.Or(c.Queue, 2048)), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go e.run()
	return e, nil
}

// Export takes a span that ended; telemetry.Tracer.Export is told of it.
func (e *Exporter) Export(s telemetry.Span) {
	select {
	case e.queue <- s:
	default:
		e.lost.Add(1)
	}
}

// Close sends what waits, within ctx's time, and ends.
func (e *Exporter) Close(ctx context.Context) error {
	close(e.stop)
	select {
	case <-e.stopped:
	case <-ctx.Done():
	}
	return e.to.Shutdown(ctx)
}

func (e *Exporter) run() {
	defer close(e.stopped)
	size := cmp.Or(e.config.Batch, 512)
	ticker := time.NewTicker(cmp.Or(e.config.Every, 5*time.Second))
	defer ticker.Stop()
	var batch []telemetry.Span
	for {
		select {
		case s := <-e.queue:
			if batch = append(batch, s); len(batch) < size {
				continue
			}
		case <-ticker.C:
		case <-e.stop:
			for len(e.queue) > 0 {
				batch = append(batch, <-e.queue)
			}
			e.send(batch)
			return
		}
		e.send(batch)
		batch = batch[:0]
	}
}

// send hands a batch over. A collector that is away is told of once, and again when it is back.
func (e *Exporter) send(batch []telemetry.Span) {
	if lost := e.lost.Swap(0); lost > 0 {
		e.config.Metrics.Exported("lost", int(lost))
	}
	if len(batch) == 0 {
		return
	}
	spans := make(tracetest.SpanStubs, len(batch))
	for i, s := range batch {
		spans[i] = e.stub(s)
	}
	// Background: the exporter's own timeout bounds it.
	err := e.to.ExportSpans(context.Background(), spans.Snapshots())
	outcome := "ok"
	if err != nil {
		outcome = "lost"
	}
	e.config.Metrics.Exported(outcome, len(batch))
	if away := err != nil; away != e.away {
		e.away = away
		if away {
			e.config.Log.Warn("traces cannot be exported, they are lost until the collector is back", "collector", e.config.Endpoint, "error", err)
		} else {
			e.config.Log.Info("traces are exported again", "collector", e.config.Endpoint)
		}
	}
}

// stub is a span as OpenTelemetry's SDK has it.
func (e *Exporter) stub(s telemetry.Span) tracetest.SpanStub {
	stub := tracetest.SpanStub{
		Name: s.Name, SpanKind: kindOf(s), StartTime: s.Start, EndTime: s.Start.Add(s.Took),
		SpanContext: contextOf(s.TraceID, s.ID), Parent: contextOf(s.TraceID, s.Parent),
		Resource: resource.NewSchemaless(
			attribute.String("service.name", cmp.Or(s.Role, "cumulet")), attribute.String("service.namespace", "cumulet"),
			attribute.String("service.instance.id", s.Process), attribute.String("host.name", s.Host),
		),
		InstrumentationScope: instrumentation.Scope{Name: "cumulet"},
		Attributes:           []attribute.KeyValue{attribute.String("request_id", s.RequestID)},
	}
	for key, value := range s.Attributes {
		stub.Attributes = append(stub.Attributes, attribute.String(key, value))
	}
	if s.Error != "" {
		stub.Status = sdk.Status{Code: codes.Error, Description: s.Error}
	}
	return stub
}

func contextOf(traceID, spanID string) trace.SpanContext {
	config := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	if spanID != "" {
		// An id that is none stays zero, which is none to the SDK as well.
		hex.Decode(config.TraceID[:], []byte(traceID)) //nolint:errcheck
		hex.Decode(config.SpanID[:], []byte(spanID))   //nolint:errcheck
	}
	return trace.NewSpanContext(config)
}

// kindOf tells whether a span serves, sends, or neither.
func kindOf(s telemetry.Span) trace.SpanKind {
	_, serves := s.Attributes["status"]
	_, path := s.Attributes["path"]
	switch {
	case s.Name == "bus.call" || s.Name == "http.send":
		return trace.SpanKindClient
	case s.Name == "bus.cast" || s.Name == "bus.fanout" || s.Name == "bus.notify":
		return trace.SpanKindProducer
	case s.Name == "bus.take":
		return trace.SpanKindConsumer
	case serves && path:
		return trace.SpanKindServer
	}
	return trace.SpanKindInternal
}
