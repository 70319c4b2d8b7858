package telemetry

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// Headers by which a request goes on from service to service.
const (
	requestHeader = "X-Openstack-Request-Id"
	traceHeader   = "Traceparent"
)

// NewRequestID makes a request id as OpenStack writes it: "req-" and a UUID.
func NewRequestID() string { return "req-" + uuid.NewString() }

// ValidRequestID tells whether a caller may name id as the global request id, as oslo_middleware/request_id.py, ID_FORMAT.
func ValidRequestID(id string) bool {
	_, ok := uuidOf(id)
	return ok
}

// uuidOf reads the UUID in a request id, which must be written as NewRequestID does.
func uuidOf(id string) (traceID, bool) {
	const prefix = "req-"
	if len(id) != len(prefix)+36 || id[:len(prefix)] != prefix {
		return traceID{}, false
	}
	for i := range 36 {
		c := id[len(prefix)+i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return traceID{}, false
		}
	}
	u, err := uuid.Parse(id[len(prefix):])
	return traceID(u), err == nil && u != uuid.Nil
}

// requestID is the global request id of a trace.
func (t traceID) requestID() string { return "req-" + uuid.UUID(t).String() }

// WithRequestID returns a context whose logs, bus messages, events and spans are those of the request id, which works for no other.
func WithRequestID(ctx context.Context, id string) context.Context {
	return alter(ctx, func(w *work) { w.is(id) })
}

// is makes the work that of a request which works for no other.
func (w *work) is(id string) { w.own, w.global, w.trace, w.parent = id, "", traceOf(id), spanID{} }

// RequestID is the id of the request that ctx serves, or "".
func RequestID(ctx context.Context) string {
	if w := workOf(ctx); w != nil {
		return w.own
	}
	return ""
}

// GlobalRequestID is the id of the request that entered the cloud, for which ctx's request is served: often ctx's own.
func GlobalRequestID(ctx context.Context) string {
	if w := workOf(ctx); w != nil {
		return w.key()
	}
	return ""
}

// Serving returns the context of a request that came by HTTP and is called id here: where the caller names a request id of a good
// form, or else a trace, the work is done for that.
func Serving(ctx context.Context, id string, header http.Header) context.Context {
	own := workOf(ctx).clone()
	own.is(id)
	trace, parent, continued := parseTraceparent(header.Get(traceHeader))
	if global := header.Get(requestHeader); ValidRequestID(global) {
		own.global, own.trace = global, traceOf(global)
	} else if continued {
		own.global, own.trace = trace.requestID(), trace
	}
	if continued && own.trace == trace {
		own.parent = parent
	}
	return own.under(ctx)
}

// Send writes into the header of a request to another service of the cloud for whom it is made.
func Send(ctx context.Context, header http.Header) {
	if id := GlobalRequestID(ctx); ValidRequestID(id) {
		header.Set(requestHeader, id)
	}
	if parent := Traceparent(ctx); parent != "" {
		header.Set(traceHeader, parent)
	}
}

// Continue returns a context that goes on with a request from a message or a record of it: its id, and its Traceparent.
func Continue(ctx context.Context, id, traceparent string) context.Context {
	own := workOf(ctx).clone()
	own.is(id)
	if trace, parent, ok := parseTraceparent(traceparent); ok {
		own.parent = parent
		if own.trace != trace {
			own.global, own.trace = trace.requestID(), trace
		}
	}
	return own.under(ctx)
}
