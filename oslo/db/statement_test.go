package db_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

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

// What is written by a statement that is kept is what it would have been without.
func TestLiftedValuesAreTheSameInRows(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.Engines()[0], fstest.MapFS{"00100_things.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE things (n INTEGER NOT NULL, any_of BLOB, word VARCHAR(10), at TIMESTAMP, yes BOOLEAN);\n")}})
	at := time.Date(2026, 11, 30, 12, 0, 0, 123456000, time.UTC)
	for n, value := range []any{"it's", "", "12", 12, -12, 1.5, 1 << 60, "12.0", true, at, "null", nil} {
		var rows [3]string
		for try := range rows { // left to the driver, prepared, found again
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.NewRaw("DELETE FROM things WHERE n = ?", n).Exec(t.Context()); err != nil {
					return err
				}
				_, err := tx.NewRaw("INSERT INTO things (n, any_of, word, at, yes) VALUES (?, ?, ?, ?, ?)", n, value, value, at, true).Exec(t.Context())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			question := "SELECT quote(any_of) || typeof(any_of) || quote(word) || typeof(word) || typeof(at) || at || yes FROM things WHERE n = ? AND at = ? AND yes = ?"
			if err := d.NewRaw(question, n, at, true).Scan(t.Context(), &rows[try]); err != nil {
				t.Fatalf("%v: %v", value, err)
			}
		}
		if rows[0] != rows[1] || rows[1] != rows[2] {
			t.Errorf("%v: %q", value, rows)
		}
	}
}

// A change that fails leaves the statement usable, and holds nothing.
func TestChangesThatFailAreMadeAgain(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.Engines()[0], fstest.MapFS{"00100_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (n INTEGER NOT NULL UNIQUE);\n")}})
	for n := range 200 {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.NewRaw("INSERT INTO things (n) VALUES (?)", n/2).Exec(t.Context())
			return err
		})
		if db.Duplicate(err) != (n%2 == 1) || err != nil && n%2 == 0 {
			t.Fatalf("insert %d: %v", n/2, err)
		}
	}
	if n := count(t, d); n != 100 {
		t.Errorf("%d things", n)
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

// BenchmarkRow writes a row and reads it, each time another.
func BenchmarkRow(b *testing.B) {
	d := open(b, dbtest.Engines()[0], fstest.MapFS{"00100_things.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE things (id VARCHAR(36) NOT NULL PRIMARY KEY, a TEXT, b TEXT, c INTEGER, d INTEGER, e BOOLEAN, f TIMESTAMP);\n")}})
	type thing struct {
		ID   string
		A, B string
		C, D int
		E    bool
		F    time.Time
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		row := thing{ID: fmt.Sprint("thing", n), A: fmt.Sprint("a", n), B: "b", C: n, D: 2, F: time.Now()}
		err := d.Tx(b.Context(), func(tx *db.Tx) error {
			if _, err := tx.NewInsert().Model(&row).Exec(b.Context()); err != nil {
				return err
			}
			return tx.NewSelect().Model(&row).Where("id = ?", row.ID).Scan(b.Context())
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
