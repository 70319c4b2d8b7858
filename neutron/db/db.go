// Package db keeps neutron's nouns as rows, one file a noun. It knows SQL and no rules; what must be unique (addresses,
// MACs, segments, default groups) is unique by key.
package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/uptrace/bun"

	"cumulet/neutron"
	"cumulet/oslo/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// rows reads alike in and out of a transaction.
type rows struct{ bun.IDB }

// DB is neutron's database.
type DB struct {
	rows
	*db.DB
}

// Tx is a transaction on it.
type Tx struct {
	rows
	*db.Tx
}

// Open opens the database at url and brings its tables up to date.
func Open(ctx context.Context, url string) (*DB, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, "neutron", url, files)
	if err != nil {
		return nil, fmt.Errorf("open neutron's database: %w", err)
	}
	for _, e := range neutron.Events() {
		d.Declare(e.Name, e.Payload)
	}
	return &DB{rows{d.IDB}, d}, nil
}

// Tx runs do in one transaction.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	return d.DB.Tx(ctx, func(t *db.Tx) error { return do(&Tx{rows{t.Tx}, t}) })
}

// among is the most values one statement's IN list holds.
const among = 500

// insert writes a row.
func (t *Tx) insert(ctx context.Context, row any) error {
	_, err := t.Tx.NewInsert().Model(row).Exec(ctx)
	return err
}

// update rewrites a row by its primary key.
func (t *Tx) update(ctx context.Context, row any) error {
	_, err := t.Tx.NewUpdate().Model(row).WherePK().Exec(ctx)
	return err
}

// remove deletes the rows of a table whose column is value.
func (t *Tx) remove(ctx context.Context, table, column string, value any) error {
	_, err := t.Tx.NewDelete().Table(table).Where("? = ?", bun.Ident(column), value).Exec(ctx)
	return err
}

// Touch marks a noun as changed because something of it in another table did.
func (t *Tx) Touch(ctx context.Context, table, id string) error {
	_, err := t.Tx.NewUpdate().Table(table).Set("revision = revision + 1").Set("updated_at = ?", t.Now()).
		Where("id = ?", id).Exec(ctx)
	return err
}

// address writes an address, "" for none.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// parseAddress reads what address wrote.
func parseAddress(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a
}

// grouped reads pairs in portions and gathers the second of each under the first.
func grouped[R, V any](ctx context.Context, keys []string, query func(keys []string) *bun.SelectQuery, pair func(R) (string, V)) (map[string][]V, error) {
	out := make(map[string][]V, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), among)
		var found []R
		if err := query(keys[:n]).Scan(ctx, &found); err != nil {
			return nil, err
		}
		for _, r := range found {
			key, value := pair(r)
			out[key] = append(out[key], value)
		}
		keys = keys[n:]
	}
	return out, nil
}
