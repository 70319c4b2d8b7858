package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/pressly/goose/v3/database"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
	"golang.org/x/sync/semaphore"

	"cumulet/oslo/telemetry"
)

// engine is what differs between databases: sqlite.go, mariadb.go, postgres.go.
//
// On every engine a service's transactions go one by one. In a process the lane makes them queue; between processes
// SQLite's lock on the file does, and on a server a row that each transaction writes first.
type engine interface {
	// open connects: readers, which cannot write, and the connections that write.
	open(ctx context.Context) (read, write *bun.DB, err error)
	// begin begins a transaction and waits for its turn among the processes that write.
	begin(ctx context.Context, write *bun.DB) (bun.Tx, error)
	// committed tells whether the transaction begun last was committed, after its commit went without an answer.
	committed(ctx context.Context, write *bun.DB) (bool, error)
	// transient tells whether err means that the same transaction may succeed when run again.
	transient(err error) bool
	// exclusive runs do while no other process migrates this database.
	exclusive(ctx context.Context, write *bun.DB, do func() error) error
	// close forgets what the engine keeps of this process in the database.
	close(ctx context.Context, write *bun.DB) error
	// migrations is goose's dialect, and the engine's words for those of our migrations.
	migrations() (database.Dialect, words)
}

// patience is how long one waits for the lane, and for a server that is away.
const patience = 30 * time.Second

// state is what a DB keeps.
type state struct {
	service     string
	engine      engine
	read, write *bun.DB
	lane        *semaphore.Weighted
	patience    time.Duration // how long a writer waits for the lane
	signals     *signals
	now         func() time.Time
	unwatch     func()            // ends the showing of the pools
	declared    map[string]string // the payload's type by the event's name; nil where nothing is declared
}

func open(ctx context.Context, service, address string, migrations fs.FS) (*DB, error) {
	e, err := engineOf(address)
	if err != nil {
		return nil, fmt.Errorf("open database of %s: %w", service, err)
	}
	read, write, err := e.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database of %s: %w", service, err)
	}
	d := &DB{IDB: read, state: state{
		service: service, engine: e, read: read, write: write,
		patience: patience, signals: newSignals(), now: time.Now, lane: semaphore.NewWeighted(1),
	}}
	d.state.unwatch = d.watch(telemetry.MetricsOf(ctx))
	err = e.exclusive(ctx, write, func() error { return migrate(ctx, e, write, migrations) })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database of %s: %w", service, err), d.Close())
	}
	return d, nil
}

// engineOf picks the engine by the address's scheme.
func engineOf(address string) (engine, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the database address is no URL") // the URL may hold a password: do not repeat it
	}
	switch u.Scheme {
	case "sqlite":
		return newSQLite(u)
	case "mysql", "mariadb":
		return newMariaDB(u)
	case "postgres", "postgresql":
		return newPostgres(u)
	case "":
		return nil, fmt.Errorf("the database address lacks a scheme; write sqlite:///path/of/file.db")
	}
	return nil, fmt.Errorf("no database engine for scheme %q; there are: sqlite, mysql, postgres", u.Scheme)
}

// Dialect is bun's dialect of the database, for the rare statement that differs.
func (d *DB) Dialect() schema.Dialect { return d.state.read.Dialect() }

func (d *DB) close() error {
	d.state.unwatch()
	// Background: closing must wait for the transaction under way, whoever has lost patience.
	if err := d.state.lane.Acquire(context.Background(), 1); err != nil {
		return err
	}
	defer d.state.lane.Release(1)
	err := d.state.engine.close(context.Background(), d.state.write)
	// The writer last: whoever closes a SQLite file last tidies its WAL away, and a reader may not.
	return errors.Join(err, d.state.read.Close(), d.state.write.Close())
}
