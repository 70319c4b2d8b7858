package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"cumulet/oslo/db"
)

func TestHistoryIsForgottenButWhatIsYoung(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), "test", db.SQLiteURL(filepath.Join(t.TempDir(), "test.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range 3 {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return tx.Record(t.Context(), fmt.Sprint("thing.", i), nil) }); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int {
		events, err := d.Events(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}
	if _, err := forgetHistory(t.Context(), d, time.Now().Add(-time.Hour), time.Time{}); err != nil || count() != 3 {
		t.Errorf("%d young events are left (%v)", count(), err)
	}
	if _, err := forgetHistory(t.Context(), d, time.Now().Add(time.Hour), time.Time{}); err != nil || count() != 0 {
		t.Errorf("%d old events are left (%v)", count(), err)
	}
}
