package db

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

// narrowing adds an attribute's condition to a query.
type narrowing func(q *bun.SelectQuery, values []any) *bun.SelectQuery

// lookup is how the API's attributes of a noun are found in SQL. The noun's own table has the alias t.
type lookup struct {
	table   string
	columns map[string]string
	special map[string]narrowing
	// sorts are expressions to sort by in place of columns that may be NULL, which databases sort differently.
	sorts map[string]string
	// visible is what a project sees: a condition with its id for each ?.
	visible string
}

// standard are the attributes that nearly every noun has.
var standard = map[string]string{
	"id": "t.id", "name": "t.name", "description": "t.description", "project_id": "t.project_id", "tenant_id": "t.project_id",
	"status": "t.status", "admin_state_up": "t.admin_up", "revision_number": "t.revision",
	"created_at": "t.created_at", "updated_at": "t.updated_at",
}

func (l lookup) column(attribute string) (string, bool) {
	if c, ok := l.columns[attribute]; ok {
		return c, true
	}
	c, ok := standard[attribute]
	return c, ok
}

// list reads the rows that a query picks.
func list[R any](ctx context.Context, d bun.IDB, l lookup, q neutron.Query) ([]R, error) {
	var found []R
	s := d.NewSelect().Model(&found)
	if !q.Scope.All {
		values := slices.Repeat([]any{q.Scope.ProjectID}, strings.Count(l.visible, "?"))
		s = s.Where("("+l.visible+")", values...)
	}
	s, err := l.narrow(s, q)
	if err != nil {
		return nil, err
	}
	if s, err = l.page(s, q); err != nil {
		return nil, err
	}
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	if q.Reverse {
		slices.Reverse(found)
	}
	return found, nil
}

func (l lookup) narrow(s *bun.SelectQuery, q neutron.Query) (*bun.SelectQuery, error) {
	for attribute, values := range q.Filters {
		if len(values) == 0 {
			s = s.Where("1 = 0")
			continue
		}
		if how, ok := l.special[attribute]; ok {
			s = how(s, values)
			continue
		}
		if how, ok := tagged[attribute]; ok {
			s = how(s, values)
			continue
		}
		column, ok := l.column(attribute)
		if !ok {
			continue // attributes that rows do not have do not narrow, as neutron/db/_model_query.py passes them over
		}
		s = s.Where("? IN (?)", bun.Safe(column), bun.List(values))
	}
	return s, nil
}

// page sorts, and continues after the marker by comparing with its row.
func (l lookup) page(s *bun.SelectQuery, q neutron.Query) (*bun.SelectQuery, error) {
	sorts := slices.Clone(q.Sort)
	if !slices.ContainsFunc(sorts, func(o neutron.Sort) bool { return o.Attribute == "id" }) {
		sorts = append(sorts, neutron.Sort{Attribute: "id"})
	}
	var equal, after []string
	for _, o := range sorts {
		column, ok := l.sorts[o.Attribute]
		if !ok {
			column, ok = l.column(o.Attribute)
		}
		if !ok {
			return nil, fmt.Errorf("no order by %q", o.Attribute)
		}
		direction, compare := "ASC", ">"
		if o.Descending != q.Reverse {
			direction, compare = "DESC", "<"
		}
		s = s.OrderExpr("? "+direction, bun.Safe(column))
		of := "(SELECT " + column + " FROM " + l.table + " AS t WHERE t.id = ?0)"
		after = append(after, "("+strings.Join(append(slices.Clone(equal), column+" "+compare+" "+of), " AND ")+")")
		equal = append(equal, column+" = "+of)
	}
	if q.Marker != "" {
		s = s.Where("("+strings.Join(after, " OR ")+")", q.Marker)
	}
	if q.Limit > 0 {
		s = s.Limit(int64(q.Limit))
	}
	return s, nil
}

// tagged are the filters by tags: all of, any of, and their opposites, each a comma-separated list.
// As neutron_lib's tag filters: https://docs.openstack.org/api-ref/network/v2/#filtering-by-tags
var tagged = map[string]narrowing{
	"tags":         allTags,
	"tags-any":     func(s *bun.SelectQuery, v []any) *bun.SelectQuery { return anyTag(s, v, "EXISTS") },
	"not-tags":     func(s *bun.SelectQuery, v []any) *bun.SelectQuery { return notAllTags(s, v) },
	"not-tags-any": func(s *bun.SelectQuery, v []any) *bun.SelectQuery { return anyTag(s, v, "NOT EXISTS") },
}

func tagList(values []any) []string {
	var out []string
	for _, v := range values {
		if text, ok := v.(string); ok {
			out = append(out, strings.Split(text, ",")...)
		}
	}
	return out
}

// allTags is one condition, however many they are.
func allTags(s *bun.SelectQuery, values []any) *bun.SelectQuery {
	tags := slices.Compact(slices.Sorted(slices.Values(tagList(values))))
	return s.Where("(SELECT COUNT(*) FROM tags WHERE resource_id = t.id AND tag IN (?)) = ?", bun.List(tags), len(tags))
}

func anyTag(s *bun.SelectQuery, values []any, exists string) *bun.SelectQuery {
	return s.Where(exists+" (SELECT 1 FROM tags WHERE resource_id = t.id AND tag IN (?))", bun.List(tagList(values)))
}

func notAllTags(s *bun.SelectQuery, values []any) *bun.SelectQuery {
	tags := tagList(values)
	return s.Where("(SELECT COUNT(*) FROM tags WHERE resource_id = t.id AND tag IN (?)) < ?", bun.List(tags), len(tags))
}
