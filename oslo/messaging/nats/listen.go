package nats

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// leaving bounds how long a listener that stops waits for what the broker had sent it already.
const leaving = 2 * time.Second

// callRoom is how many calls may wait for a worker, beyond as many as there are workers.
const callRoom = 32

// listener is one Listen under way.
type listener struct {
	*Transport
	desk    *broker.Desk
	calls   chan *broker.Job
	fanouts chan *broker.Job
	subs    []*nats.Subscription
}

// Listen takes the calls and casts of the topic and the host, and the topic's fanouts.
func (t *Transport) Listen(
	ctx context.Context, topic, host string, workers int, ready func(), take func(context.Context, messaging.Envelope) messaging.Envelope,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.alive, cancel)()
	l := &listener{
		Transport: t, desk: broker.NewDesk(workers, t.limits.Beat(), t.log, take),
		calls: make(chan *broker.Job, workers+callRoom), fanouts: make(chan *broker.Job, broker.FanoutLength),
	}
	defer l.desk.Close()
	targets := []messaging.Target{messaging.Topic(topic)}
	if host != "" {
		targets = append(targets, messaging.Topic(topic).On(host))
	}
	var sources sync.WaitGroup
	defer sources.Wait()
	defer l.leave()
	if err := l.subscribe(ctx, targets); err != nil {
		return t.over(err)
	}
	if err := l.settle(ctx, targets); err != nil {
		return t.over(nil)
	}
	for _, queue := range []chan *broker.Job{l.calls, l.fanouts} {
		sources.Go(func() {
			for j := range queue {
				l.desk.Work(ctx, j)
			}
		})
	}
	for _, to := range targets {
		sources.Go(func() { l.pull(ctx, to) })
	}
	ready()
	<-ctx.Done()
	return t.over(nil)
}

// over is how a Listen ends: in peace, or because the transport was closed.
func (t *Transport) over(err error) error {
	if t.alive.Err() != nil {
		return broker.Closed()
	}
	return err
}

func (l *listener) subscribe(ctx context.Context, targets []messaging.Target) error {
	for _, to := range targets {
		sub, err := l.conn.QueueSubscribe(l.subject("call", to), "servers", func(m *nats.Msg) { l.takeCall(ctx, m) })
		if err != nil {
			return err
		}
		l.subs = append(l.subs, sub)
	}
	sub, err := l.conn.Subscribe(l.subject("fanout", messaging.Topic(targets[0].Topic)), l.takeFanout)
	if err != nil {
		return err
	}
	l.subs = append(l.subs, sub)
	return nil
}

// settle tries until the broker knows the listener; its error is that of ctx.
func (l *listener) settle(ctx context.Context, targets []messaging.Target) error {
	told := ""
	for try := 0; ; try++ {
		err := l.announce(ctx, targets)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if told != err.Error() {
			told = err.Error()
			l.log.WarnContext(ctx, "cannot listen yet", "target", targets[len(targets)-1].String(), "error", err)
		}
		broker.Pause(ctx, try)
	}
}

func (l *listener) announce(ctx context.Context, targets []messaging.Target) error {
	if err := l.connected(ctx); err != nil {
		return err
	}
	for _, to := range targets {
		if _, err := l.consumer(ctx, to); err != nil {
			return err
		}
	}
	flush, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	return l.conn.FlushWithContext(flush)
}

// leave ends the subscriptions and waits for what was under way to them.
func (l *listener) leave() {
	gone := make(chan struct{}, len(l.subs))
	left := 0
	for _, sub := range l.subs {
		sub.SetClosedHandler(func(string) { gone <- struct{}{} })
		if sub.Drain() == nil {
			left++
		}
	}
	patience := time.NewTimer(leaving)
	defer patience.Stop()
	for range left {
		select {
		case <-gone:
			continue
		case <-l.alive.Done():
		case <-patience.C:
		}
		break
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.calls)
	close(l.fanouts)
	l.calls, l.fanouts = nil, nil // a straggler finds no room
}

// offer puts a job into a queue of the listener that has room.
func (l *listener) offer(queue *chan *broker.Job, j *broker.Job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case *queue <- j:
		return true
	default:
		return false
	}
}

// takeCall puts a call before the workers, or sends it back when too many wait.
func (l *listener) takeCall(ctx context.Context, m *nats.Msg) {
	j := &broker.Job{Message: m.Data}
	j.Beat = func() { l.say(m.Reply, broker.Beat) }
	j.Back = func() { l.say(m.Reply, broker.Again) }
	j.Done = func(in, answer messaging.Envelope) { l.answer(m.Reply, in, answer) }
	l.desk.Hold(j)
	if ctx.Err() != nil || !l.offer(&l.calls, j) {
		l.desk.Return(j)
	}
}

func (l *listener) takeFanout(m *nats.Msg) {
	j := &broker.Job{Message: m.Data, Back: func() {}, Done: func(_, _ messaging.Envelope) {}}
	if !l.offer(&l.fanouts, j) {
		l.log.Warn("a fanout is lost: too many wait", "subject", m.Subject)
	}
}

// say sends a word to a caller, who does without it while the broker is away.
func (l *listener) say(inbox string, word broker.Word) {
	m := nats.NewMsg(inbox)
	m.Header.Set(wordHeader, string(word))
	if err := l.conn.PublishMsg(m); err != nil {
		l.log.Debug("a caller hears nothing", "error", err)
	}
}

// answer sends the answer, waiting for a broker that is away as long as the caller would.
func (l *listener) answer(inbox string, in, answer messaging.Envelope) {
	until := time.Now().Add(l.limits.Silence)
	if in.Deadline > 0 {
		until = time.UnixMilli(in.Deadline)
	}
	ctx, cancel := context.WithDeadline(l.alive, until)
	defer cancel()
	message, err := l.encode(answer)
	if err != nil {
		message, err = json.Marshal(messaging.Envelope{Method: in.Method, RequestID: in.RequestID, Error: err.Error()})
	}
	if err == nil {
		err = l.publish(ctx, &nats.Msg{Subject: inbox, Data: message})
	}
	if err != nil {
		l.log.Warn("an answer is lost", "method", in.Method, "request_id", in.RequestID, "error", err)
	}
}
