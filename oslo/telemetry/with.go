package telemetry

import (
	"cmp"
	"context"
	"net/http"
	"sync/atomic"
)

// Telemetry is what a process keeps of what happens in it. A nil part keeps nothing.
type Telemetry struct {
	Metrics  *Metrics
	Tracer   *Tracer
	Observer *Observer
}

// With returns a context under which spans and counts go to t. A process makes one at its start, from which the contexts
// of its servers (http.Server.BaseContext), roles and messages descend.
func With(ctx context.Context, t Telemetry) context.Context {
	return alter(ctx, func(w *work) { w.to = t })
}

// WithRole returns a context whose spans are the role's: "nova-compute". Each role of a process has its own.
func WithRole(ctx context.Context, role string) context.Context {
	return alter(ctx, func(w *work) { w.role = role })
}

// WithHost returns a context whose spans are of that host of the cloud: one process may stand for several.
func WithHost(ctx context.Context, host string) context.Context {
	return alter(ctx, func(w *work) { w.host = host })
}

// Role serves HTTP as a role of the process.
func Role(role string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(WithRole(r.Context(), role)))
	})
}

// MetricsOf gives the metrics that ctx counts in: nil, which counts nothing, where there are none.
func MetricsOf(ctx context.Context) *Metrics {
	if s := scopeOf(ctx); s != nil {
		return s.to.Metrics
	}
	return nil
}

// work is what a context says of whose work is done, where, and who hears of it. It does not change once it is in a context.
type work struct {
	to     Telemetry
	role   string
	host   string
	own    string // the id of the request as this service calls it
	global string // the id of the request that it works for, where that is another
	trace  traceID
	parent spanID // in another process or goroutine; zero where the spans are the first
	record atomic.Pointer[record]
}

// key is the id under which the spans are kept.
func (w *work) key() string { return cmp.Or(w.global, w.own) }

func (w *work) clone() *work {
	if w == nil {
		return &work{}
	}
	return &work{to: w.to, role: w.role, host: w.host, own: w.own, global: w.global, trace: w.trace, parent: w.parent}
}

// under puts w into ctx, outside of all spans.
func (w *work) under(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, &scope{work: w})
}

// alter changes what ctx says of the work, and leaves it in its span.
func alter(ctx context.Context, change func(*work)) context.Context {
	next := &scope{work: workOf(ctx).clone()}
	change(next.work)
	if at := scopeOf(ctx); at != nil {
		next.span = at.span
	}
	return context.WithValue(ctx, scopeKey{}, next)
}

// scope is where in the work a context stands: within a span, or outside of all.
type scope struct {
	*work
	span *span
}

type scopeKey struct{}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

func workOf(ctx context.Context) *work {
	if s := scopeOf(ctx); s != nil {
		return s.work
	}
	return nil
}
