// Package rabbitmq is the transport over RabbitMQ, 3.10 and later.
//
//	amqp://user:password@host:5672,host2/vhost     one broker, or several of a cluster, tried in turn
//	amqps://user:password@host/vhost               with TLS
//
// Options: prefix, queue_length, silence (oslo/messaging/broker), cacertfile, certfile, keyfile, and queue_type (classic, or quorum
// for a cluster, which copies what is kept).
//
// # On the wire
//
//   - A call goes to the queue PREFIX.call.TOPIC[@HOST], which exists while servers consume from it: the broker returns a call that
//     nobody is there to take. It is refused when more than 1,024 wait; the caller tries again until its deadline. The answer comes
//     through an exclusive queue of the caller.
//   - A cast goes to the durable queue PREFIX.cast.TOPIC[@HOST] and is confirmed by the broker before Cast returns. A full queue
//     refuses it, and the sender waits. A server that dies loses it to another at once, or, when its host vanished, within two
//     heartbeats (Silence); redelivered casts may be overtaken.
//   - Notifications go to PREFIX.note.TOPIC, which drops its oldest when full.
//   - A fanout goes through the exchange PREFIX.fanout.TOPIC to an exclusive queue of each listener: who is cut off from the
//     broker, or 1,024 behind, misses it.
//
// Calls and casts of one sender may overtake one another. A queue of casts for a host that nobody used for twice HostAge is
// deleted by the broker. Queues hold at most 64 MB each. The broker takes away from a server what it works on for longer than
// RabbitMQ's consumer_timeout (30 minutes): handlers that take longer need a longer one in rabbitmq.conf.
package rabbitmq
