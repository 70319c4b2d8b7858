// Package db opens a service's database, migrates it and runs its transactions; it keeps the event log that each
// transaction may write to. It knows no nouns: rows live in <service>/db.
//
// A service's db package wraps it so that reading is the same in and out of a transaction:
//
//	type rows struct{ bun.IDB }                 // func (r rows) Network(ctx, id) (neutron.Network, error)
//	type DB struct { rows; *db.DB }             // reads go to the readers
//	type Tx struct { rows; *db.Tx }             // func (t *Tx) InsertNetwork(ctx, n) error
//	func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
//		return d.DB.Tx(ctx, func(t *db.Tx) error { return do(&Tx{rows{t}, t}) })
//	}
//
// Times are kept in UTC with microseconds, in columns of type TIMESTAMP; lists and maps as JSON in TEXT columns, by
// db.JSON or bun's own encoding of slices and maps.
//
// SQL is written once, as SQLite and PostgreSQL read it; migrations are put into MariaDB's words. What is alike on all
// engines: an INTEGER has 64 bits, a TEXT no bound, text compares byte by byte (case counts, and a space at the end). What
// is not, so that SQL must not depend on it: where NULL sorts (COALESCE it), whether LIKE heeds case (LOWER both sides),
// what a backslash in a literal means (ESCAPE '!'), and whether a VARCHAR's length is held. After a statement that failed
// PostgreSQL takes no other in that transaction: return the error, Duplicate and Referenced included.
package db

import (
	"context"
	"io/fs"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/telemetry"
)

// DB is one service's database: many readers, and writers one by one.
type DB struct {
	bun.IDB // the readers
	state   state
}

// Open opens the database that url names, with the settings that keep it correct under load (read back and checked):
//
//	sqlite:///var/lib/cumulet/nova.db    WAL, synchronous NORMAL, foreign keys on, busy timeout; made when missing
//	mysql://user:password@host:3306/nova      MariaDB 10.6 or later; ?socket=/path  ?tls=true|skip-verify|preferred  &ca=/file
//	postgres://user:password@host:5432/nova   PostgreSQL 13 or later; libpq's parameters: ?host=/folder  ?sslmode=verify-full …
//
// On a server the database must be there; tables and MariaDB's collation are seen to. A server that is away is waited for,
// half a minute long, by whoever needs it.
//
// migrations holds goose's NNNNN_name.sql files at its root; they are applied before Open returns, with the tables of
// this package itself (counters, events), oslo/flow's (operations) and oslo/outbox's (relays). service is the events' source ("nova").
func Open(ctx context.Context, service, url string, migrations fs.FS) (*DB, error) {
	return open(ctx, service, url, migrations)
}

// Exclusive runs do while no other process migrates this database or is within Exclusive on it: for what a service makes once,
// at its start, by several transactions.
func (d *DB) Exclusive(ctx context.Context, do func() error) error {
	return d.state.engine.exclusive(ctx, d.state.write, do)
}

// Close waits for the writer lane and closes every connection.
func (d *DB) Close() error { return d.close() }

// Tx is a running transaction: bun's, and the event log.
type Tx struct {
	bun.Tx
	state txState
}

// Tx runs do in one transaction: commits when do returns nil, else rolls back and returns do's error. Where the
// database asks for it (busy, deadlock, serialization failure) do runs again from its start, so it must have no other
// effects. A broken connection has it run again too, unless it was broken at the commit and the commit turns out to be done.
//
// No two transactions on a database run at the same time, whatever the engine and however many processes share it: what
// was read stays so until the commit. Hence transactions must not nest: the inner one would wait for the outer (it
// gives up after 30 s with a fault of kind unavailable), and must wait for nothing else than the database.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error { return d.tx(ctx, do) }

// AfterCommit has fn run once the transaction is committed, and never when it is not. It runs outside the writer lane,
// before DB.Tx returns.
func (t *Tx) AfterCommit(fn func()) { t.state.after = append(t.state.after, fn) }

// Signal wakes, after the commit, whoever in this process waits for the signal of that name.
func (t *Tx) Signal(name string) { t.state.signals = append(t.state.signals, name) }

// Signalled returns a channel that is closed after the next commit in this process of a transaction with the signal.
func (d *DB) Signalled(name string) <-chan struct{} { return d.state.signals.next(name) }

// Event is one entry of a service's event log, in the order of Seq, without gaps visible to a reader.
type Event struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Name      string    `json:"name"`                 // "network.create.end"
	ProjectID string    `json:"project_id,omitempty"` // who may see it
	Resource  string    `json:"resource,omitempty"`   // id of the thing
	RequestID string    `json:"request_id,omitempty"`
	Trace     string    `json:"trace,omitempty"` // W3C traceparent of the work that recorded it
	Payload   []byte    `json:"payload"`         // JSON of the thing as it then was
	// Actor is who asked for it; nil where nobody did.
	Actor *telemetry.Actor `json:"actor,omitempty"`
}

// Identified is what a noun offers so that its events can be found: its own id and its project's.
type Identified interface{ Identity() (id, projectID string) }

// Record writes the event name with payload (as JSON) into the log, in this transaction. A payload that is Identified
// gives the event its resource and project.
func (t *Tx) Record(ctx context.Context, name string, payload any) error {
	return t.record(ctx, name, payload)
}

// Events gives at most limit events after seq, oldest first.
func (d *DB) Events(ctx context.Context, after int64, limit int) ([]Event, error) {
	return d.events(ctx, after, limit)
}

// LastEvent is the number of the event recorded last; 0 when none ever was.
func (t *Tx) LastEvent(ctx context.Context) (int64, error) { return t.lastEvent(ctx) }

// Forget deletes the events recorded before that time, but keeps those that a relay (oslo/outbox) has yet to deliver unless
// they were recorded before undelivered: of these it says how many are lost. Numbers are not given again.
func (d *DB) Forget(ctx context.Context, before, undelivered time.Time) (lost int, err error) {
	return d.forget(ctx, before, undelivered)
}

// Changed returns a channel that is closed after the next commit in this process that recorded an event.
func (d *DB) Changed() <-chan struct{} { return d.Signalled(eventSignal) }
