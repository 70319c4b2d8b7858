package db

import "context"

// lastKey finds in a context what the transactions on a database do last.
type lastKey struct{ of *DB }

// WithLast has each transaction on this database that runs under the context do last before it commits; an error ends the
// transaction. Nil takes away what was said before.
func (d *DB) WithLast(ctx context.Context, last func(ctx context.Context, tx *Tx) error) context.Context {
	return context.WithValue(ctx, lastKey{d}, last)
}

// doLast does what the context says is to be done last.
func (t *Tx) doLast(ctx context.Context) error {
	last, ok := ctx.Value(lastKey{t.state.db}).(func(context.Context, *Tx) error)
	if !ok || last == nil {
		return nil
	}
	return last(ctx, t)
}

// Recorded are the events that the transaction has recorded so far; they have no number and no payload yet.
func (t *Tx) Recorded() []Event {
	events := make([]Event, len(t.state.events))
	for i, r := range t.state.events {
		events[i] = Event{At: r.At, Name: r.Name, ProjectID: r.ProjectID, Resource: r.Resource, RequestID: r.RequestID}
	}
	return events
}
