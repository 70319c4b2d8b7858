package telemetry

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Span is one piece of work that ended.
type Span struct {
	TraceID    string            `json:"trace_id"`
	ID         string            `json:"id"`
	Parent     string            `json:"parent,omitempty"`
	RequestID  string            `json:"request_id,omitempty"`
	Process    string            `json:"process"`
	Name       string            `json:"name"`
	Start      time.Time         `json:"start"`
	Took       time.Duration     `json:"took"`
	Error      string            `json:"error,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Ring keeps the newest ended spans of the process, in a fixed number. It is an OpenTelemetry span processor.
type Ring struct {
	mu    sync.Mutex
	spans []sdk.ReadOnlySpan // a ring: next is the oldest
	next  int
}

// NewRing makes a ring of size spans.
func NewRing(size int) *Ring { return &Ring{spans: make([]sdk.ReadOnlySpan, size)} }

// Spans gives the kept spans of a request, by their start.
func (r *Ring) Spans(requestID string) []Span {
	var found []Span
	for _, s := range r.kept() {
		if span := spanOf(s); span.RequestID == requestID {
			found = append(found, span)
		}
	}
	slices.SortStableFunc(found, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return found
}

// kept copies the ring, so that ended spans need not wait for a reader.
func (r *Ring) kept() []sdk.ReadOnlySpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []sdk.ReadOnlySpan
	for _, s := range r.spans {
		if s != nil {
			kept = append(kept, s)
		}
	}
	return kept
}

func spanOf(s sdk.ReadOnlySpan) Span {
	span := Span{
		TraceID: s.SpanContext().TraceID().String(), ID: s.SpanContext().SpanID().String(),
		Name: s.Name(), Start: s.StartTime().UTC(), Took: s.EndTime().Sub(s.StartTime()),
	}
	if s.Parent().HasSpanID() {
		span.Parent = s.Parent().SpanID().String()
	}
	if s.Status().Code == codes.Error {
		span.Error = s.Status().Description
	}
	for _, a := range s.Resource().Attributes() {
		if a.Key == "service.name" {
			span.Process = a.Value.AsString()
		}
	}
	for _, a := range s.Attributes() {
		if a.Key == requestAttribute {
			span.RequestID = a.Value.AsString()
			continue
		}
		if span.Attributes == nil {
			span.Attributes = map[string]string{}
		}
		span.Attributes[string(a.Key)] = a.Value.String()
	}
	return span
}

// OnStart does nothing: a span is kept once it ended.
func (r *Ring) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd keeps the span in place of the oldest.
func (r *Ring) OnEnd(s sdk.ReadOnlySpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans[r.next] = s
	r.next = (r.next + 1) % len(r.spans)
}

// Shutdown does nothing: the ring stays readable.
func (r *Ring) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing: there is nowhere to flush to.
func (r *Ring) ForceFlush(context.Context) error { return nil }
