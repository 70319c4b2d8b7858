package migration

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

func TestEachEarlierVersionBecomesTheNewest(t *testing.T) {
	for _, service := range []string{"keystone", "glance", "placement", "nova", "neutron"} {
		folder := os.DirFS("../../" + service + "/db/migrations")
		names, err := fs.Glob(folder, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has the migrations %v, %v", service, names, err)
		}
		slices.Sort(names)
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
				newest := tables(t, e, service, e.URL(t), folder)
				for n := range names {
					url := e.URL(t)
					tables(t, e, service, url, first(t, folder, names[:n]))
					if got := tables(t, e, service, url, folder); got != newest {
						t.Errorf("from version %d it becomes\n%s\nfrom nothing\n%s", n, got, newest)
					}
				}
			})
		})
	}
}

// first is a folder of some of another's files.
func first(t *testing.T, folder fs.FS, names []string) fs.FS {
	some := fstest.MapFS{}
	for _, name := range names {
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: content}
	}
	return some
}

// tables migrates a database and gives all its columns, in order of their names.
func tables(t *testing.T, e dbtest.Engine, service, url string, migrations fs.FS) string {
	t.Helper()
	d, err := db.Open(t.Context(), service, url, migrations)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	query := map[string]string{
		"sqlite":   `SELECT m.name, c.name, c.type, CAST(c."notnull" AS TEXT), COALESCE(c.dflt_value, '') FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
		"mariadb":  `SELECT table_name, column_name, column_type, is_nullable, COALESCE(column_default, '') FROM information_schema.columns WHERE table_schema = DATABASE()`,
		"postgres": `SELECT table_name, column_name, data_type, is_nullable, COALESCE(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'`,
	}[e.Name]
	rows, err := d.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var table, column, kind, null, value string
		if err := rows.Scan(&table, &column, &kind, &null, &value); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, fmt.Sprintf("%s.%s %s %s %s", table, column, kind, null, value))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(columns)
	return strings.Join(columns, "\n")
}
