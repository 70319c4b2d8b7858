// Package messaging carries typed messages between roles: Call waits for an answer, Cast hands a message to one server of
// a topic, Fanout to all of them. It knows no nouns and no HTTP; messages are structs in <service>/*.go that name their
// own method, so that nouns need not import it.
//
// Faults cross the wire whole; other errors arrive as an error without a fault. Request and trace ids travel along.
//
// # What is promised
//
//   - A message that Call or Cast handed in is worked on at least once where the transport keeps messages (RabbitMQ, NATS) and at
//     most once in memory, which dies with the process: handlers are idempotent.
//   - Messages from one sender to one target are taken in the order sent. Handlers run at once up to Server.Workers, so
//     only Workers: 1 keeps the order of the work.
//   - A sender to a full queue waits (back-pressure) until its context ends, or Bus.Timeout when that has no deadline.
//   - A notification (Notify) is kept in order of its sender, bounded, for whoever collects it; a broker confirms it before Notify
//     returns. Collectors know repeats by its message_id.
//   - Neighbours one release apart understand each other: unknown fields are ignored, missing ones are zero, and a
//     message that changed its meaning gets a new version (Versioned), which older servers refuse.
package messaging
