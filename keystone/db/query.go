package db

import (
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

// literal makes the pattern characters of LIKE stand for themselves.
var literal = strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)

// momentOperators are comparisons of moments in SQL.
var momentOperators = map[keystone.Comparison]string{
	keystone.Equals: "=", keystone.Differs: "<>", keystone.Before: "<", keystone.NotAfter: "<=", keystone.After: ">", keystone.NotBefore: ">=",
}

// where adds a condition; one on an attribute that is no column leaves nothing, as nothing has that attribute.
func where(s *bun.SelectQuery, c keystone.Condition, columns []string) *bun.SelectQuery {
	if !slices.Contains(columns, c.Attribute) {
		return s.Where("1 = 0")
	}
	column := bun.Ident(c.Attribute)
	if moment, ok := c.Value.(time.Time); ok {
		return s.Where("? "+momentOperators[c.Compare]+" ?", column, moment)
	}
	text, ok := c.Value.(string)
	if !ok { // a flag has no parts
		return s.Where("? = ?", column, c.Value)
	}
	// Parts are found whatever their case, as by upstream's databases; a whole is itself only.
	const like = "LOWER(?) LIKE LOWER(?) ESCAPE '!'"
	switch text := literal.Replace(text); c.Compare {
	case keystone.Contains:
		return s.Where(like, column, "%"+text+"%")
	case keystone.StartsWith:
		return s.Where(like, column, text+"%")
	case keystone.EndsWith:
		return s.Where(like, column, "%"+text)
	}
	return s.Where("? = ?", column, c.Value)
}
