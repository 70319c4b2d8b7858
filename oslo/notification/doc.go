// Package notification tells a service's event log to whoever listens on the message bus, as OpenStack's services tell it with
// oslo.messaging's notifier: ceilometer, designate, auditors and billing read it unchanged.
//
// What a notification of an event looks like is each service's to say (<service>/notification, a Translate); here it gets
// its envelope (Notification.Notice), and a Publisher sends it through an oslo/outbox relay: at least once, in order, with the
// broker's word that it has it, and nothing lost while the broker is away. A repeat has the same message_id and _unique_id.
//
// # Otherwise than upstream
//
// Upstream sends while it works, and what the broker does not take is lost with the process. Here the events that a transaction
// recorded are sent after it, so that nothing is told that did not happen. A ".start" whose ".end" is recorded in the same
// transaction is sent right before it.
package notification
