// Package db keeps images in glance-registry's database: a file a noun. It makes no decisions; glance/registry does.
package db

import (
	"context"
	"embed"
	"io/fs"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// rows is what can be read, in a transaction or out of it.
type rows struct{ bun.IDB }

// DB is glance-registry's database.
type DB struct {
	rows
	*db.DB
}

// Tx is a transaction on it.
type Tx struct {
	rows
	*db.Tx
}

// Open opens the database that url names and brings its tables up to date.
func Open(ctx context.Context, url string) (*DB, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, "glance", url, files)
	if err != nil {
		return nil, err
	}
	for _, e := range glance.Events() {
		d.Declare(e.Name, e.Payload)
	}
	return &DB{rows: rows{d}, DB: d}, nil
}

// Tx runs do in one transaction.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	return d.DB.Tx(ctx, func(t *db.Tx) error { return do(&Tx{rows: rows{t}, Tx: t}) })
}
