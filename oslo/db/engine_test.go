package db_test

import (
	"io/fs"
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

func open(t testing.TB, e dbtest.Engine, migrations fs.FS) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "test", e.URL(t), migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestEveryEngineKeepsTheContract(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		dbtest.Run(t, func(t *testing.T) string { return e.URL(t) })
	})
}

func BenchmarkTransactionWithEvent(b *testing.B) {
	for _, e := range dbtest.Engines() {
		b.Run(e.Name, func(b *testing.B) {
			d := open(b, e, nil)
			b.ReportAllocs()
			for b.Loop() {
				err := d.Tx(b.Context(), func(tx *db.Tx) error { return tx.Record(b.Context(), "thing.create", "a thing") })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
