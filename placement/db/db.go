// Package db keeps placement's nouns as rows, one file a noun. It knows SQL and no rules: generations are compared by those
// who write, in the same transaction.
package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/placement"
)

//go:embed migrations/*.sql
var migrations embed.FS

// rows reads alike in and out of a transaction.
type rows struct{ bun.IDB }

// DB is placement's database.
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
	d, err := db.Open(ctx, "placement", url, files)
	if err != nil {
		return nil, fmt.Errorf("open placement's database: %w", err)
	}
	for _, e := range placement.Events() {
		d.Declare(e.Name, e.Payload)
	}
	return &DB{rows{d.IDB}, d}, nil
}

// Tx runs do in one transaction.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	return d.DB.Tx(ctx, func(t *db.Tx) error { return do(&Tx{rows{t.Tx}, t}) })
}

// among is the most values one statement's IN list holds; longer lists are read whole and sifted.
const among = 500

// in narrows a query to the rows whose column is one of values, unless these are too many for one statement.
func in(q *bun.SelectQuery, column string, values []string) *bun.SelectQuery {
	if len(values) > among {
		return q
	}
	return q.Where("? IN (?)", bun.Ident(column), bun.List(values))
}
