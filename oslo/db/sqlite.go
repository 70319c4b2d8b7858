package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3/database"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqlite is the engine of one SQLite file: one connection writes, several read beside it from the WAL.
type sqlite struct{ path string }

// SQLiteURL is the address of a SQLite file, whatever its name holds.
func SQLiteURL(path string) string { return (&url.URL{Scheme: "sqlite", Path: path}).String() }

func newSQLite(u *url.URL) (engine, error) {
	if u.Host != "" || !filepath.IsAbs(u.Path) {
		return nil, fmt.Errorf("a SQLite address is sqlite:// and an absolute path, as sqlite:///var/lib/cumulet/nova.db")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("a SQLite address takes no parameters (? and # in a file's name are written %%3F and %%23)")
	}
	return &sqlite{path: u.Path}, nil
}

func (s *sqlite) open(ctx context.Context) (read, write *bun.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, nil, err
	}
	// Made here so that only we can read it; SQLite gives its WAL the same mode.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := f.Close(); err != nil {
		return nil, nil, err
	}
	if write, err = s.connect(ctx, "immediate", sqliteSettings()); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = s.connect(ctx, "deferred", append(sqliteSettings(), setting{"query_only", "1"})); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	limit(read, readers)
	return read, write, nil
}

// sqliteSettings are the pragmas every connection has.
func sqliteSettings() []setting {
	return []setting{
		{"busy_timeout", "10000"}, // first, so that setting WAL waits for another process's opening
		{"journal_mode", "wal"},
		{"synchronous", "1"}, // NORMAL: with WAL a power loss may cost the last commits, never the file
		{"foreign_keys", "1"},
	}
}

// connect makes a pool whose every connection has the settings, and tries it.
func (s *sqlite) connect(ctx context.Context, lock string, settings []setting) (*bun.DB, error) {
	// _timezone and _time_format make driver and bun agree on one form of a time, in UTC, that sorts as text.
	q := url.Values{"_txlock": {lock}, "_timezone": {"UTC"}, "_time_format": {"sqlite"}}
	for _, p := range settings {
		q.Add("_pragma", p.name+"("+p.value+")")
	}
	file := url.URL{Scheme: "file", Path: s.path, RawQuery: q.Encode()}
	c, err := driver.NewConnector(file.String())
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(keeping{checked{c, settings}})
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.path, err), pool.Close())
	}
	return bun.NewDB(pool, sqlitedialect.New()).WithQueryHook(counting{}), nil
}

func (s *sqlite) begin(ctx context.Context, write *bun.DB) (bun.Tx, error) {
	return write.BeginTx(ctx, nil) // immediate: it waits for the file's lock
}

// committed is never asked: a commit that fails answers so.
func (s *sqlite) committed(context.Context, *bun.DB) (bool, error) { return false, nil }

func (s *sqlite) close(context.Context, *bun.DB) error { return nil }

func (s *sqlite) migrations() (database.Dialect, words) { return database.DialectSQLite3, nil }

func (s *sqlite) transient(err error) bool {
	code := sqliteCode(err) & 0xff // the primary code; BUSY_SNAPSHOT and the like are in the bits above
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// sqliteCode is the extended result code of err, or 0.
func sqliteCode(err error) int {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// exclusive locks a file beside the database, since processes may open it for the first time together.
func (s *sqlite) exclusive(ctx context.Context, _ *bun.DB, do func() error) error {
	f, err := os.OpenFile(strings.TrimSuffix(s.path, ".db")+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // which unlocks
	for pause := range pauses() {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return do()
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		if err := wait(ctx, pause); err != nil {
			return fmt.Errorf("wait for %s: %w", f.Name(), err)
		}
	}
	return nil
}
