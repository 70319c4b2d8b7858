package messaging

import (
	"context"
	"errors"
	"sync"

	"cumulet/oslo/fault"
)

// memoryQueue is how many messages wait for a topic, a host or a fanout listener before senders have to.
const memoryQueue = 1024

// Memory is the transport within one process. Bodies come encoded as on a wire, so that nothing is shared by pointer but
// bytes that nobody changes; messages are lost with the process.
type Memory struct {
	mu        sync.Mutex
	queues    map[Target]chan parcel
	listeners map[Target]map[*memoryListener]struct{} // who listens on a target now
	closed    chan struct{}
}

// parcel is a message in a queue; back, where wanted, takes the answer.
type parcel struct {
	message Envelope
	back    chan<- Envelope
}

// memoryListener is one Listen under way.
type memoryListener struct{ fanout chan parcel }

// NewMemory makes a transport for one process.
func NewMemory() *Memory {
	return &Memory{
		queues:    map[Target]chan parcel{},
		listeners: map[Target]map[*memoryListener]struct{}{},
		closed:    make(chan struct{}),
	}
}

// Send puts the message into the target's queue.
func (t *Memory) Send(ctx context.Context, to Target, m Envelope, reply bool) (Envelope, error) {
	queue, served := t.queue(to)
	p := parcel{message: m}
	var back chan Envelope
	if reply {
		if !served {
			return Envelope{}, fault.New(fault.Unavailable, "NoServer", "No server listens on %s.", to)
		}
		back = make(chan Envelope, 1) // so that a late answer blocks nobody
		p.back = back
	}
	if to.IsNotification() {
		makeRoom(queue)
	}
	if err := t.put(ctx, queue, p); err != nil || !reply {
		return Envelope{}, err
	}
	select {
	case answer := <-back:
		return answer, nil
	case <-ctx.Done():
		return Envelope{}, ctx.Err()
	case <-t.closed:
		return Envelope{}, errClosed()
	}
}

// Fanout puts the message into the queue of each who listens on the topic.
func (t *Memory) Fanout(ctx context.Context, topic string, m Envelope) error {
	t.mu.Lock()
	var queues []chan parcel
	for l := range t.listeners[Topic(topic)] {
		queues = append(queues, l.fanout)
	}
	t.mu.Unlock()
	var errs []error
	for _, q := range queues {
		errs = append(errs, t.put(ctx, q, parcel{message: m}))
	}
	return errors.Join(errs...)
}

// Listen takes from the topic's queue, the host's, and the fanouts.
func (t *Memory) Listen(
	ctx context.Context, topic, host string, workers int, ready func(), take func(context.Context, Envelope) Envelope,
) error {
	l := &memoryListener{fanout: make(chan parcel, memoryQueue)}
	shared, own := t.join(l, Topic(topic)), chan parcel(nil)
	defer t.leave(l, Topic(topic))
	if host != "" {
		own = t.join(l, Topic(topic).On(host))
		defer t.leave(l, Topic(topic).On(host))
	}
	ready()
	var handlers sync.WaitGroup
	defer handlers.Wait()
	free := make(chan struct{}, workers)
	for {
		select {
		case free <- struct{}{}: // a worker before a message: what cannot be worked on stays in its queue
		case <-ctx.Done():
			return nil
		case <-t.closed:
			return errClosed()
		}
		var p parcel
		select {
		case p = <-shared:
		case p = <-own:
		case p = <-l.fanout:
		case <-ctx.Done():
			return nil
		case <-t.closed:
			return errClosed()
		}
		handlers.Go(func() {
			defer func() { <-free }()
			p.handle(ctx, take)
		})
	}
}

// Waiting is how many messages wait, by topic.
func (t *Memory) Waiting() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := map[string]int{}
	for to, queue := range t.queues {
		waiting[to.Topic] += len(queue)
	}
	for to, listeners := range t.listeners {
		for l := range listeners {
			if to.Host == "" { // one that listens on a host, too, is there twice
				waiting[to.Topic] += len(l.fanout)
			}
		}
	}
	return waiting
}

// Close refuses what is sent from now on and ends every Listen.
func (t *Memory) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.closed:
	default:
		close(t.closed)
	}
	return nil
}

func (p parcel) handle(ctx context.Context, take func(context.Context, Envelope) Envelope) {
	answer := take(ctx, p.message)
	if p.back != nil {
		p.back <- answer
	}
}

// queue is the target's queue, and whether somebody listens on it now.
func (t *Memory) queue(to Target) (queue chan parcel, served bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queueLocked(to), len(t.listeners[to]) > 0
}

func (t *Memory) queueLocked(to Target) chan parcel {
	q, ok := t.queues[to]
	if !ok {
		q = make(chan parcel, memoryQueue)
		t.queues[to] = q
	}
	return q
}

func (t *Memory) put(ctx context.Context, queue chan<- parcel, p parcel) error {
	select {
	case <-t.closed:
		return errClosed()
	default:
	}
	select {
	case queue <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closed:
		return errClosed()
	}
}

// makeRoom takes out the oldest message of a full queue.
func makeRoom(queue chan parcel) {
	if len(queue) < cap(queue) {
		return
	}
	select {
	case <-queue:
	default:
	}
}

// join notes a listener on a target and gives the target's queue.
func (t *Memory) join(l *memoryListener, to Target) chan parcel {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listeners[to] == nil {
		t.listeners[to] = map[*memoryListener]struct{}{}
	}
	t.listeners[to][l] = struct{}{}
	return t.queueLocked(to)
}

func (t *Memory) leave(l *memoryListener, to Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listeners[to], l)
}

func errClosed() error {
	return fault.New(fault.Unavailable, "NoServer", "The message bus is closed.")
}
