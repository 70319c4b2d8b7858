// Package db keeps keystone's nouns in rows, one file a noun, and the migrations that make their tables. It decides
// nothing: a row that is not there or not unique is the fault its noun names, everything else is the managers'.
package db

import (
	"context"
	"embed"
	"io/fs"
	"sync/atomic"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

//go:embed migrations/*.sql
var files embed.FS

// rows reads and, in a transaction, writes.
type rows struct{ bun.IDB }

// DB is keystone's database: reads go to the readers.
type DB struct {
	rows
	*db.DB
	generation atomic.Uint64
	places     Memory[place, keystone.Project]
}

// Tx is a transaction on it.
type Tx struct {
	rows
	*db.Tx
	recorded bool
}

// Open opens the database that url names and migrates it.
func Open(ctx context.Context, url string) (*DB, error) {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, "keystone", url, migrations)
	if err != nil {
		return nil, err
	}
	for _, e := range keystone.Events() {
		d.Declare(e.Name, e.Payload)
	}
	return &DB{rows: rows{d}, DB: d}, nil
}

// Tx runs do in one transaction, as db.DB.Tx.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	changed := false
	err := d.DB.Tx(ctx, func(t *db.Tx) error {
		tx := &Tx{rows: rows{t}, Tx: t}
		err := do(tx)
		changed = tx.recorded
		return err
	})
	if err == nil && changed {
		d.generation.Add(1)
	}
	return err
}

// Record writes an event and marks what was read before as old.
func (t *Tx) Record(ctx context.Context, name string, payload any) error {
	t.recorded = true
	return t.Tx.Record(ctx, name, payload)
}

// Generation grows with each commit in this process that recorded an event: what was concluded from the rows in an
// earlier generation may no longer hold.
func (d *DB) Generation() uint64 { return d.generation.Load() }

// find reads one row; none there is the fault that noun is not found.
func (r rows) find(ctx context.Context, row any, noun, id, where string, args ...any) error {
	err := r.IDB.NewSelect().Model(row).Where(where, args...).Scan(ctx)
	if db.NoRows(err) {
		return keystone.NotFound(noun, id)
	}
	return err
}

// list reads the rows that a query's conditions leave, by id; columns are the attributes it may name.
func (r rows) list(ctx context.Context, into any, q keystone.Query, columns ...string) error {
	return narrowed(r.IDB.NewSelect().Model(into), q, columns...).Scan(ctx)
}

// narrowed adds a query's conditions, order and bound to a selection.
func narrowed(s *bun.SelectQuery, q keystone.Query, columns ...string) *bun.SelectQuery {
	for _, c := range q.Where {
		s = where(s, c, columns)
	}
	if q.Limit > 0 {
		s = s.Limit(int64(q.Limit))
	}
	return s.OrderExpr("id")
}

// insert writes a new row; taken is the fault for one whose key is there already, nil where that is fine.
func (r rows) insert(ctx context.Context, row any, taken error) error {
	i := r.IDB.NewInsert().Model(row)
	if taken == nil {
		i = db.Keep(i, row)
	}
	_, err := i.Exec(ctx)
	if db.Duplicate(err) {
		return taken
	}
	return err
}

// update writes the row of an id whole.
func (r rows) update(ctx context.Context, id string, row any, taken error) error {
	_, err := r.IDB.NewUpdate().Model(row).Where("id = ?", id).Exec(ctx)
	if db.Duplicate(err) {
		return taken
	}
	return err
}

// remove deletes the rows of a model that where names and tells how many.
func (r rows) remove(ctx context.Context, model any, where string, args ...any) (int64, error) {
	result, err := r.IDB.NewDelete().Model(model).Where(where, args...).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
