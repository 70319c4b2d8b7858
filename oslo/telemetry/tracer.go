package telemetry

import (
	"context"
	"encoding/binary"
	"log/slog"
	"strings"
	"time"
)

// Tracer makes the spans of one process.
type Tracer struct {
	process string
	ring    *Ring
	export  func(Span)
	below   uint64 // what traces are exported: those whose number is
}

// NewTracer makes the tracer of the process of that name ("cumulet@host-1"), which keeps spans in ring.
func NewTracer(process string, ring *Ring) *Tracer { return &Tracer{process: process, ring: ring} }

// Close is for who closes all parts of a process: a tracer holds nothing open.
func (t *Tracer) Close(context.Context) error { return nil }

// Export has export be told of each span that ended, in the goroutine that worked: it must not block. ratio is the part of the
// requests that it hears of, 0 to 1: the trace's id decides, so that all processes choose the same. It is called before there are
// spans.
func (t *Tracer) Export(export func(Span), ratio float64) {
	t.export, t.below = export, uint64(min(max(ratio, 0), 1)*(1<<chanceBits))
}

// chanceBits are how many of a trace's last bits are of chance, as W3C Trace Context level 2 has it and as UUIDs are.
const chanceBits = 56

// exports tells whether the spans of a trace are exported.
func (t *Tracer) exports(id traceID) bool {
	return t.export != nil && binary.BigEndian.Uint64(id[8:])%(1<<chanceBits) < t.below
}

// Spans gives what this process knows of a request.
func (t *Tracer) Spans(requestID string) []Span {
	if t == nil {
		return nil
	}
	return t.ring.spans(requestID, t.process)
}

// Span is one piece of work, ended or under way, as others are told of it.
type Span struct {
	TraceID   string `json:"trace_id"`
	ID        string `json:"id"`
	Parent    string `json:"parent,omitempty"`
	RequestID string `json:"request_id"` // the global one
	// ServiceRequestID is the id that the service gave its own request, where that is another.
	ServiceRequestID string            `json:"service_request_id,omitempty"`
	Process          string            `json:"process"`
	Role             string            `json:"role,omitempty"`
	Host             string            `json:"host,omitempty"` // of the cloud, where it is not the process's own
	Name             string            `json:"name"`
	Start            time.Time         `json:"start"`
	Took             time.Duration     `json:"took"` // nanoseconds; until now, where it runs
	Running          bool              `json:"running,omitempty"`
	Error            string            `json:"error,omitempty"`
	Attributes       map[string]string `json:"attributes,omitempty"`
}

// told is the span as others are told of it. The caller holds the record's lock.
func (s *span) told(process string) Span {
	w := s.work
	t := Span{
		TraceID: w.trace.String(), ID: s.id.String(), RequestID: w.key(), Process: process, Role: w.role, Host: w.host,
		Name: s.name, Start: s.start.UTC().Round(0), Took: s.took, Error: s.failure,
	}
	if w.own != t.RequestID {
		t.ServiceRequestID = w.own
	}
	if s.parent != (spanID{}) {
		t.Parent = s.parent.String()
	}
	if s.took == running {
		t.Took, t.Running = time.Since(s.start), true
	}
	for _, a := range s.attributes {
		t.put(a.Key, textOf(a.Value))
	}
	if n := s.queries.Load(); n > 0 {
		t.put("sql.queries", slog.Int64Value(n).String())
		t.put("sql.took", time.Duration(s.querying.Load()).String())
	}
	return t
}

// put sets an attribute; one that was noted several times has all its values, as words.
func (s *Span) put(key, value string) {
	if s.Attributes == nil {
		s.Attributes = map[string]string{}
	}
	if before, twice := s.Attributes[key]; twice {
		value = before + " " + value
	}
	s.Attributes[key] = value
}

func textOf(v slog.Value) string { return strings.ToValidUTF8(v.String(), "") }
