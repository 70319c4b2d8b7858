package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// wordHeader bears the broker.Word of what comes back to a caller.
const wordHeader = "Cumulet-Word"

// publishTimeout bounds one try to have a message kept.
const publishTimeout = 5 * time.Second

// Send calls or casts.
func (t *Transport) Send(ctx context.Context, to messaging.Target, m messaging.Envelope, reply bool) (messaging.Envelope, error) {
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
	if err := t.publish(ctx, &nats.Msg{Subject: t.subject("fanout", messaging.Topic(topic)), Data: message}); err != nil {
		return err
	}
	if err := t.conn.FlushWithContext(ctx); err != nil {
		return broker.Away(err)
	}
	return nil
}

func (t *Transport) encode(m messaging.Envelope) ([]byte, error) {
	if t.alive.Err() != nil {
		return nil, broker.Closed()
	}
	message, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	// Before the first connection the server's own bound is unknown, and reads as zero.
	if most := t.conn.MaxPayload(); len(message) > broker.MessageSize || most > 0 && int64(len(message)) > most {
		return nil, broker.TooLarge(m, len(message))
	}
	return message, nil
}

// call asks one server after the other until one answers.
func (t *Transport) call(ctx context.Context, to messaging.Target, message []byte) (messaging.Envelope, error) {
	w := t.calls.Begin()
	defer w.End()
	for try := 0; ; try++ {
		err := t.publish(ctx, &nats.Msg{Subject: t.subject("call", to), Reply: t.inbox + "." + w.ID, Data: message})
		if err != nil {
			return messaging.Envelope{}, err
		}
		answer, word, err := w.Answer(ctx, to)
		switch {
		case err != nil:
			return messaging.Envelope{}, err
		case word == broker.Nobody:
			return messaging.Envelope{}, broker.NoServer(to)
		case word == broker.Answered:
			return answer, nil
		}
		if !broker.Pause(ctx, min(try, 4)) {
			return messaging.Envelope{}, ctx.Err()
		}
	}
}

// hear takes what comes back for calls.
func (t *Transport) hear(m *nats.Msg) {
	id := strings.TrimPrefix(m.Subject, t.inbox+".")
	if len(m.Data) == 0 {
		word := broker.Word(m.Header.Get(wordHeader))
		if m.Header.Get("Status") == "503" { // as NATS says that nobody subscribes
			word = broker.Nobody
		}
		if word != broker.Answered {
			t.calls.Hear(id, word, messaging.Envelope{})
		}
		return
	}
	var answer messaging.Envelope
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		answer = messaging.Envelope{Error: fmt.Sprintf("decode envelope: %v", err)}
	}
	t.calls.Hear(id, broker.Answered, answer)
}

// keep hands a cast to its stream. One that is full is tried again until ctx ends.
func (t *Transport) keep(ctx context.Context, to messaging.Target, message []byte) error {
	kind, with := "cast", []jetstream.PublishOpt{jetstream.WithRetryAttempts(0)}
	if to.IsNotification() {
		kind = "note"
	} else if to.Host != "" {
		with = append(with, jetstream.WithMsgTTL(broker.HostAge))
	}
	for try := 0; ; try++ {
		if err := t.connected(ctx); err != nil {
			return err
		}
		err := t.ensureStreams(ctx)
		if err == nil {
			err = t.tryKeep(ctx, &nats.Msg{Subject: t.subject(kind, to), Data: message}, with)
		}
		switch {
		case err == nil:
			return nil
		case t.alive.Err() != nil:
			return broker.Closed()
		case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
			t.forgetStreams()
		}
		if !broker.Pause(ctx, min(try, 4)) {
			if isFull(err) || errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return broker.Away(err)
		}
	}
}

func (t *Transport) tryKeep(ctx context.Context, m *nats.Msg, with []jetstream.PublishOpt) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	_, err := t.js.PublishMsg(ctx, m, with...)
	return err
}

// isFull tells whether the stream refused a message for want of room (nats-server errors.json, JSStreamStoreFailedF).
func isFull(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.ErrorCode == 10077
}
