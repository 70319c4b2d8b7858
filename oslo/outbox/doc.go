// Package outbox delivers a service's event log (oslo/db) to somewhere else: each event at least once, in the log's order, by one
// process at a time. It knows neither events nor places by name.
//
// A Relay reads what its cursor has not passed, hands it to Deliver, and moves the cursor, a row of the table relays, once Deliver
// has said that it arrived. Where a process dies in between, the next delivers the same events again: whoever receives them
// must know them by something that stays the same, such as the event's number. While Deliver fails, the log waits; forgetting old
// events leaves what is not delivered (db.Forget).
//
// # One at a time
//
// Every process of a role runs its relays, and one of them reads. It is held by the same terms as a flow's operation
// (oslo/flow, lease.go): an owner, and a fence that grows with each taking, without which nothing is written. Other than there,
// no time is written: a holder gives a beat, and who waits for it and sees none for a lease's length by its own steady clock
// takes over; at once where it can know that the holder is dead. So no clock that is set wrong, or jumps, can end a lease or make it last. A holder that has read the log to its
// end lets go at once, in the transaction that finds nothing more; a log at rest costs a read of one row now and then.
package outbox
