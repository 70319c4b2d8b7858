package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
	"golang.org/x/sync/semaphore"
)

// engine is what differs between databases. SQLite's is in sqlite.go.
type engine interface {
	// open connects: readers, and the connections that write (the same where one pool does both).
	open(ctx context.Context) (read, write *bun.DB, err error)
	// lane tells whether writers must go one by one.
	lane() bool
	// transient tells whether err means that the same transaction may succeed when run again.
	transient(err error) bool
	// exclusive runs do while no other process migrates this database.
	exclusive(ctx context.Context, do func() error) error
}

// state is what a DB keeps.
type state struct {
	service     string
	engine      engine
	read, write *bun.DB
	lane        *semaphore.Weighted // nil where writers need no queue
	patience    time.Duration       // how long a writer waits for the lane
	signals     *signals
	now         func() time.Time
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
		patience: 30 * time.Second, signals: newSignals(), now: time.Now,
	}}
	if e.lane() {
		d.state.lane = semaphore.NewWeighted(1)
	}
	err = e.exclusive(ctx, func() error { return migrate(ctx, write, migrations) })
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
	case "":
		return nil, fmt.Errorf("the database address lacks a scheme; write sqlite:///path/of/file.db")
	}
	return nil, fmt.Errorf("no database engine for scheme %q; there is: sqlite", u.Scheme)
}

// Dialect is bun's dialect of the database, for the rare statement that differs.
func (d *DB) Dialect() schema.Dialect { return d.state.read.Dialect() }

func (d *DB) close() error {
	if d.state.lane != nil {
		// Background: closing must wait for the transaction under way, whoever has lost patience.
		if err := d.state.lane.Acquire(context.Background(), 1); err != nil {
			return err
		}
		defer d.state.lane.Release(1)
	}
	// The writer last: whoever closes a SQLite file last tidies its WAL away, and a reader may not.
	var err error
	if d.state.read != d.state.write {
		err = d.state.read.Close()
	}
	return errors.Join(err, d.state.write.Close())
}
