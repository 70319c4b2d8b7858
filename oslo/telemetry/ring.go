package telemetry

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
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
	spans []kept // a ring: next is the oldest
	next  int
}

// kept is an ended span in few bytes: many are kept, and few ever read.
type kept struct {
	trace      trace.TraceID
	id, parent trace.SpanID
	start      time.Time
	took       time.Duration
	request    string
	process    string
	name       string
	failure    string
	attributes []attribute.KeyValue
}

// NewRing makes a ring of size spans.
func NewRing(size int) *Ring { return &Ring{spans: make([]kept, size)} }

// Spans gives the kept spans of a request, by their start.
func (r *Ring) Spans(requestID string) []Span {
	var found []Span
	for _, k := range r.of(requestID) {
		found = append(found, k.span())
	}
	slices.SortStableFunc(found, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return found
}

func (r *Ring) of(requestID string) []kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []kept
	for _, k := range r.spans {
		if k.id.IsValid() && k.request == requestID {
			found = append(found, k)
		}
	}
	return found
}

func (k kept) span() Span {
	span := Span{
		TraceID: k.trace.String(), ID: k.id.String(), RequestID: k.request, Process: k.process,
		Name: k.name, Start: k.start.UTC(), Took: k.took, Error: k.failure,
	}
	if k.parent.IsValid() {
		span.Parent = k.parent.String()
	}
	for _, a := range k.attributes {
		if span.Attributes == nil {
			span.Attributes = map[string]string{}
		}
		span.Attributes[string(a.Key)] = a.Value.String()
	}
	return span
}

// keep takes from an ended span what Spans shows.
func keep(s sdk.ReadOnlySpan) kept {
	k := kept{
		trace: s.SpanContext().TraceID(), id: s.SpanContext().SpanID(), parent: s.Parent().SpanID(),
		start: s.StartTime(), took: s.EndTime().Sub(s.StartTime()), name: s.Name(),
	}
	if s.Status().Code == codes.Error {
		k.failure = s.Status().Description
	}
	for _, a := range s.Resource().Attributes() {
		if a.Key == processAttribute {
			k.process = a.Value.AsString()
		}
	}
	for _, a := range s.Attributes() {
		if a.Key == requestAttribute {
			k.request = a.Value.AsString()
		} else {
			k.attributes = append(k.attributes, a)
		}
	}
	return k
}

// OnStart does nothing: a span is kept once it ended.
func (r *Ring) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd keeps the span in place of the oldest.
func (r *Ring) OnEnd(s sdk.ReadOnlySpan) {
	k := keep(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans[r.next] = k
	r.next = (r.next + 1) % len(r.spans)
}

// Shutdown does nothing: the ring stays readable.
func (r *Ring) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing: there is nowhere to flush to.
func (r *Ring) ForceFlush(context.Context) error { return nil }
