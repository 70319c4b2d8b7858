package linuxbridge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/telemetry"
)

// manyCauses is from how many requests on their ports are told of together: one message for many ports is worth more then than a
// trace that is whole.
const manyCauses = 8

// traceWired records, in the trace of the request that asked for a port, that it was wired in this turn.
func (t *turn) traceWired(ctx context.Context, p neutron.WiredPort) (caused context.Context, ok bool) {
	caused, heard, ok := t.causes.Of(ctx, p.ID, t.began)
	if ok {
		telemetry.Past(caused, "linuxbridge.wire", t.began, time.Since(t.began), nil, slog.String("port", p.ID),
			slog.String("network", p.NetworkID), slog.Duration("waited", t.began.Sub(heard)))
	}
	return caused, ok
}

// traceFailed records there that it could not be wired. The port is tried again.
func (t *turn) traceFailed(ctx context.Context, p neutron.WiredPort, reason string) {
	if caused, heard, ok := t.causes.Of(ctx, p.ID, t.began); ok {
		telemetry.Past(caused, "linuxbridge.wire", t.began, time.Since(t.began), errors.New(reason), slog.String("port", p.ID),
			slog.String("network", p.NetworkID), slog.Duration("waited", t.began.Sub(heard)))
		t.causes.Remember(caused, p.ID)
	}
}

// byCause parts ports that were wired by the requests that asked for them; the rest belong to ctx.
func (t *turn) byCause(ctx context.Context, ports []neutron.WiredPort) map[context.Context][]string {
	parts := map[context.Context][]string{}
	requests := map[string]context.Context{"": ctx}
	for _, p := range ports {
		request := ""
		if caused, ok := t.traceWired(ctx, p); ok {
			request = telemetry.GlobalRequestID(caused)
			if requests[request] == nil && len(requests) > manyCauses {
				request = ""
			} else if requests[request] == nil {
				requests[request] = caused
			}
		}
		parts[requests[request]] = append(parts[requests[request]], p.ID)
	}
	return parts
}
