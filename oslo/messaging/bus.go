package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

func (b *Bus) call(ctx context.Context, to Target, in Message, out any) (err error) {
	ctx, end := telemetry.Start(ctx, "bus.call", slog.String("to", to.String()), slog.String("method", in.Method()))
	defer func() {
		end(err)
		telemetry.MetricsOf(ctx).Sent(to.Topic, in.Method(), "call", err)
	}()
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	m, err := seal(ctx, in)
	if err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		m.Deadline = deadline.UnixMilli()
	}
	answer, err := b.Transport.Send(ctx, to, m, true)
	if err == nil {
		err = open(answer, out)
	} else if errors.Is(err, context.DeadlineExceeded) {
		err = fault.New(fault.Timeout, "MessagingTimeout",
			"Timed out waiting for a reply of %s to %s.", to, m.Method).Because(err)
	}
	if err != nil {
		return fmt.Errorf("call %s of %s: %w", m.Method, to, err)
	}
	return nil
}

func (b *Bus) cast(ctx context.Context, to Target, in Message) (err error) {
	ctx, end := telemetry.Start(ctx, "bus.cast", slog.String("to", to.String()), slog.String("method", in.Method()))
	defer func() {
		end(err)
		telemetry.MetricsOf(ctx).Sent(to.Topic, in.Method(), "cast", err)
	}()
	return b.post(ctx, to.String(), in, func(ctx context.Context, m Envelope) error {
		_, err := b.Transport.Send(ctx, to, m, false)
		return err
	})
}

func (b *Bus) fanout(ctx context.Context, topic string, in Message) (err error) {
	ctx, end := telemetry.Start(ctx, "bus.fanout", slog.String("to", topic), slog.String("method", in.Method()))
	defer func() {
		end(err)
		telemetry.MetricsOf(ctx).Sent(topic, in.Method(), "fanout", err)
	}()
	return b.post(ctx, topic, in, func(ctx context.Context, m Envelope) error {
		return b.Transport.Fanout(ctx, topic, m)
	})
}

// post sends what nobody waits for.
func (b *Bus) post(ctx context.Context, to string, in Message, send func(context.Context, Envelope) error) error {
	m, err := seal(ctx, in)
	if err != nil {
		return err
	}
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	err = send(ctx, m)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault.New(fault.Unavailable, "QueueFull", "Too many messages wait for %s.", to).Because(err)
	}
	if err != nil {
		return fmt.Errorf("send %s to %s: %w", m.Method, to, err)
	}
	return nil
}

// bounded gives ctx the bus's timeout where it has no deadline.
func (b *Bus) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	timeout := b.Timeout
	if timeout == 0 {
		timeout = 60 * time.Second
	}
	return context.WithTimeout(ctx, timeout)
}

// seal puts a message into its envelope.
func seal(ctx context.Context, in Message) (Envelope, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode message %s: %w", in.Method(), err)
	}
	return Envelope{
		Method: in.Method(), Version: version(in), Body: body,
		RequestID: telemetry.RequestID(ctx), Trace: telemetry.Traceparent(ctx), Actor: telemetry.ActorOf(ctx), Sent: time.Now().UnixMicro(),
	}, nil
}

// open takes the result out of an answer, or the error it is.
func open(answer Envelope, out any) error {
	switch {
	case len(answer.Fault) > 0:
		var f fault.Fault
		if err := json.Unmarshal(answer.Fault, &f); err != nil {
			return fmt.Errorf("decode fault: %w", err)
		}
		return &f
	case answer.Error != "":
		return errors.New(answer.Error)
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func version(m Message) int {
	if v, ok := m.(Versioned); ok {
		return v.Version()
	}
	return 1
}
