package db_test

import (
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

// TestFoundationsOfEachEarlierReleaseAreTakenFurther opens databases whose foundations are an earlier release's: events must be
// recorded and read there as in a new one.
func TestFoundationsOfEachEarlierReleaseAreTakenFurther(t *testing.T) {
	names, err := db.Foundations()
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for n := 1; n < len(names); n++ {
			address := e.URL(t)
			if err := db.MigrateFoundations(t.Context(), address, names[:n]); err != nil {
				t.Fatalf("to version %d: %v", n, err)
			}
			d := openAt(t, address, nil)
			if err := d.Tx(t.Context(), func(tx *db.Tx) error { return tx.Record(t.Context(), "thing.create", map[string]string{"id": "x"}) }); err != nil {
				t.Errorf("from version %d: %v", n, err)
			}
			if events, err := d.Events(t.Context(), 0, 5); err != nil || len(events) != 1 {
				t.Errorf("from version %d: %v, %v", n, events, err)
			}
			for _, table := range []string{"operations", "relays", "keyed_requests"} {
				if _, err := d.NewSelect().Table(table).Count(t.Context()); err != nil {
					t.Errorf("from version %d: %v", n, err)
				}
			}
		}
	})
}
