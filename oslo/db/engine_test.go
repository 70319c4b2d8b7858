package db_test

import (
	"fmt"
	"io/fs"
	"sync/atomic"
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

func open(t testing.TB, e dbtest.Engine, migrations fs.FS) *db.DB {
	t.Helper()
	return openAt(t, e.URL(t), migrations)
}

func openAt(t testing.TB, address string, migrations fs.FS) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "test", address, migrations)
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

// BenchmarkParallelTransactions has 16 at once read a row, write it back and record an event.
func BenchmarkParallelTransactions(b *testing.B) {
	for _, e := range dbtest.Engines() {
		b.Run(e.Name, func(b *testing.B) {
			d := open(b, e, sums())
			b.SetParallelism(8)
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := add(b.Context(), d, fmt.Sprint(n.Add(1))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
