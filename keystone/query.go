package keystone

import (
	"slices"
	"strings"
	"time"
)

// Query narrows a list. The zero value is all.
type Query struct {
	Where []Condition
	// Limit bounds the list; 0 does not.
	Limit int
}

// Condition compares an attribute, by its name in the API.
type Condition struct {
	Attribute string
	Compare   Comparison
	Value     any // string, bool, or time.Time
}

// Comparison is how an attribute is held against a value.
type Comparison string

// Comparisons, as the API writes them after the attribute: "name__contains". As keystone/common/driver_hints.py.
const (
	Equals     Comparison = ""
	Contains   Comparison = "contains"
	StartsWith Comparison = "startswith"
	EndsWith   Comparison = "endswith"
)

// Comparisons of moments, as the API writes them before one: "lt:2026-11-30T00:00:00Z". As keystone/identity/core.py,
// _translate_expired_password_hints. What has no moment meets none of them.
const (
	Before    Comparison = "lt"
	NotAfter  Comparison = "lte"
	After     Comparison = "gt"
	NotBefore Comparison = "gte"
	Differs   Comparison = "neq"
)

// And adds the condition that attribute equals value; an empty value adds nothing.
func (q Query) And(attribute, value string) Query {
	if value != "" {
		q.Where = append(q.Where[:len(q.Where):len(q.Where)], Condition{attribute, Equals, value})
	}
	return q
}

// Select are those of some things that a query leaves, by what their attributes are.
func Select[T any](q Query, all []T, of func(T) map[string]any) []T {
	var left []T
	for _, one := range all {
		if attributes := of(one); q.Limit > 0 && len(left) >= q.Limit || slices.ContainsFunc(q.Where, func(c Condition) bool { return !c.holds(attributes) }) {
			continue
		}
		left = append(left, one)
	}
	return left
}

// holds tells whether attributes meet the condition. Parts are found whatever their case; a whole is itself only.
func (c Condition) holds(attributes map[string]any) bool {
	has, known := attributes[c.Attribute]
	if moment, ok := c.Value.(time.Time); ok {
		at, ok := has.(*time.Time)
		return ok && at != nil && c.Compare.orders(at.Compare(moment))
	}
	text, isText := has.(string)
	value, _ := c.Value.(string)
	if !known || !isText || c.Compare == Equals {
		return known && has == c.Value
	}
	text, value = strings.ToLower(text), strings.ToLower(value)
	switch c.Compare {
	case Contains:
		return strings.Contains(text, value)
	case StartsWith:
		return strings.HasPrefix(text, value)
	}
	return strings.HasSuffix(text, value)
}

// orders tells whether a comparison holds of a moment that is before (-1), at (0) or after (1) another.
func (c Comparison) orders(order int) bool {
	switch c {
	case Before:
		return order < 0
	case NotAfter:
		return order <= 0
	case After:
		return order > 0
	case NotBefore:
		return order >= 0
	case Differs:
		return order != 0
	}
	return order == 0
}
