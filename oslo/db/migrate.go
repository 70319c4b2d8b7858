package db

import (
	"context"
	"embed"
	"errors"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
)

//go:embed migrations/*.sql
var own embed.FS

// migrate brings the foundations' tables and then the service's to their newest version, each with its own record of
// what was applied.
func migrate(ctx context.Context, e engine, write *bun.DB, service fs.FS) error {
	foundations, err := fs.Sub(own, "migrations")
	if err != nil {
		return err
	}
	if err := apply(ctx, e, write, foundations, "schema_oslo"); err != nil {
		return err
	}
	if service == nil {
		return nil
	}
	return apply(ctx, e, write, service, "schema_service")
}

func apply(ctx context.Context, e engine, write *bun.DB, files fs.FS, record string) error {
	dialect, words := e.migrations()
	if words != nil {
		files = translated{files, words}
	}
	p, err := goose.NewProvider(dialect, write.DB, files, goose.WithTableName(record), goose.WithDisableGlobalRegistry(true))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return err
	}
	// The provider is not closed: that would close the database, which is not its own.
	_, err = p.Up(ctx)
	return err
}
