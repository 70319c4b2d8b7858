package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// contentType is that of an envelope.
const contentType = "application/json"

// Send calls, casts or notifies.
func (t *Transport) Send(ctx context.Context, to messaging.Target, m messaging.Envelope, reply bool) (messaging.Envelope, error) {
	if to.IsNotification() && !reply {
		return messaging.Envelope{}, t.notify(ctx, to.Topic, m)
	}
	message, err := t.encode(m)
	if err != nil {
		return messaging.Envelope{}, err
	}
	if reply {
		return t.call(ctx, to, message)
	}
	return messaging.Envelope{}, t.keep(ctx, to, message)
}

// Fanout publishes to all who listen.
func (t *Transport) Fanout(ctx context.Context, topic string, m messaging.Envelope) error {
	message, err := t.encode(m)
	if err != nil {
		return err
	}
	name := t.queue("fanout", messaging.Topic(topic))
	return t.insist(ctx, func(p *publisher) (outcome, error) {
		err := p.declared(name, func() error {
			_, err := t.declareExchange(p.channel, topic)
			return err
		})
		if err != nil {
			return lost, err
		}
		return p.post(ctx, name, "", false, amqp.Publishing{ContentType: contentType, Body: message})
	})
}

func (t *Transport) encode(m messaging.Envelope) ([]byte, error) {
	if t.alive.Err() != nil {
		return nil, broker.Closed()
	}
	message, err := json.Marshal(m)
	if err == nil && len(message) > broker.MessageSize {
		err = broker.TooLarge(m, len(message))
	}
	return message, err
}

// keep hands a cast to its queue, which is made where it is missing.
func (t *Transport) keep(ctx context.Context, to messaging.Target, message []byte) error {
	name, _ := t.kept(to)
	return t.insist(ctx, func(p *publisher) (outcome, error) {
		err := p.declared(name, func() error {
			_, err := t.declareKept(p.conn, to)
			return err
		})
		if err != nil {
			return lost, err
		}
		became, err := p.post(ctx, "", name, true, amqp.Publishing{
			ContentType: contentType, DeliveryMode: amqp.Persistent, Body: message,
		})
		if became == returned {
			p.forget(name)
		}
		return became, err
	})
}

// insist tries until the broker took the message, or ctx ends.
func (t *Transport) insist(ctx context.Context, publish func(*publisher) (outcome, error)) error {
	bounded, cancel := t.while(ctx)
	defer cancel()
	for try := 0; ; try++ {
		var became outcome
		p, err := t.publisher(bounded)
		if err == nil {
			became, err = publish(p)
		}
		switch {
		case became == taken:
			return nil
		case became == refused:
			err = errFull
		case err == nil:
			err = errors.New("the message did not reach its queue")
		}
		if !broker.Pause(bounded, min(try, 4)) {
			return t.ended(ctx, err)
		}
	}
}

// while ends with ctx, and when the transport is closed.
func (t *Transport) while(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(t.alive, cancel)
	return ctx, func() { stop(); cancel() }
}

// call asks one server after the other until one answers.
func (t *Transport) call(ctx context.Context, to messaging.Target, message []byte) (messaging.Envelope, error) {
	w := t.calls.Begin()
	defer w.End()
	bounded, cancel := t.while(ctx)
	defer cancel()
	var why error
	for try := 0; ; try++ {
		answer, word, err := t.try(bounded, w, to, message)
		switch {
		case errors.Is(err, errRetry):
			why = err
		case t.alive.Err() != nil:
			return messaging.Envelope{}, broker.Closed()
		case err != nil:
			return messaging.Envelope{}, err
		case word == broker.Nobody:
			return messaging.Envelope{}, broker.NoServer(to)
		case word == broker.Answered:
			return answer, nil
		default:
			why = errFull
		}
		if !broker.Pause(bounded, min(try, 4)) {
			return messaging.Envelope{}, t.ended(ctx, why)
		}
	}
}

// errRetry is a call that the broker did not get.
var errRetry = errors.New("the call did not reach the broker")

func (t *Transport) try(ctx context.Context, w *broker.Waiting, to messaging.Target, message []byte) (messaging.Envelope, broker.Word, error) {
	if err := t.heard(ctx); err != nil {
		return messaging.Envelope{}, "", errors.Join(errRetry, err)
	}
	p, err := t.publisher(ctx)
	if err != nil {
		return messaging.Envelope{}, "", errors.Join(errRetry, err)
	}
	stay := t.limits.Silence // in the queue; the caller waits no longer for a sign of life
	if deadline, ok := ctx.Deadline(); ok {
		stay = min(stay, max(time.Until(deadline), time.Millisecond))
	}
	became, err := p.post(ctx, "", t.queue("call", to), true, amqp.Publishing{
		ContentType: contentType, ReplyTo: t.replies, CorrelationId: w.ID,
		Expiration: strconv.FormatInt(stay.Milliseconds()+1, 10), Body: message,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return messaging.Envelope{}, "", ctx.Err()
	case err != nil:
		return messaging.Envelope{}, "", errors.Join(errRetry, err)
	case became == returned:
		return messaging.Envelope{}, broker.Nobody, nil
	case became == refused:
		return messaging.Envelope{}, broker.Again, nil
	}
	// One that was lost may have arrived all the same: the answer, or silence, tells.
	return w.Answer(ctx, to)
}

// hear listens for answers until the transport is closed.
func (t *Transport) hear() {
	for try := 0; t.alive.Err() == nil; try++ {
		began := time.Now()
		if err := t.hearOnce(); err != nil && t.alive.Err() == nil {
			t.log.Warn("answers cannot be listened for yet", "error", err)
		}
		t.setHearing(false)
		if time.Since(began) > time.Minute {
			try = 0
		}
		broker.Pause(t.alive, try)
	}
}

func (t *Transport) hearOnce() error {
	conn, err := t.taking.connection(t.alive)
	if err != nil {
		return err
	}
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	// The name stays, so that answers to calls from before a lost connection arrive.
	if _, err = channel.QueueDeclare(t.replies, false, true, true, false, nil); err != nil {
		return errors.Join(err, channel.Close())
	}
	answers, err := channel.Consume(t.replies, "", true, true, false, false, nil)
	if err != nil {
		return errors.Join(err, channel.Close())
	}
	t.setHearing(true)
	for d := range answers {
		word := broker.Word(d.Type)
		var answer messaging.Envelope
		if word == broker.Answered {
			if err := json.Unmarshal(d.Body, &answer); err != nil {
				answer = messaging.Envelope{Error: fmt.Sprintf("decode envelope: %v", err)}
			}
		}
		t.calls.Hear(d.CorrelationId, word, answer)
	}
	return nil
}

func (t *Transport) setHearing(hearing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hearing != hearing {
		t.hearing = hearing
		close(t.hears)
		t.hears = make(chan struct{})
	}
}

// heard waits until answers would be heard.
func (t *Transport) heard(ctx context.Context) error {
	for {
		t.mu.Lock()
		hearing, changed := t.hearing, t.hears
		t.mu.Unlock()
		if hearing {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return t.taking.lastError()
		}
	}
}
