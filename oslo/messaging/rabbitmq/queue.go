package rabbitmq

import (
	"errors"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

const (
	queueBytes  = 64 << 20 // what one queue holds at most
	callsQueued = 1024     // calls that wait for a server with room
)

// soon is when something that should be quick is given up.
func soon() time.Time { return time.Now().Add(5 * time.Second) }

// queue names a queue of a kind ("call", "cast", "fanout") for a target. An @ parts topic and host.
func (o options) queue(kind string, to messaging.Target) string {
	name := o.limits.Prefix + "." + kind + "." + broker.Token(to.Topic)
	if to.Host != "" {
		name += "@" + to.Host
	}
	return name
}

// kept is the queue of casts for a target.
func (o options) kept(to messaging.Target) (name string, arguments amqp.Table) {
	arguments = amqp.Table{
		amqp.QueueMaxLenArg: int64(o.limits.Queue), amqp.QueueMaxLenBytesArg: int64(queueBytes),
		amqp.QueueMessageTTLArg: broker.Age(to.Host).Milliseconds(), amqp.QueueTypeArg: "classic",
	}
	if o.quorum {
		arguments[amqp.QueueTypeArg], arguments["x-delivery-limit"] = "quorum", int64(broker.Deliveries)
	}
	if to.Host != "" {
		arguments[amqp.QueueTTLArg] = (2 * broker.HostAge).Milliseconds()
	}
	arguments[amqp.QueueOverflowArg] = "reject-publish"
	return o.queue("cast", to), arguments
}

// declareKept makes the queue of casts, on a channel of its own: where it is there with the figures of another release it
// stays as it is, and the broker closes the channel that asked.
func (o options) declareKept(conn *amqp.Connection, to messaging.Target) (string, error) {
	name, arguments := o.kept(to)
	channel, err := conn.Channel()
	if err != nil {
		return name, err
	}
	_, err = channel.QueueDeclare(name, true, false, false, false, arguments)
	var refused *amqp.Error
	if errors.As(err, &refused) && refused.Code == amqp.PreconditionFailed {
		return name, nil
	}
	return name, errors.Join(err, channel.Close())
}

// declareCalls makes the queue of calls, which goes with its last server.
func (o options) declareCalls(channel *amqp.Channel, to messaging.Target) (string, error) {
	name := o.queue("call", to)
	_, err := channel.QueueDeclare(name, false, true, false, false, amqp.Table{
		amqp.QueueMaxLenArg: int64(callsQueued), amqp.QueueOverflowArg: "reject-publish",
	})
	return name, err
}

// declareFanout makes a queue of this listener for the topic's fanouts.
func (o options) declareFanout(channel *amqp.Channel, topic string) (string, error) {
	exchange, err := o.declareExchange(channel, topic)
	if err != nil {
		return "", err
	}
	queue, err := channel.QueueDeclare("", false, true, true, false, amqp.Table{amqp.QueueMaxLenArg: int64(broker.FanoutLength)})
	if err != nil {
		return "", err
	}
	return queue.Name, channel.QueueBind(queue.Name, "", exchange, false, nil)
}

func (o options) declareExchange(channel *amqp.Channel, topic string) (string, error) {
	name := o.queue("fanout", messaging.Topic(topic))
	return name, channel.ExchangeDeclare(name, amqp.ExchangeFanout, true, false, false, false, nil)
}
