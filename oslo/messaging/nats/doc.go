// Package nats is the transport over NATS: a server embedded in this process, one beside it, or a cluster.
//
//	nats://embedded                          in this process, kept in its memory
//	nats://embedded?dir=/var/lib/x/bus       in this process, casts kept in files
//	nats://user:pass@embedded?dir=D&listen=192.0.2.1:4222   the same, open to other processes
//	nats://user:pass@host:4222,host2         servers elsewhere; tls://… with TLS
//
// Options: prefix, queue_length, silence (oslo/messaging/broker), cacertfile, certfile, keyfile, creds (a NATS credentials
// file), replicas (copies of what is kept, in a cluster; 1), storage (file or memory), store_mb (how much room casts have; 512, or
// 64 in memory; notifications have a quarter of it, and the servers must be able to reserve both). The servers must have
// JetStream on, and max_payload at 8MB where messages grow beyond the default megabyte.
//
// # On the wire
//
//   - A call is published on PREFIX.call.TOPIC[.HOST], where servers subscribe as one queue group; NATS itself tells when there
//     is none. A server that has more calls waiting than workers and 32 sends them back, and their callers try again
//     until their deadlines.
//   - A cast goes to the work-queue stream PREFIX_casts, subject PREFIX.cast.TOPIC[.HOST], and is acknowledged by the stream
//     before Cast returns. A durable consumer for each target hands it to a server that has workers free. A server that dies
//     loses it to another after Silence; redelivered casts may be overtaken.
//   - Notifications are kept in the stream PREFIX_notes, which drops its oldest when full.
//   - A fanout is a plain publication: a listener that is cut off from the broker, or 1,024 fanouts behind, misses it.
//
// Calls and casts of one sender may overtake one another. With file storage what was acknowledged survives the death of
// the process at once, and that of the machine after NATS's sync interval (two minutes), or at once with replicas.
package nats
