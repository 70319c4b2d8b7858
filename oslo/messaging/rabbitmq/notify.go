package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// oslo is oslo.messaging's envelope; as oslo_messaging/_drivers/common.py, serialize_msg.
type oslo struct {
	Version string `json:"oslo.version"`
	Message string `json:"oslo.message"`
}

const (
	osloVersion = "2.0"
	// lookEvery is after how many notifications a sender looks how long their queue is.
	lookEvery = 128
)

// notify hands a notification to its queue, which is made and bound where it is missing.
// As oslo_messaging/_drivers/impl_rabbit.py, _publish_and_creates_default_queue.
func (t *Transport) notify(ctx context.Context, topic string, m messaging.Envelope) error {
	if t.alive.Err() != nil {
		return broker.Closed()
	}
	message, err := json.Marshal(oslo{Version: osloVersion, Message: string(m.Body)})
	if err == nil && len(message) > broker.MessageSize {
		err = broker.TooLarge(m, len(message))
	}
	if err != nil {
		return err
	}
	known := m.Exchange + " " + topic
	return t.insist(ctx, func(p *publisher) (outcome, error) {
		if err := p.declared(known, func() error { return t.bindNotifications(p.conn, m.Exchange, topic) }); err != nil {
			return lost, err
		}
		if p.due(topic) {
			room, err := t.room(p.conn, topic)
			if err != nil {
				p.forget(known)
				return lost, err
			}
			if !room {
				return refused, nil
			}
			p.looked(topic)
		}
		became, err := p.post(ctx, m.Exchange, topic, true, amqp.Publishing{
			ContentType: contentType, ContentEncoding: "utf-8", DeliveryMode: amqp.Persistent, Body: message,
		})
		if became == returned || became == lost { // the queue is gone, or the exchange, which closes the channel
			p.forget(known)
		}
		return became, err
	})
}

// due tells whether it is time to look how long a topic's queue is.
func (p *publisher) due(topic string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.unseen[topic]
	p.unseen[topic] = max(left-1, 0)
	return left == 0
}

// looked notes that a topic's queue has room.
func (p *publisher) looked(topic string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unseen[topic] = lookEvery - 1
}

// room tells whether a topic's queue may grow. One without a consumer loses its oldest; where somebody collects, nothing is lost.
func (t *Transport) room(conn *amqp.Connection, topic string) (bool, error) {
	channel, err := conn.Channel()
	if err != nil {
		return false, err
	}
	queue, err := channel.QueueDeclarePassive(topic, t.durable, false, false, false, nil)
	if err != nil {
		return false, err // which has closed the channel
	}
	over := queue.Messages + lookEvery - t.limits.Queue
	if over <= 0 {
		return true, channel.Close()
	}
	if queue.Consumers > 0 {
		return false, channel.Close()
	}
	for range min(over, 4*lookEvery) {
		if _, there, err := channel.Get(topic, true); err != nil || !there {
			return err == nil, errors.Join(err, channel.Close())
		}
	}
	return true, channel.Close()
}

// bindNotifications makes a service's exchange and the topic's queue, and binds them.
func (o options) bindNotifications(conn *amqp.Connection, exchange, topic string) error {
	err := o.unlessOtherwise(conn, func(c *amqp.Channel) error {
		return c.ExchangeDeclare(exchange, amqp.ExchangeTopic, o.durable || o.quorum, false, false, false, nil)
	})
	if err == nil {
		err = o.declareNotifications(conn, topic)
	}
	if err == nil {
		err = o.unlessOtherwise(conn, func(c *amqp.Channel) error { return c.QueueBind(topic, topic, exchange, false, nil) })
	}
	if err != nil {
		return fmt.Errorf("bind notifications %s of %s: %w", topic, exchange, err)
	}
	return nil
}

// declareNotifications makes a topic's queue, as oslo.messaging would.
func (o options) declareNotifications(conn *amqp.Connection, topic string) error {
	return o.unlessOtherwise(conn, func(c *amqp.Channel) error {
		var arguments amqp.Table
		if o.quorum {
			arguments = amqp.Table{amqp.QueueTypeArg: "quorum"}
		}
		_, err := c.QueueDeclare(topic, o.durable || o.quorum, false, false, false, arguments)
		return err
	})
}

// unlessOtherwise declares on a channel of its own: what is there with other figures stays as it is, and the broker closes the
// channel that asked.
func (o options) unlessOtherwise(conn *amqp.Connection, declare func(*amqp.Channel) error) error {
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	err = declare(channel)
	var refused *amqp.Error
	if errors.As(err, &refused) && refused.Code == amqp.PreconditionFailed {
		return nil
	}
	return errors.Join(err, channel.Close())
}

// noticeJob takes a notification out of oslo.messaging's envelope; one without is taken as it is, as deserialize_msg does.
func (l *listener) noticeJob(d amqp.Delivery) *broker.Job {
	body := d.Body
	var in oslo
	if json.Unmarshal(d.Body, &in) == nil && in.Version != "" {
		body = []byte(in.Message)
	}
	var context struct {
		RequestID string `json:"_context_request_id"`
	}
	if json.Unmarshal(body, &context) != nil {
		context.RequestID = "" // the collector says what is wrong with it
	}
	m := messaging.Envelope{
		Method: messaging.Notice{}.Method(), Version: 1, Body: body, RequestID: context.RequestID, Exchange: d.Exchange,
	}
	message, err := json.Marshal(m)
	if err != nil { // an Envelope holds only strings, numbers and bytes
		panic(err)
	}
	return &broker.Job{
		Message: message,
		Back:    func() { l.tell(d.Nack(false, true)) },
		Done:    func(_, _ messaging.Envelope) { l.tell(d.Ack(false)) },
	}
}
