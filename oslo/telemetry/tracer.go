package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	requestAttribute = "request_id"   // the span attribute by which a request's spans are found
	processAttribute = "service.name" // the resource attribute that OpenTelemetry names a process by
)

// Tracer makes the spans of one process.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// NewTracer makes the tracer of the process of that name (its roles and host); each ended span goes to all the processors,
// the first of which is commonly a Ring.
func NewTracer(process string, processors ...sdk.SpanProcessor) *Tracer {
	options := []sdk.TracerProviderOption{
		sdk.WithSampler(sdk.ParentBased(sdk.AlwaysSample(), sdk.WithRemoteParentNotSampled(sdk.AlwaysSample()))),
		sdk.WithResource(resource.NewSchemaless(attribute.String(processAttribute, process))),
	}
	for _, p := range processors {
		options = append(options, sdk.WithSpanProcessor(p))
	}
	provider := sdk.NewTracerProvider(options...)
	return &Tracer{provider: provider, tracer: provider.Tracer("cumulet")}
}

// Close hands what is left to the processors and stops them.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Start begins a span under ctx's span; end ends it, with the error the work ended with, or nil:
//
//	ctx, end := telemetry.Start(ctx, "libvirt.define", slog.String("server", id))
//	defer func() { end(err) }()
func Start(ctx context.Context, name string, attrs ...slog.Attr) (_ context.Context, end func(error)) {
	to := of(ctx)
	if to.Observer == nil {
		return to.Tracer.start(ctx, name, attrs)
	}
	ctx, end = to.Tracer.start(ctx, name, attrs)
	to.Observer.began(ctx, name, attrs)
	return ctx, to.Observer.around(ctx, name, attrs, end)
}

func (t *Tracer) start(ctx context.Context, name string, attrs []slog.Attr) (_ context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	kept := make([]attribute.KeyValue, 0, len(attrs)+1)
	if id := RequestID(ctx); id != "" {
		kept = append(kept, attribute.String(requestAttribute, id))
	}
	for _, a := range attrs {
		kept = append(kept, attributeOf(a))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithAttributes(kept...))
	queries := &tally{}
	return context.WithValue(ctx, tallyKey{}, queries), func(err error) {
		queries.note(span)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Note adds attributes to ctx's span, such as what was decided in it.
func Note(ctx context.Context, attrs ...slog.Attr) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	for _, a := range attrs {
		span.SetAttributes(attributeOf(a))
	}
}

func attributeOf(a slog.Attr) attribute.KeyValue {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindInt64:
		return attribute.Int64(a.Key, v.Int64())
	case slog.KindBool:
		return attribute.Bool(a.Key, v.Bool())
	case slog.KindFloat64:
		return attribute.Float64(a.Key, v.Float64())
	default:
		return attribute.String(a.Key, v.String())
	}
}

// Traceparent is ctx's span as W3C writes it, for what leaves the process; "" where there is none.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// WithTraceparent returns a context whose spans continue the one written in s. A senseless s is as none.
func WithTraceparent(ctx context.Context, s string) context.Context {
	if s == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": s})
}
