// Package db keeps nova's rows: SQL, one file per noun, and the migrations. It decides nothing.
package db

import (
	"context"
	"embed"
	"io/fs"

	"github.com/uptrace/bun"

	"cumulet/nova"
	"cumulet/oslo/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// rows reads and writes through whatever it stands on: the readers or a transaction.
type rows struct{ bun.IDB }

// DB is nova's database; its reads go to the readers, and it remembers the servers of long lists.
type DB struct {
	rows
	*db.DB
	memory memory
}

// Tx is a transaction on nova's database.
type Tx struct {
	rows
	*db.Tx
}

// Open opens and migrates the database at url.
func Open(ctx context.Context, url string) (*DB, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, "nova", url, sub)
	if err != nil {
		return nil, err
	}
	for _, e := range nova.Events() {
		d.Declare(e.Name, e.Payload)
	}
	return &DB{rows{d.IDB}, d, newMemory()}, nil
}

// Tx runs do in one transaction; see db.DB.Tx.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	return d.DB.Tx(ctx, func(t *db.Tx) error { return do(&Tx{rows{t.Tx}, t}) })
}
