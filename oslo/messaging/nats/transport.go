package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// Transport is a connection to NATS, and the server itself where that is embedded.
type Transport struct {
	options
	log    *slog.Logger
	conn   *nats.Conn
	js     jetstream.JetStream
	server *embeddedServer // nil unless embedded
	calls  *broker.Calls
	inbox  string
	end    context.CancelFunc // ends alive
	alive  context.Context    // until Close

	mu      sync.Mutex
	changed chan struct{} // closed and made anew whenever the connection comes or goes
	streams bool          // whether the streams are known to be there
}

// Open starts the embedded server where the address says so, and connects. A server elsewhere may come up later.
func Open(_ context.Context, address string, log *slog.Logger) (*Transport, error) {
	o, err := parse(address)
	if err != nil {
		return nil, err
	}
	t := &Transport{options: o, log: log, calls: &broker.Calls{Silence: o.limits.Silence}, changed: make(chan struct{})}
	t.alive, t.end = context.WithCancel(context.Background())
	connect, err := o.connect(log, t.noteChange)
	if err != nil {
		return nil, err
	}
	if o.embedded() {
		if t.server, err = start(o, log); err != nil {
			return nil, err
		}
		connect = append(connect, nats.InProcessServer(t.server.Server))
	}
	if err := t.connect(connect); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Transport) connect(with []nats.Option) error {
	url := nats.DefaultURL // for the embedded server, which is not looked for by it
	if t.server == nil {
		with = append(with, func(o *nats.Options) error { o.Servers = t.urls(); return nil })
		url = ""
	}
	var err error
	if t.conn, err = nats.Connect(url, with...); err != nil {
		return fmt.Errorf("connect to %s: %w", t.address, err)
	}
	if t.js, err = jetstream.New(t.conn); err != nil {
		return fmt.Errorf("use JetStream of %s: %w", t.address, err)
	}
	t.inbox = t.conn.NewInbox()
	if _, err = t.conn.Subscribe(t.inbox+".*", t.hear); err != nil {
		return fmt.Errorf("listen for answers on %s: %w", t.address, err)
	}
	return nil
}

// Close cuts the connection: what servers of this process work on goes to others.
func (t *Transport) Close() error {
	t.end()
	t.calls.Close()
	if t.conn != nil {
		t.conn.Close()
	}
	if t.server != nil {
		return t.server.stop()
	}
	return nil
}

func (t *Transport) noteChange() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.changed)
	t.changed, t.streams = make(chan struct{}), false
}

func (t *Transport) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// connected waits until the broker can be reached.
func (t *Transport) connected(ctx context.Context) error {
	for {
		change := t.change()
		if t.conn.IsConnected() {
			return nil
		}
		select {
		case <-change:
		case <-t.alive.Done():
			return broker.Closed()
		case <-ctx.Done():
			return t.ended(ctx)
		}
	}
}

// ended is why a sender gave up whom the broker would not serve.
func (t *Transport) ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return broker.Away(t.conn.LastError())
}

// publish sends once the broker can be reached.
func (t *Transport) publish(ctx context.Context, m *nats.Msg) error {
	for {
		if err := t.connected(ctx); err != nil {
			return err
		}
		err := t.conn.PublishMsg(m)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, nats.ErrConnectionClosed):
			return broker.Closed()
		case !errors.Is(err, nats.ErrReconnectBufExceeded) && !errors.Is(err, nats.ErrConnectionReconnecting) && !errors.Is(err, nats.ErrDisconnected):
			return fmt.Errorf("publish to %s: %w", t.address, err)
		}
		if !broker.Pause(ctx, 1) { // it was lost just now, which is noted in a moment
			return t.ended(ctx)
		}
	}
}

// subject is where messages of a kind ("call", "cast", "fanout") for a target go.
func (t *Transport) subject(kind string, to messaging.Target) string {
	s := t.limits.Prefix + "." + kind + "." + broker.Token(to.Topic)
	if to.Host != "" {
		s += "." + broker.Token(to.Host)
	}
	return s
}
