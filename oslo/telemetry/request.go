package telemetry

import (
	"context"

	"github.com/google/uuid"
)

type requestKey struct{}

// NewRequestID makes a request id as OpenStack writes it: "req-" and a UUID.
func NewRequestID() string { return "req-" + uuid.NewString() }

// WithRequestID returns a context whose logs, bus messages and events carry id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id of the request that ctx serves, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
