package otlp_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// dropping is a processor that keeps nothing: what is left is the SDK's own cost.
type dropping struct{}

func (dropping) OnStart(context.Context, sdk.ReadWriteSpan) {}
func (dropping) OnEnd(sdk.ReadOnlySpan)                     {}
func (dropping) Shutdown(context.Context) error             { return nil }
func (dropping) ForceFlush(context.Context) error           { return nil }

// BenchmarkSDKSpan is what a span costs with OpenTelemetry's SDK; telemetry's own is beside it in oslo/telemetry.
func BenchmarkSDKSpan(b *testing.B) {
	tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(dropping{})).Tracer("bench")
	b.ReportAllocs()
	for b.Loop() {
		_, span := tracer.Start(b.Context(), "work", trace.WithAttributes(attribute.String("a", "b"), attribute.String("request_id", "req-1")))
		span.End()
	}
}
