package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing/fstest"
)

// Foundations are the names of the migrations of this package's own tables.
func Foundations() ([]string, error) { return fs.Glob(own, "migrations/*.sql") }

// MigrateFoundations brings this package's own tables to what the first few migrations make of them, as an earlier release did.
func MigrateFoundations(ctx context.Context, address string, names []string) error {
	e, err := engineOf(address)
	if err != nil {
		return err
	}
	read, write, err := e.open(ctx)
	if err != nil {
		return err
	}
	some := fstest.MapFS{}
	for i, name := range names {
		content, err := fs.ReadFile(own, name)
		if err != nil {
			return err
		}
		some[fmt.Sprintf("%05d_earlier.sql", i+1)] = &fstest.MapFile{Data: content}
	}
	err = e.exclusive(ctx, write, func() error { return apply(ctx, e, write, some, "schema_oslo") })
	return errors.Join(err, read.Close(), write.Close())
}
