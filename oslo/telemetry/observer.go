package telemetry

import (
	"context"
	"log/slog"
)

// Observer is told synchronously, in the goroutine that works, when a span begins and ends: for tests that break a process
// at such a boundary. It need not have a Tracer beside it. A nil part is not told; a nil *Observer costs nothing.
type Observer struct {
	// Began comes before the work, with the attributes that Start was given.
	Began func(ctx context.Context, name string, attrs []slog.Attr)
	// Ended comes after the work, with the same attributes and the error it ended with, or nil.
	Ended func(ctx context.Context, name string, attrs []slog.Attr, err error)
}

func (o *Observer) began(ctx context.Context, name string, attrs []slog.Attr) {
	if o.Began != nil {
		o.Began(ctx, name, attrs)
	}
}

// around gives an end that tells the observer before it ends the span.
func (o *Observer) around(ctx context.Context, name string, attrs []slog.Attr, end func(error)) func(error) {
	return func(err error) {
		if o.Ended != nil {
			o.Ended(ctx, name, attrs, err)
		}
		end(err)
	}
}
