package dbtest

import (
	"slices"
	"testing"
	"time"

	"cumulet/oslo/db"
)

func keepsValues(t *testing.T, d *db.DB) {
	zone := time.FixedZone("here", 2*3600)
	at := db.Clock(time.Date(2026, 2, 3, 4, 5, 6, 789_012_345, zone))
	insert(t, d,
		thing{ID: "a", MadeAt: at.In(zone), GoneAt: &at, Tags: db.JSON[[]string]{V: []string{"x", "'y'"}}},
		thing{ID: "b", MadeAt: at.Add(time.Microsecond)}, thing{ID: "c", MadeAt: at.Truncate(time.Second)})
	a, err := find(t, d, "a")
	if err != nil || a.MadeAt != at || a.GoneAt == nil || *a.GoneAt != at || !slices.Equal(a.Tags.V, []string{"x", "'y'"}) {
		t.Errorf("read %+v, %v; the time written was %v", a, err, at)
	}
	if b, err := find(t, d, "b"); err != nil || b.GoneAt != nil || b.Tags.V != nil {
		t.Errorf("read %+v, %v", b, err)
	}
	var ids []string
	err = d.NewSelect().Model((*thing)(nil)).Column("id").Where("made_at <= ?", at).Order("made_at").Scan(t.Context(), &ids)
	if err != nil || !slices.Equal(ids, []string{"c", "a"}) {
		t.Errorf("up to %v there are %v, %v", at, ids, err)
	}
}

func constraints(t *testing.T, d *db.DB) {
	insert(t, d, thing{ID: "a"})
	parent, nobody := "a", "nobody"
	insert(t, d, thing{ID: "child", Parent: &parent})
	try := func(do func(tx *db.Tx) error) error { return d.Tx(t.Context(), do) }
	twice := try(func(tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&thing{ID: "a"}).Exec(t.Context())
		return err
	})
	if !db.Duplicate(twice) || db.Referenced(twice) || db.NoRows(twice) {
		t.Errorf("a second row of one key: %v", twice)
	}
	orphan := try(func(tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&thing{ID: "b", Parent: &nobody}).Exec(t.Context())
		return err
	})
	gone := try(func(tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*thing)(nil)).Where("id = ?", "a").Exec(t.Context())
		return err
	})
	for _, err := range []error{orphan, gone} {
		if !db.Referenced(err) || db.Duplicate(err) {
			t.Errorf("a broken reference: %v", err)
		}
	}
}
