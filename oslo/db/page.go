package db

import (
	"strings"

	"github.com/uptrace/bun"

	"cumulet/oslo/fault"
)

// Order is one sort key of a list, by its name in the API.
type Order struct {
	Key  string
	Desc bool
}

// Page is the part of a list that is asked for: at most Limit rows (all when 0) after the row of id Marker, in order.
type Page struct {
	Limit  int
	Marker string
	Sort   []Order
	// Reverse asks for the page before the marker: the rows come in the reverse order, for the caller to turn round.
	Reverse bool
}

// Listing is a table that pages are taken from.
type Listing struct {
	// From is the table with its alias, as in the query: "networks AS n".
	From string
	// ID is the column of the unique id, which ends every order so that none is ambiguous: "n.id".
	ID string
	// Keys maps what callers may sort by to SQL expressions on From that are never NULL: "name": "COALESCE(n.name, '')".
	// All of a request's words are looked up here; none gets into SQL.
	Keys map[string]string
}

// Apply narrows the query to the page. A key that may not be sorted by is a fault of kind invalid, "InvalidSortKey". Whether
// the marker exists and may be seen is the caller's to check before; after a marker that does not exist comes nothing.
func (l Listing) Apply(q *bun.SelectQuery, p Page) (*bun.SelectQuery, error) {
	columns, err := l.columns(p)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		q = q.OrderExpr(c.sql + " " + c.direction())
	}
	if p.Marker != "" {
		condition, args := l.after(columns, p.Marker)
		q = q.Where(condition, args...)
	}
	if p.Limit > 0 {
		q = q.Limit(int64(p.Limit))
	}
	return q, nil
}

// column is a sort key in SQL.
type column struct {
	sql  string
	desc bool
}

func (c column) direction() string {
	if c.desc {
		return "DESC"
	}
	return "ASC"
}

func (l Listing) columns(p Page) ([]column, error) {
	var columns []column
	for _, o := range p.Sort {
		expression, ok := l.Keys[o.Key]
		if !ok {
			return nil, fault.New(fault.Invalid, "InvalidSortKey", "Sort key supplied is invalid: %s.", o.Key)
		}
		if expression == l.ID { // what follows the unique id orders nothing
			return append(columns, column{l.ID, o.Desc != p.Reverse}), nil
		}
		columns = append(columns, column{expression, o.Desc != p.Reverse})
	}
	return append(columns, column{l.ID, p.Reverse}), nil
}

// after is the condition for the rows behind the marker's: those greater in the first key, or equal in it and greater in
// the second, and so on. The marker's own values are read by the database.
func (l Listing) after(columns []column, marker string) (condition string, args []any) {
	var either []string
	for i, c := range columns {
		var all []string
		for _, equal := range columns[:i] {
			all = append(all, equal.sql+" = "+l.ofMarker(equal.sql))
			args = append(args, marker)
		}
		compare := " > "
		if c.desc {
			compare = " < "
		}
		all = append(all, c.sql+compare+l.ofMarker(c.sql))
		args = append(args, marker)
		either = append(either, "("+strings.Join(all, " AND ")+")")
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// ofMarker reads an expression of the marker's row; the alias within means that row.
func (l Listing) ofMarker(expression string) string {
	return "(SELECT " + expression + " FROM " + l.From + " WHERE " + l.ID + " = ?)"
}
