package dbtest

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cumulet/oslo/db"
)

// Engine is a database engine that tests run on.
type Engine struct {
	Name string // sqlite, mariadb or postgres
	kind *kind  // of server; nil for sqlite
}

// Engines are all engines there are. On one whose Debian package is missing, URL skips the test.
func Engines() []Engine {
	return []Engine{{Name: "sqlite"}, {"mariadb", mariadb()}, {"postgres", postgres()}}
}

// Named is the engine of that name.
func Named(t testing.TB, name string) Engine {
	t.Helper()
	all := Engines()
	at := slices.IndexFunc(all, func(e Engine) bool { return e.Name == name })
	if at < 0 {
		t.Fatalf("there is no database engine %q", name)
	}
	return all[at]
}

// Each runs the test on every engine, as a subtest of its name.
func Each(t *testing.T, test func(t *testing.T, e Engine)) {
	for _, e := range Engines() {
		t.Run(e.Name, func(t *testing.T) { test(t, e) })
	}
}

// URL is the address of an empty database, removed when the test ends: a new file in the test's own folder, or a new
// database on a server that the packages' tests share and that ends after them.
func (e Engine) URL(t testing.TB) string {
	t.Helper()
	if e.kind == nil {
		return db.SQLiteURL(filepath.Join(t.TempDir(), "test.db"))
	}
	return e.kind.shared(t).database(t)
}

// URL is the address of an empty database, on the engine that CUMULET_TEST_DATABASE names: sqlite where it names none.
func URL(t testing.TB) string {
	t.Helper()
	return Named(t, cmp.Or(os.Getenv("CUMULET_TEST_DATABASE"), "sqlite")).URL(t)
}
