package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/database"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// postgres is the engine of a database on a PostgreSQL server.
type postgres struct {
	*turn
	config *pgx.ConnConfig
}

// newPostgres reads postgres://user:password@host:port/database with libpq's parameters (host=/folder/of/socket, sslmode,
// sslrootcert …).
func newPostgres(u *url.URL) (engine, error) {
	c, err := pgx.ParseConfig(u.String())
	if err != nil || len(u.Path) < 2 { // err may hold the password: do not repeat it
		return nil, errors.New("a PostgreSQL address names one database, as postgres://user:password@host:5432/nova?sslmode=verify-full")
	}
	c.DialFunc = dial
	// bun puts the values into its statements, so preparing each would be in vain. One statement at a time is taken.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	for name, value := range map[string]string{
		"timezone": "UTC", "client_encoding": "UTF8", "standard_conforming_strings": "on",
		// A statement sees what was committed before it; the turn keeps writers apart.
		"default_transaction_isolation": "read committed",
		"lock_timeout":                  "30000",
		// A process that vanished with its host holds the turn no longer than this.
		"idle_in_transaction_session_timeout": "60000",
		"application_name":                    "cumulet",
	} {
		c.RuntimeParams[name] = value
	}
	return &postgres{newTurn(), c}, nil
}

func (p *postgres) open(ctx context.Context) (read, write *bun.DB, err error) {
	if write, err = p.connect(ctx, p.config, false); err != nil {
		return nil, nil, err
	}
	limit(write, 2) // one writes, one holds the lock of the migrations
	reading := p.config.Copy()
	reading.RuntimeParams["default_transaction_read_only"] = "on"
	if read, err = p.connect(ctx, reading, true); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	limit(read, readers)
	return read, write, nil
}

func (p *postgres) connect(ctx context.Context, config *pgx.ConnConfig, reads bool) (*bun.DB, error) {
	pool := sql.OpenDB(patient{stdlib.GetConnector(*config), reads})
	var encoding string
	err := pool.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding)
	if err == nil && encoding != "UTF8" {
		err = fmt.Errorf("the database is encoded in %s; make it with ENCODING 'UTF8'", encoding)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return bun.NewDB(pool, pgdialect.New()).WithQueryHook(counting{}), nil
}

// migrations has text compare as on the other engines, byte by byte, whatever the database's locale, and an INTEGER as
// wide as theirs.
func (p *postgres) migrations() (database.Dialect, words) {
	return database.DialectPostgres, words{
		{regexp.MustCompile(`\b(TEXT|VARCHAR\(\d+\))`), `$1 COLLATE "C"`},
		{regexp.MustCompile(`\bINTEGER\b`), "BIGINT"},
	}
}

// exclusive holds a lock of the database's while do migrates.
func (p *postgres) exclusive(ctx context.Context, write *bun.DB, do func() error) error {
	const lock = 0x63756d756c6574 // "cumulet"
	conn, err := write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = '300s'"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", lock); err != nil {
		return fmt.Errorf("wait for another process that migrates the database: %w", err)
	}
	if err = do(); err == nil {
		err = p.found(ctx, write)
	}
	_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?)", lock)
	_, resetErr := conn.ExecContext(context.WithoutCancel(ctx), "SET lock_timeout = '30s'")
	return errors.Join(err, unlockErr, resetErr)
}

// postgresCode is the server's error code, or "".
func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func (p *postgres) transient(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	return lost(err)
}
