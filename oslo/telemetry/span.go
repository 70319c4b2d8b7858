package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Bounds of what one span keeps: what it is told may come from a tenant.
const (
	longestText    = 2 << 10
	longestFailure = 512
	mostAttributes = 64
)

// running is the duration of a span that has not ended.
const running = time.Duration(-1)

// span is one piece of work, in few bytes: many are kept, and few ever read. What changes after its begin is guarded by its
// record's lock.
type span struct {
	work       *work
	record     *record
	id, parent spanID
	name       string
	start      time.Time
	took       time.Duration
	failure    string
	attributes []slog.Attr
	queries    atomic.Int64 // made directly under the span: a span for each would crowd out all others
	querying   atomic.Int64 // the time they took
}

// open is a context within a span. It is apart from the span, which outlives it.
type open struct {
	context.Context
	scope
}

func (o *open) Value(key any) any {
	if key == (scopeKey{}) {
		return &o.scope
	}
	return o.Context.Value(key)
}

// Start begins a span under ctx's span; end ends it, with the error the work ended with, or nil:
//
//	ctx, end := telemetry.Start(ctx, "libvirt.define", slog.String("server", id))
//	defer func() { end(err) }()
func Start(ctx context.Context, name string, attrs ...slog.Attr) (_ context.Context, end func(error)) {
	at := scopeOf(ctx)
	if at == nil {
		return ctx, nothing
	}
	if at.to.Observer == nil {
		return at.start(ctx, name, attrs)
	}
	observer := at.to.Observer
	ctx, end = at.start(ctx, name, attrs)
	observer.began(ctx, name, attrs)
	return ctx, observer.around(ctx, name, attrs, end)
}

func nothing(error) {}

func (s *scope) start(ctx context.Context, name string, attrs []slog.Attr) (context.Context, func(error)) {
	if s.to.Tracer == nil || s.own == "" {
		return ctx, nothing
	}
	begun := s.begin(name, time.Now(), attrs)
	return &open{ctx, scope{s.work, begun}}, begun.end
}

// begin makes a span that runs and puts it into its record.
func (s *scope) begin(name string, start time.Time, attrs []slog.Attr) *span {
	begun := &span{work: s.work, id: newSpanID(), parent: s.parent, name: name, start: start, took: running, attributes: bounded(attrs)}
	if s.span != nil {
		begun.parent = s.span.id
	}
	s.work.keep(begun)
	return begun
}

// end ends the span; a second end says nothing new.
func (s *span) end(err error) { s.endAfter(time.Since(s.start), err) }

func (s *span) endAfter(took time.Duration, err error) {
	failure := ""
	if err != nil {
		failure = clip(err.Error(), longestFailure)
		if failure == "" {
			failure = "failed"
		}
	}
	if !s.record.ended(s, took, failure) {
		return
	}
	t := s.work.to.Tracer
	t.ring.settle(s.record)
	if t.exports(s.work.trace) {
		t.export(s.record.one(s, t.process))
	}
}

// Past records a span of work under ctx that began then, took so long and ended with err: where what was done turned out only
// afterwards to be done for ctx's request.
func Past(ctx context.Context, name string, began time.Time, took time.Duration, err error, attrs ...slog.Attr) {
	if at := scopeOf(ctx); at != nil && at.to.Tracer != nil && at.own != "" {
		at.begin(name, began, attrs).endAfter(took, err)
	}
}

// Note adds attributes to ctx's span, such as what was decided in it.
func Note(ctx context.Context, attrs ...slog.Attr) {
	if at := scopeOf(ctx); at != nil && at.span != nil {
		at.span.record.note(at.span, bounded(attrs))
	}
}

// Query counts a query to a database, which took so long, in ctx's span: in its attributes sql.queries and sql.took.
func Query(ctx context.Context, took time.Duration) {
	if at := scopeOf(ctx); at != nil && at.span != nil {
		at.span.queries.Add(1)
		at.span.querying.Add(int64(took))
	}
}

// Changed tells that ctx's request changed something: its spans are kept longer than those of requests that only looked.
func Changed(ctx context.Context) {
	if at := scopeOf(ctx); at != nil && at.span != nil {
		at.span.record.rise(changed)
	}
}

// Project tells whose request ctx's is: where memory is short, the project that has most of it gives first.
func Project(ctx context.Context, id string) {
	if at := scopeOf(ctx); at != nil && at.span != nil {
		at.span.record.belongs(id)
	}
}

// bounded gives attributes that are plain and short; mostly those it was given.
func bounded(attrs []slog.Attr) []slog.Attr {
	own := false
	for i, a := range attrs {
		text, plain := "", true
		switch a.Value.Kind() {
		case slog.KindString:
			text = a.Value.String()
			plain = len(text) <= longestText
		case slog.KindAny, slog.KindLogValuer, slog.KindGroup:
			text, plain = a.Value.Resolve().String(), false
		}
		if plain {
			continue
		}
		if !own {
			attrs, own = slices.Clone(attrs), true
		}
		attrs[i] = slog.String(a.Key, clip(text, longestText))
	}
	return attrs
}

// clip cuts s, and frees what is cut off.
func clip(s string, longest int) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:longest]), "") + "…"
}
