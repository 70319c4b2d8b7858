package telemetry

import "context"

// Telemetry is what a process keeps of what happens in it. A nil part keeps nothing.
type Telemetry struct {
	Metrics  *Metrics
	Tracer   *Tracer
	Observer *Observer
}

type telemetryKey struct{}

// With returns a context under which spans and counts go to t. A process makes one at its start, from which the contexts
// of its servers (http.Server.BaseContext), roles and messages descend.
func With(ctx context.Context, t Telemetry) context.Context {
	return context.WithValue(ctx, telemetryKey{}, t)
}

// MetricsOf gives the metrics that ctx counts in: nil, which counts nothing, where there are none.
func MetricsOf(ctx context.Context) *Metrics { return of(ctx).Metrics }

func of(ctx context.Context) Telemetry {
	t, _ := ctx.Value(telemetryKey{}).(Telemetry)
	return t
}
