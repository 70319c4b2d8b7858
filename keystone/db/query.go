package db

import (
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

// literal makes the pattern characters of LIKE stand for themselves.
var literal = strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)

// where adds a condition; one on an attribute that is no column leaves nothing, as nothing has that attribute.
func where(s *bun.SelectQuery, c keystone.Condition, columns []string) *bun.SelectQuery {
	if !slices.Contains(columns, c.Attribute) {
		return s.Where("1 = 0")
	}
	column := bun.Ident(c.Attribute)
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
