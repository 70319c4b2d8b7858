package dbtest

import (
	"fmt"
	"slices"
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
)

func listing() db.Listing {
	return db.Listing{From: "things AS t", ID: "t.id", Keys: map[string]string{
		"id": "t.id", "name": "t.name", "size": "t.size", "parent": "COALESCE(t.parent, '')",
	}}
}

// pages walks the list in every order, forwards and backwards, by pages of three.
func pages(t *testing.T, d *db.DB) {
	for i := range 20 {
		insert(t, d, thing{ID: fmt.Sprintf("%02d", i*7%20), Name: fmt.Sprint(i % 3), Size: int64(i % 4)})
	}
	orders := [][]db.Order{
		nil,
		{{Key: "id", Desc: true}},
		{{Key: "name"}},
		{{Key: "name", Desc: true}, {Key: "size"}},
		{{Key: "parent"}, {Key: "size", Desc: true}, {Key: "id"}, {Key: "name"}},
	}
	for _, order := range orders {
		for _, reverse := range []bool{false, true} {
			whole := ids(t, d, db.Page{Sort: order, Reverse: reverse})
			var walked []string
			for page := (db.Page{Sort: order, Reverse: reverse, Limit: 3}); ; page.Marker = walked[len(walked)-1] {
				part := ids(t, d, page)
				if len(part) == 0 {
					break
				}
				walked = append(walked, part...)
			}
			if len(whole) != 20 || !slices.Equal(whole, walked) {
				t.Errorf("by %v (reverse %v) the pages are %v of %v", order, reverse, walked, whole)
			}
		}
	}
	if got := ids(t, d, db.Page{Marker: "none"}); len(got) != 0 {
		t.Errorf("after no row come %v", got)
	}
	_, err := listing().Apply(d.NewSelect().Model((*thing)(nil)), db.Page{Sort: []db.Order{{Key: "id; DROP TABLE things"}}})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown sort key: %v", err)
	}
}

func ids(t *testing.T, d *db.DB, p db.Page) []string {
	t.Helper()
	q, err := listing().Apply(d.NewSelect().Model((*thing)(nil)).Column("id"), p)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := q.Scan(t.Context(), &found); err != nil {
		t.Fatal(err)
	}
	return found
}
