package rabbitmq

import (
	"context"
	"errors"
	"strconv"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// outcome is what the broker did with a message.
type outcome int

const (
	lost     outcome = iota // the connection broke; it may have arrived or not
	taken                   // it is in a queue
	refused                 // the queue has no room
	returned                // there is no such queue
)

// publisher publishes on one channel and hears what became of it.
type publisher struct {
	conn    *amqp.Connection
	channel *amqp.Channel
	abreast chan struct{} // taken from by hear when it has noted all returns that came

	mu      sync.Mutex
	awaited map[string]bool // by message id: whether it came back
	last    uint64
	known   map[string]bool // queues and exchanges that were declared on this connection
	unseen  map[string]int  // by topic: how many notifications may still be sent before its queue is looked at
}

func newPublisher(conn *amqp.Connection) (*publisher, error) {
	channel, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	p := &publisher{conn: conn, channel: channel, abreast: make(chan struct{}), awaited: map[string]bool{}, known: map[string]bool{}, unseen: map[string]int{}}
	// Without a buffer: the library hands over a return before it looks at the confirmation that follows.
	returns := channel.NotifyReturn(make(chan amqp.Return))
	if err := channel.Confirm(false); err != nil {
		return nil, errors.Join(err, channel.Close())
	}
	go p.hear(returns) // ends with the channel, and that with the connection
	return p, nil
}

// usable tells whether the channel still lives.
func (p *publisher) usable() bool { return !p.channel.IsClosed() }

func (p *publisher) hear(returns <-chan amqp.Return) {
	defer close(p.abreast)
	for {
		select {
		case r, ok := <-returns:
			if !ok {
				return
			}
			p.mu.Lock()
			if _, ok := p.awaited[r.MessageId]; ok {
				p.awaited[r.MessageId] = true
			}
			p.mu.Unlock()
		case p.abreast <- struct{}{}:
		}
	}
}

// publish sends a message whose outcome nobody waits for.
func (p *publisher) publish(exchange, key string, m amqp.Publishing) error {
	return p.channel.Publish(exchange, key, false, false, m)
}

// post sends a message and waits for what becomes of it. An error is one that was not sent, or ctx's.
func (p *publisher) post(ctx context.Context, exchange, key string, mandatory bool, m amqp.Publishing) (outcome, error) {
	p.mu.Lock()
	p.last++
	m.MessageId = strconv.FormatUint(p.last, 36)
	p.awaited[m.MessageId] = false
	p.mu.Unlock()
	defer p.forgo(m.MessageId)
	// The library's own listener for confirmations mistakes refusals for confirmations when several come at once; this is exact.
	sent, err := p.channel.PublishWithDeferredConfirm(exchange, key, mandatory, false, m)
	if err != nil {
		return lost, err
	}
	select {
	case <-sent.Done():
	case <-ctx.Done():
		return lost, ctx.Err()
	}
	<-p.abreast
	switch {
	case sent.Acked() && p.cameBack(m.MessageId):
		return returned, nil
	case sent.Acked():
		return taken, nil
	case p.channel.IsClosed():
		return lost, nil
	}
	return refused, nil
}

func (p *publisher) cameBack(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.awaited[name]
}

func (p *publisher) forgo(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.awaited, name)
}

// declared runs declare once for each name and connection.
func (p *publisher) declared(name string, declare func() error) error {
	p.mu.Lock()
	known := p.known[name]
	p.mu.Unlock()
	if known {
		return nil
	}
	if err := declare(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[name] = true
	return nil
}

func (p *publisher) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, name)
}

// publisher gives the publisher on the present connection, waiting for one.
func (t *Transport) publisher(ctx context.Context) (*publisher, error) {
	for {
		conn, err := t.sending.connection(ctx)
		if err != nil {
			return nil, err
		}
		p, err := t.publisherOn(conn)
		if err == nil {
			return p, nil
		}
		if !conn.IsClosed() {
			return nil, err
		}
		select { // the link notes the loss in a moment
		case <-t.sending.change():
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (t *Transport) publisherOn(conn *amqp.Connection) (*publisher, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.post != nil && t.post.conn == conn && t.post.usable() {
		return t.post, nil
	}
	p, err := newPublisher(conn)
	if err != nil {
		return nil, err
	}
	t.post = p
	return p, nil
}
