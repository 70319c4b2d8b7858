package db

import (
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

// literal makes the pattern characters of LIKE stand for themselves.
var literal = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// where adds a condition; one on an attribute that is no column leaves nothing, as nothing has that attribute.
func where(s *bun.SelectQuery, c keystone.Condition, columns []string) *bun.SelectQuery {
	if !slices.Contains(columns, c.Attribute) {
		return s.Where("1 = 0")
	}
	column := bun.Ident(c.Attribute)
	text, _ := c.Value.(string)
	switch c.Compare {
	case keystone.Contains:
		return s.Where(`? LIKE ? ESCAPE '\'`, column, "%"+literal.Replace(text)+"%")
	case keystone.StartsWith:
		return s.Where(`? LIKE ? ESCAPE '\'`, column, literal.Replace(text)+"%")
	case keystone.EndsWith:
		return s.Where(`? LIKE ? ESCAPE '\'`, column, "%"+literal.Replace(text))
	}
	return s.Where("? = ?", column, c.Value)
}
