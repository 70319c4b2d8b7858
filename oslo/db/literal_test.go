package db

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
)

func TestLiteralsAreLifted(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		query, text string // text is "" where the query is to be left alone
		values      []any
	}{
		{"SELECT a FROM t WHERE id = 'x' AND n = 5 LIMIT 10", "SELECT a FROM t WHERE id = ? AND n = ? LIMIT ?", []any{"x", int64(5), int64(10)}},
		{`SELECT "t"."a" FROM "t" WHERE (deleted = FALSE)`, `SELECT "t"."a" FROM "t" WHERE (deleted = FALSE)`, nil},
		{"INSERT INTO t VALUES ('it''s', '', -3, 1.5, 2e-05, NULL)", "INSERT INTO t VALUES (?, ?, -?, ?, ?, NULL)", []any{"it's", "", int64(3), 1.5, 2e-05}},
		{"SELECT a1, t2.b FROM t2 WHERE c IN ('1','2')", "SELECT a1, t2.b FROM t2 WHERE c IN (?,?)", []any{"1", "2"}},
		{`SELECT "it's" FROM "a""'b" WHERE x = ''''`, `SELECT "it's" FROM "a""'b" WHERE x = ?`, []any{"'"}},
		{"SELECT a FROM t ORDER BY 1", "", nil},
		{"SELECT a FROM t GROUP BY  2", "", nil},
		{"SELECT 1 AS 'n'", "", nil},
		{"SELECT X'00'", "", nil},
		{"SELECT 0x10", "", nil},
		{"SELECT 99999999999999999999", "", nil},
		{"SELECT 'open", "", nil},
		{`SELECT "open`, "", nil},
		{"SELECT 1 -- '", "", nil},
		{"SELECT 1 /* ' */", "", nil},
		{"SELECT a -> 'b' FROM t", "", nil},
		{"SELECT 'a'; SELECT 'b'", "", nil},
		{"SELECT ? = 'a'", "", nil},
		{"SELECT 'a' WHERE x = :y", "", nil},
		{"SELECT 'a' IN (" + strings.Repeat("1,", mostLifted) + "1)", "", nil},
	} {
		text, args, ok := lift(x.query)
		if ok != (x.text != "") || text != x.text {
			t.Errorf("%s: %q, %t; want %q", x.query, text, ok, x.text)
		}
		var values []any
		for i, a := range args {
			if a.Ordinal != i+1 {
				t.Errorf("%s: argument %d is the %d.", x.query, i+1, a.Ordinal)
			}
			values = append(values, a.Value)
		}
		if !reflect.DeepEqual(values, x.values) {
			t.Errorf("%s: %v, want %v", x.query, values, x.values)
		}
	}
}

// FuzzLift holds that whatever values bun writes into a statement come out of it, and that none leaves anything else behind.
func FuzzLift(f *testing.F) {
	f.Add("it's", "", int64(-1), 0.5)
	f.Add("''", "?;--", int64(0), 1e300)
	f.Add(`\'`, "/*", int64(1)<<62, -2e-300)
	format := schema.NewQueryGen(sqlitedialect.New())
	f.Fuzz(func(t *testing.T, one, other string, n int64, x float64) {
		if strings.ContainsRune(one+other, 0) {
			t.Skip("bun refuses NUL")
		}
		query := format.FormatQuery("INSERT INTO t (a, b, n, x) VALUES (?, ?, ?, ?)", one, other, n, x)
		text, args, ok := lift(query)
		if !ok {
			if math.Abs(x) < 1<<53 && n > math.MinInt64 { // what is larger is written as a whole number, of too many digits
				t.Fatalf("%s is left alone", query)
			}
			return
		}
		if plain := strings.ReplaceAll(text, "-?", "?"); plain != "INSERT INTO t (a, b, n, x) VALUES (?, ?, ?, ?)" {
			t.Fatalf("%s leaves %s", query, text)
		}
		if got := []any{args[0].Value, args[1].Value}; !reflect.DeepEqual(got, []any{string([]rune(one)), string([]rune(other))}) {
			t.Fatalf("%q of %s", got, query)
		}
	})
}
