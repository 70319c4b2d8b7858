// Package rabbitmq is the transport over RabbitMQ, 3.10 and later.
//
//	amqp://user:password@host:5672,host2/vhost     one broker, or several of a cluster, tried in turn
//	amqps://user:password@host/vhost               with TLS
//
// Options: prefix, queue_length, silence (oslo/messaging/broker), cacertfile, certfile, keyfile, queue_type (classic, or quorum
// for a cluster, which copies what is kept), and amqp_durable_queues (of notifications; false, as upstream's option of that name).
//
// # On the wire
//
//   - A call goes to the queue PREFIX.call.TOPIC[@HOST], which exists while servers consume from it: the broker returns a call that
//     nobody is there to take. It is refused when more than 1,024 wait; the caller tries again until its deadline. The answer comes
//     through an exclusive queue of the caller.
//   - A cast goes to the durable queue PREFIX.cast.TOPIC[@HOST] and is confirmed by the broker before Cast returns. A full queue
//     refuses it, and the sender waits. A server that dies loses it to another at once, or, when its host vanished, within two
//     heartbeats (Silence); redelivered casts may be overtaken.
//   - Notifications are on the wire as OpenStack's services put them there, without PREFIX: the topic exchange of the telling
//     service ("nova"), the routing key and queue "notifications.info", the envelope of oslo.messaging 2.0. A collector of theirs
//     reads ours and ours reads theirs. The queue has no bound that the broker knows of, since theirs must be able to declare it
//     too: who tells looks now and then how long it is. Where nobody collects, its oldest go; where somebody does, who tells waits.
//     Unless amqp_durable_queues is set, on both sides, a restart of the broker loses what nobody had collected.
//   - A fanout goes through the exchange PREFIX.fanout.TOPIC to an exclusive queue of each listener: who is cut off from the
//     broker, or 1,024 behind, misses it.
//
// Who listens makes the queues. One that is made by a sender, since nobody ever listened, is the broker's weak moment: RabbitMQ
// 3.10 answers before the making is on the disk, and killed within the next milliseconds (3 of 29 times, when killed at once) it
// comes back without that queue and without the cast that was confirmed in it. Queues that are older keep what was confirmed.
//
// Calls and casts of one sender may overtake one another. A queue of casts for a host that nobody used for twice HostAge is
// deleted by the broker. Queues hold at most 64 MB each. The broker takes away from a server what it works on for longer than
// RabbitMQ's consumer_timeout (30 minutes): handlers that take longer need a longer one in rabbitmq.conf.
package rabbitmq
