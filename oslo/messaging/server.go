package messaging

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// handler is what takes the messages of a method.
type handler struct {
	version int // the newest it understands
	run     func(ctx context.Context, body []byte, version int) ([]byte, error)
}

// panicked is the error of a handler that panicked; its stack is for the log only.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

func answering[In Message, Out any](fn func(context.Context, In) (Out, error)) func(context.Context, []byte, int) ([]byte, error) {
	return func(ctx context.Context, body []byte, from int) ([]byte, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, fmt.Errorf("decode message: %w", err)
		}
		if older, ok := any(&in).(Upgrader); ok && from < version(in) {
			older.Upgrade(from)
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

func (s *Server) register(zero Message, run func(context.Context, []byte, int) ([]byte, error)) {
	method := zero.Method()
	if _, taken := s.handlers[method]; taken {
		panic("messaging: two handlers for " + method + " on " + s.Topic)
	}
	if s.handlers == nil {
		s.handlers = map[string]handler{}
	}
	s.handlers[method] = handler{version: version(zero), run: run}
}

func (s *Server) run(ctx context.Context, ready func()) error {
	workers := s.Workers
	if workers == 0 {
		workers = 16
	}
	if t, ok := s.Bus.Transport.(interface{ Waiting() map[string]int }); ok {
		telemetry.MetricsOf(ctx).Queues(t.Waiting)
	}
	working, cancel := s.draining(telemetry.WithHost(ctx, s.Host))
	defer cancel()
	err := s.Bus.Transport.Listen(ctx, s.Topic, s.Host, workers, ready, func(_ context.Context, m Envelope) Envelope {
		return s.take(working, m)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("listen on %s: %w", Target{s.Topic, s.Host}, err)
	}
	return nil
}

// draining is the handlers' context: it ends some time after ctx.
func (s *Server) draining(ctx context.Context) (context.Context, context.CancelFunc) {
	drain := s.Drain
	if drain == 0 {
		drain = 10 * time.Second
	}
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(drain, cancel)
		context.AfterFunc(working, func() { timer.Stop() })
	})
	return working, func() { stop(); cancel() }
}

// take works on one message and makes its answer.
func (s *Server) take(working context.Context, m Envelope) Envelope {
	ctx := telemetry.OnBehalf(telemetry.Continue(working, m.RequestID, m.Trace), m.Actor)
	began := time.Now()
	waited := m.waited(began)
	ctx, end := telemetry.Start(ctx, "bus.take", slog.String("topic", s.Topic), slog.String("host", s.Host),
		slog.String("method", m.Method), slog.Duration("waited", waited))
	body, err := s.handle(ctx, m)
	end(err)
	method := m.Method
	if _, known := s.handlers[method]; !known {
		method = "unknown" // a sender must not make labels
	}
	metrics := telemetry.MetricsOf(ctx)
	metrics.Message(s.Topic, method, err, time.Since(began))
	metrics.Waited(s.Topic, waited)
	if err != nil {
		s.tell(ctx, m, err)
	}
	back := answer(m, body, err)
	back.Unfinished = err != nil && working.Err() != nil
	return back
}

// waited is how long the message was on its way and in the queue, as far as the two clocks agree.
func (m Envelope) waited(now time.Time) time.Duration {
	if m.Sent == 0 {
		return 0
	}
	return max(0, now.Sub(time.UnixMicro(m.Sent)))
}

func (s *Server) handle(ctx context.Context, m Envelope) (body []byte, err error) {
	h, ok := s.handlers[m.Method]
	if !ok {
		return nil, fault.New(fault.NotImplemented, "UnknownMethod", "%s does not take %s.", s.Topic, m.Method)
	}
	if m.Version > h.version {
		return nil, fault.New(fault.NotImplemented, "UnsupportedVersion",
			"%s takes %s up to version %d, not %d.", s.Topic, m.Method, h.version, m.Version)
	}
	if m.Deadline > 0 {
		deadline := time.UnixMilli(m.Deadline)
		if !time.Now().Before(deadline) {
			return nil, fault.New(fault.Timeout, "MessagingTimeout", "%s came to %s too late.", m.Method, s.Topic)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return h.run(ctx, m.Body, m.Version)
}

// tell logs an error where it would be lost: the sender of a cast never sees it, and of what is no fault a caller sees
// only the text. A caller's own fault is the caller's to tell.
func (s *Server) tell(ctx context.Context, m Envelope, err error) {
	if m.Deadline > 0 && fault.Of(err) != nil {
		return
	}
	attrs := []any{"topic", s.Topic, "method", m.Method, "error", err}
	if p := (*panicked)(nil); errors.As(err, &p) {
		attrs = append(attrs, "stack", string(p.stack))
	}
	s.logger().ErrorContext(ctx, "message failed", attrs...)
}

func (s *Server) logger() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// answer makes the envelope that goes back.
func answer(m Envelope, body []byte, err error) Envelope {
	back := Envelope{Method: m.Method, Version: m.Version, RequestID: m.RequestID, Body: body}
	if err == nil {
		return back
	}
	if f := fault.Of(err); f != nil {
		encoded, encodeErr := json.Marshal(f)
		if encodeErr == nil {
			back.Fault = encoded
			return back
		}
		err = errors.Join(err, encodeErr) // a detail that is no JSON
	}
	back.Error = cmp.Or(err.Error(), "an error that does not say what it is") // "" would be success
	return back
}
