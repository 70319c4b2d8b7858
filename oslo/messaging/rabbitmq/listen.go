package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// listener is one Listen under way.
type listener struct {
	*Transport
	desk    *broker.Desk
	targets []messaging.Target
	ready   func()
	told    string // the last trouble that was logged
}

// Listen takes the calls and casts of the topic and the host, and the topic's fanouts.
func (t *Transport) Listen(
	ctx context.Context, topic, host string, workers int, ready func(), take func(context.Context, messaging.Envelope) messaging.Envelope,
) error {
	ctx, cancel := t.while(ctx)
	defer cancel()
	l := &listener{
		Transport: t, desk: broker.NewDesk(workers, t.limits.Beat(), t.log, take),
		targets: []messaging.Target{messaging.Topic(topic)}, ready: sync.OnceFunc(ready),
	}
	defer l.desk.Close()
	if host != "" {
		l.targets = append(l.targets, messaging.Topic(topic).On(host))
	}
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > time.Minute {
			try, l.told = 0, ""
		}
		if err != nil && l.told != err.Error() {
			l.told = err.Error()
			t.log.WarnContext(ctx, "cannot listen yet", "target", l.targets[len(l.targets)-1].String(), "error", err)
		}
		broker.Pause(ctx, try)
	}
	if t.alive.Err() != nil {
		return broker.Closed()
	}
	return nil
}

// consumer is one queue that a session takes from.
type consumer struct {
	deliveries <-chan amqp.Delivery
	job        func(amqp.Delivery) *broker.Job
}

// session listens on one connection until it is lost or ctx ends.
func (l *listener) session(ctx context.Context) error {
	conn, err := l.taking.connection(ctx)
	if err != nil {
		return err
	}
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	consumers, err := l.consume(conn, channel)
	if err != nil {
		return errors.Join(err, channel.Close())
	}
	l.ready()
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var sources sync.WaitGroup
	for _, c := range consumers {
		sources.Go(func() { l.source(working, c) })
	}
	lost := channel.NotifyClose(make(chan *amqp.Error, 1))
	select {
	case <-lost:
		cancel() // what waits for a worker is handed out again
		sources.Wait()
		return nil
	case <-ctx.Done():
	}
	// Nothing more comes, what has come goes back, and what is worked on is finished before the channel is closed.
	for _, name := range names(len(consumers)) {
		if channel.Cancel(name, false) != nil {
			break // it is lost now, and with it all consumers
		}
	}
	sources.Wait()
	l.desk.Close()
	if err := channel.Close(); err != nil && !errors.Is(err, amqp.ErrClosed) {
		return err
	}
	return nil
}

// names are the consumers' tags.
func names(n int) []string { return []string{"1", "2", "3", "4", "5"}[:n] }

// consume makes the queues and takes from them. The broker hands out no more than there are workers, from each queue.
func (l *listener) consume(conn *amqp.Connection, channel *amqp.Channel) ([]consumer, error) {
	if err := channel.Qos(l.desk.Workers(), 0, false); err != nil {
		return nil, err
	}
	var consumers []consumer
	take := func(queue string, job func(amqp.Delivery) *broker.Job) error {
		name := names(len(consumers) + 1)[len(consumers)]
		deliveries, err := channel.Consume(queue, name, false, false, false, false, nil)
		consumers = append(consumers, consumer{deliveries, job})
		return err
	}
	if to := l.targets[0]; to.IsNotification() {
		if err := l.declareNotifications(conn, to.Topic); err != nil {
			return nil, err
		}
		return consumers, take(to.Topic, l.noticeJob)
	}
	queue, err := l.declareFanout(channel, l.targets[0].Topic)
	if err == nil {
		err = take(queue, l.castJob)
	}
	for _, to := range l.targets {
		if err == nil {
			queue, err = l.declareKept(conn, to)
		}
		if err == nil {
			err = take(queue, l.castJob)
		}
		if err == nil {
			queue, err = l.declareCalls(channel, to)
		}
		if err == nil {
			err = take(queue, l.callJob)
		}
	}
	return consumers, err
}

// source puts the messages of a queue before the workers, in their order.
func (l *listener) source(ctx context.Context, c consumer) {
	jobs := make(chan *broker.Job, l.desk.Workers()) // with room for all that the broker hands out, so that each beats
	var receiving sync.WaitGroup
	receiving.Go(func() {
		defer close(jobs)
		for d := range c.deliveries {
			j := c.job(d)
			l.desk.Hold(j)
			jobs <- j
		}
	})
	for j := range jobs {
		l.desk.Work(ctx, j)
	}
	receiving.Wait()
}

func (l *listener) castJob(d amqp.Delivery) *broker.Job {
	return &broker.Job{
		Message: d.Body,
		Back:    func() { l.tell(d.Nack(false, true)) },
		Done:    func(_, _ messaging.Envelope) { l.tell(d.Ack(false)) },
	}
}

func (l *listener) callJob(d amqp.Delivery) *broker.Job {
	return &broker.Job{
		Message: d.Body,
		Beat:    func() { l.say(d, broker.Beat) },
		Back: func() {
			l.say(d, broker.Again)
			l.tell(d.Ack(false))
		},
		Done: func(in, answer messaging.Envelope) {
			l.answer(d, in, answer)
			l.tell(d.Ack(false))
		},
	}
}

// tell notes what the broker could not be told: it hands the message out again.
func (l *listener) tell(err error) {
	if err != nil {
		l.log.Debug("the broker hands a message out again", "error", err)
	}
}

// say sends a word to a caller, who does without it while the broker is away.
func (l *listener) say(d amqp.Delivery, word broker.Word) {
	now, cancel := context.WithCancel(l.alive)
	cancel()
	p, err := l.publisher(now)
	if err == nil {
		err = p.publish("", d.ReplyTo, amqp.Publishing{CorrelationId: d.CorrelationId, Type: string(word)})
	}
	if err != nil {
		l.log.Debug("a caller hears nothing", "error", err)
	}
}

// answer sends the answer, waiting for a broker that is away as long as the caller would.
func (l *listener) answer(d amqp.Delivery, in, answer messaging.Envelope) {
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
	for try := 0; err == nil; try++ {
		var p *publisher
		if p, err = l.publisher(ctx); err != nil {
			break
		}
		err = p.publish("", d.ReplyTo, amqp.Publishing{ContentType: contentType, CorrelationId: d.CorrelationId, Body: message})
		if err == nil {
			return
		}
		if broker.Pause(ctx, try) {
			err = nil
		}
	}
	l.log.Warn("an answer is lost", "method", in.Method, "request_id", in.RequestID, "error", err)
}
