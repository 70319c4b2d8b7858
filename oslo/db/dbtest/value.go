package dbtest

import (
	"fmt"
	"math"
	"slices"
	"strings"
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

// keepsRows has an insert leave what is there, and no fault but that be overlooked.
func keepsRows(t *testing.T, d *db.DB) {
	insert(t, d, thing{ID: "a", Name: "first"})
	nobody := "nobody"
	keep := func(things ...thing) error {
		return d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := db.Keep(tx.NewInsert().Model(&things), &things).Exec(t.Context())
			return err
		})
	}
	if err := keep(thing{ID: "a", Name: "second"}, thing{ID: "b", Name: "new"}); err != nil {
		t.Error(err)
	}
	a, err := find(t, d, "a")
	b, errB := find(t, d, "b")
	if err != nil || errB != nil || a.Name != "first" || b.Name != "new" {
		t.Errorf("kept %+v and %+v, %v %v", a, b, err, errB)
	}
	if err := keep(thing{ID: "c", Parent: &nobody}); !db.Referenced(err) {
		t.Errorf("a reference to nothing: %v", err)
	}
}

// comparesText has names that differ in case, accent or a space at the end be different, and sort by their bytes.
func comparesText(t *testing.T, d *db.DB) {
	names := []string{"", "A", "B", "a", "a ", "aa", "b", "á", "𝄞"}
	for _, name := range names {
		insert(t, d, thing{ID: "id " + name, Name: name})
	}
	var sorted []string
	if err := d.NewSelect().Model((*thing)(nil)).Column("name").Order("name").Scan(t.Context(), &sorted); err != nil || !slices.Equal(sorted, names) {
		t.Errorf("sorted %q, %v", sorted, err)
	}
	for _, name := range names {
		n, err := d.NewSelect().Model((*thing)(nil)).Where("name = ?", name).Where("id = ?", "id "+name).Count(t.Context())
		all, allErr := d.NewSelect().Model((*thing)(nil)).Where("name = ?", name).Count(t.Context())
		if err != nil || allErr != nil || n != 1 || all != 1 {
			t.Errorf("of %q there are %d, %v %v", name, all, err, allErr)
		}
	}
}

// keepsWide keeps what a MariaDB TEXT and a PostgreSQL INTEGER do not hold.
func keepsWide(t *testing.T, d *db.DB) {
	long := strings.Repeat("ä\\'\"", 100_000)
	insert(t, d, thing{ID: "a", Size: math.MaxInt64, Count: math.MaxInt64, Tags: db.JSON[[]string]{V: []string{long}}})
	a, err := find(t, d, "a")
	if err != nil || a.Size != math.MaxInt64 || a.Count != math.MaxInt64 || len(a.Tags.V) != 1 || a.Tags.V[0] != long {
		t.Errorf("a long text and wide numbers came back as %d characters, %d and %d; %v", len(fmt.Sprint(a.Tags.V)), a.Size, a.Count, err)
	}
}

func readersCannotWrite(t *testing.T, d *db.DB) {
	insert(t, d, thing{ID: "a"})
	if _, err := d.ExecContext(t.Context(), "DELETE FROM things"); err == nil {
		t.Error("a reader wrote")
	}
	if _, err := find(t, d, "a"); err != nil {
		t.Errorf("after a reader's write: %v", err)
	}
}
