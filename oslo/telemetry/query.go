package telemetry

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// tally counts the queries made directly under a span: a span for each would crowd out all others.
type tally struct{ queries, took atomic.Int64 }

type tallyKey struct{}

// Query counts a query to a database, which took so long, in ctx's span: in its attributes sql.queries and sql.took.
func Query(ctx context.Context, took time.Duration) {
	if t, ok := ctx.Value(tallyKey{}).(*tally); ok {
		t.queries.Add(1)
		t.took.Add(int64(took))
	}
}

// note writes the count into the span that ends.
func (t *tally) note(span trace.Span) {
	if n := t.queries.Load(); n > 0 {
		span.SetAttributes(attribute.Int64("sql.queries", n), attribute.String("sql.took", time.Duration(t.took.Load()).String()))
	}
}
