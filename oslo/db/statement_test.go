package db_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

// things is a database with a table of things.
func things(t testing.TB) *db.DB {
	t.Helper()
	return open(t, dbtest.Engines()[0], fstest.MapFS{"00100_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (n INTEGER NOT NULL);\n")}})
}

func count(t testing.TB, d bun.IDB) (n int) {
	t.Helper()
	if err := d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM things").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// keep asks a question until it is kept.
func keep(t testing.TB, d bun.IDB, question string) {
	t.Helper()
	for range 3 {
		rows, err := d.QueryContext(t.Context(), question)
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func insert(ctx context.Context, tx *db.Tx, n int) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO things (n) VALUES (?)", n)
	return err
}

func TestTheSameQuestionHasANewAnswerAfterEachChange(t *testing.T) {
	t.Parallel()
	d := things(t)
	for want := range 50 { // past what a connection keeps
		if n := count(t, d); n != want {
			t.Fatalf("there are %d things, want %d", n, want)
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return insert(t.Context(), tx, 1) }); err != nil {
			t.Fatal(err)
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := insert(t.Context(), tx, 1); err != nil {
				return err
			}
			return fmt.Errorf("%d are seen: %w", count(t, tx), context.Canceled)
		})
		if err == nil || err.Error() != fmt.Sprintf("%d are seen: context canceled", want+2) {
			t.Fatal(err)
		}
	}
}

func TestAQuestionIsAskedAgainWhileItsRowsAreRead(t *testing.T) {
	t.Parallel()
	d := things(t)
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for n := range 3 {
			if err := insert(t.Context(), tx, n); err != nil {
				return err
			}
		}
		keep(t, tx, "SELECT n FROM things ORDER BY n")
		seen := ""
		outer, err := tx.QueryContext(t.Context(), "SELECT n FROM things ORDER BY n")
		if err != nil {
			return err
		}
		defer outer.Close()
		for outer.Next() {
			inner, err := tx.QueryContext(t.Context(), "SELECT n FROM things ORDER BY n")
			if err != nil {
				return err
			}
			for inner.Next() {
				var a, b int
				if err := outer.Scan(&a); err != nil {
					return err
				}
				if err := inner.Scan(&b); err != nil {
					return err
				}
				seen += fmt.Sprint(a, b, " ")
			}
			if err := inner.Close(); err != nil {
				return err
			}
		}
		if want := "0 0 0 1 0 2 1 0 1 1 1 2 2 0 2 1 2 2 "; seen != want {
			t.Errorf("seen %q, want %q", seen, want)
		}
		return outer.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// A statement that waits to be asked again must hold no snapshot, or the log of writes could never be cut.
func TestKeptStatementsHoldNothingUp(t *testing.T) {
	t.Parallel()
	d := things(t)
	const question = "SELECT n FROM things UNION ALL SELECT 1 UNION ALL SELECT 2"
	keep(t, d, question)
	rows, err := d.QueryContext(t.Context(), question)
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	if err := rows.Close(); err != nil { // half-way
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(tx *db.Tx) error { return insert(t.Context(), tx, 1) })
	if err != nil {
		t.Fatal(err)
	}
	var busy, log, done int
	if err := d.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil || busy != 0 {
		t.Errorf("the log cannot be cut: busy %d, %v", busy, err)
	}
}

func TestKeptStatementsFollowATableThatChanges(t *testing.T) {
	t.Parallel()
	d := things(t)
	columns := func() []string {
		t.Helper()
		rows, err := d.QueryContext(t.Context(), "SELECT * FROM things")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	keep(t, d, "SELECT * FROM things")
	before := columns()
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.ExecContext(t.Context(), "ALTER TABLE things ADD COLUMN m INTEGER")
		return err
	})
	if after := columns(); err != nil || len(before) != 1 || len(after) != 2 {
		t.Errorf("columns %v, then %v (%v)", before, after, err)
	}
}

// BenchmarkQuestion asks what a request asks most, again and again.
func BenchmarkQuestion(b *testing.B) {
	d := things(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.LastEvent(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
