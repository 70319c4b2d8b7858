package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

// Images lists the images of a page that the caller may see and the filter chooses.
// As glance/db/sqlalchemy/api.py, image_get_all.
func (r rows) Images(ctx context.Context, caller glance.Caller, f glance.Filter) ([]glance.Image, error) {
	if f.Limit == 0 {
		return []glance.Image{}, nil
	}
	var found []imageRow
	q := r.NewSelect().Model(&found).Where("i.deleted_at IS NULL").Where("i.status <> ?", glance.Killed).Where("i.os_hidden = ?", f.Hidden)
	q = seen(q, caller, f)
	q = chosen(q, f)
	q, err := r.after(ctx, q, f)
	if err != nil {
		return nil, err
	}
	for _, o := range f.Sort {
		q = ordered(q, o)
	}
	if err := q.Limit(int64(f.Limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	return r.complete(ctx, found, caller.ProjectID)
}

// column is an image's column by the API's name for it, which the caller has checked.
func column(name string) bun.Ident { return bun.Ident("i." + name) }

func direction(o glance.Order) string {
	if o.Descending {
		return "DESC"
	}
	return "ASC"
}

// ordered sorts by a column. Databases differ in where they put NULL: here it is the lowest.
func ordered(q *bun.SelectQuery, o glance.Order) *bun.SelectQuery {
	switch o.Column {
	case "name", "size", "virtual_size":
		q = q.OrderExpr("(? IS NOT NULL) "+direction(o), column(o.Column))
	}
	return q.OrderExpr("? "+direction(o), column(o.Column))
}

// seen leaves what the caller may see. Others' community images stand only in lists that ask for them.
func seen(q *bun.SelectQuery, caller glance.Caller, f glance.Filter) *bun.SelectQuery {
	if !caller.Admin {
		q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.Where("i.visibility IN (?)", bun.In([]glance.Visibility{glance.Public, glance.Community}))
			if caller.ProjectID == "" {
				return q
			}
			member := "EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = i.id AND m.member = ?"
			args := []any{caller.ProjectID}
			if f.MemberStatus != "" {
				member += " AND m.status = ?"
				args = append(args, f.MemberStatus)
			}
			return q.WhereOr("i.owner = ?", caller.ProjectID).
				WhereOr("(i.visibility = 'shared' AND "+member+"))", args...)
		})
	}
	switch {
	case f.Visibility != "":
		return q.Where("i.visibility = ?", f.Visibility)
	case f.AnyCommunity:
		return q
	case caller.ProjectID == "":
		return q.Where("i.visibility <> ?", glance.Community)
	}
	return q.Where("(i.visibility <> ? OR i.owner = ?)", glance.Community, caller.ProjectID)
}

// chosen leaves what the filter's conditions hold for.
func chosen(q *bun.SelectQuery, f glance.Filter) *bun.SelectQuery {
	for name, values := range f.Columns {
		q = q.Where("? IN (?)", column(name), bun.In(values))
	}
	for _, c := range f.Numbers {
		q = q.Where("? "+operator(c.Operator)+" ?", column(c.Column), c.Value)
	}
	for _, c := range f.Times {
		q = timed(q, c)
	}
	if f.Protected != nil {
		q = q.Where("i.protected = ?", *f.Protected)
	}
	if tags := slices.Compact(slices.Sorted(slices.Values(f.Tags))); len(tags) > 0 { // one condition, however many they are
		q = q.Where("(SELECT COUNT(*) FROM image_tags t WHERE t.image_id = i.id AND t.value IN (?)) = ?", bun.In(tags), len(tags))
	}
	for name, value := range f.Properties {
		q = q.Where("EXISTS (SELECT 1 FROM image_properties p WHERE p.image_id = i.id AND p.name = ? AND p.value = ?)", name, value)
	}
	return q
}

// timed compares a time by whole seconds, which is what clients are shown of it.
func timed(q *bun.SelectQuery, c glance.Comparison[time.Time]) *bun.SelectQuery {
	second := c.Value.UTC().Truncate(time.Second)
	next := second.Add(time.Second)
	col := column(c.Column)
	switch c.Operator {
	case "gt":
		return q.Where("? >= ?", col, next)
	case "gte":
		return q.Where("? >= ?", col, second)
	case "lt":
		return q.Where("? < ?", col, second)
	case "lte":
		return q.Where("? < ?", col, next)
	case "neq":
		return q.Where("(? < ? OR ? >= ?)", col, second, col, next)
	}
	return q.Where("? >= ?", col, second).Where("? < ?", col, next)
}

func operator(name string) string {
	switch name {
	case "gt":
		return ">"
	case "gte":
		return ">="
	case "lt":
		return "<"
	case "lte":
		return "<="
	case "neq":
		return "<>"
	}
	return "="
}

// after leaves what comes after the marker in the order of the sorting, whose last key is the id. NULLs sort lowest.
func (r rows) after(ctx context.Context, q *bun.SelectQuery, f glance.Filter) (*bun.SelectQuery, error) {
	if f.Marker == "" {
		return q, nil
	}
	var marker map[string]any
	err := r.NewSelect().Model((*imageRow)(nil)).Where("i.id = ?", f.Marker).Where("i.deleted_at IS NULL").Scan(ctx, &marker)
	if db.NoRows(err) {
		return nil, glance.NotFound(f.Marker)
	}
	if err != nil {
		return nil, fmt.Errorf("read marker %q: %w", f.Marker, err)
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for n, o := range f.Sort {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
				for _, same := range f.Sort[:n] {
					q = equal(q, same.Column, marker[same.Column])
				}
				return beyond(q, o, marker[o.Column])
			})
		}
		return q
	}), nil
}

func equal(q *bun.SelectQuery, name string, value any) *bun.SelectQuery {
	if value == nil {
		return q.Where("? IS NULL", column(name))
	}
	return q.Where("? = ?", column(name), value)
}

// beyond leaves what the sorting puts behind a value.
func beyond(q *bun.SelectQuery, o glance.Order, value any) *bun.SelectQuery {
	switch {
	case value == nil && o.Descending:
		return q.Where("1 = 0") // nothing is lower than NULL
	case value == nil:
		return q.Where("? IS NOT NULL", column(o.Column))
	case o.Descending:
		return q.Where("(? < ? OR ? IS NULL)", column(o.Column), value, column(o.Column))
	}
	return q.Where("? > ?", column(o.Column), value)
}
