package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"

	"cumulet/oslo/messaging/broker"
)

// Transport is two connections to RabbitMQ: what is sent cannot hold up what is received, when the broker is short of memory.
type Transport struct {
	options
	log     *slog.Logger
	sending *link
	taking  *link
	calls   *broker.Calls
	replies string // the queue for answers to this process
	alive   context.Context
	end     context.CancelFunc
	working sync.WaitGroup
	mu      sync.Mutex
	post    *publisher
	hearing bool          // whether answers are listened for
	hears   chan struct{} // closed and made anew when that changes
}

// Open connects. A broker that is away may come up later; one that refuses the user is an error.
func Open(ctx context.Context, address string, log *slog.Logger) (*Transport, error) {
	o, err := parse(address)
	if err != nil {
		return nil, err
	}
	t := &Transport{
		options: o, log: log, calls: &broker.Calls{Silence: o.limits.Silence},
		sending: &link{options: o, log: log, changed: make(chan struct{})},
		taking:  &link{options: o, log: log, changed: make(chan struct{})},
		replies: o.limits.Prefix + ".reply." + uuid.NewString(), hears: make(chan struct{}),
	}
	t.alive, t.end = context.WithCancel(context.WithoutCancel(ctx))
	for _, l := range []*link{t.sending, t.taking} {
		if err := l.first(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("connect to %s: %w", o.address, err), t.Close())
		}
		t.working.Go(func() { l.keep(t.alive) })
	}
	t.working.Go(t.hear)
	return t, nil
}

// Close cuts the connections: what servers of this process work on goes to others.
func (t *Transport) Close() error {
	t.end()
	t.calls.Close()
	t.working.Wait()
	return nil
}

// ended is why a sender gave up whom the broker would not serve.
func (t *Transport) ended(ctx context.Context, why error) error {
	switch {
	case t.alive.Err() != nil:
		return broker.Closed()
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(why, errFull):
		return ctx.Err()
	}
	return broker.Away(why)
}
