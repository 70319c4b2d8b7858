package ldap

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
)

// narrowed are the filters for the conditions that a directory can judge; rest are the others. Whether somebody is enabled is told in
// so many ways that it is among the others. As keystone/identity/backends/ldap/common.py, filter_query.
func (t tree) narrowed(q keystone.Query) (filters string, rest []keystone.Condition) {
	var b strings.Builder
	for _, c := range q.Where {
		if c.Attribute == "domain_id" { // the domain is why this directory is asked
			continue
		}
		attribute := t.attributes[c.Attribute]
		if c.Attribute == "id" {
			attribute = t.id
		}
		value, isText := c.Value.(string)
		if !isText || attribute == "" || c.Attribute == "enabled" || value == "" {
			rest = append(rest, c)
			continue
		}
		switch c.Compare {
		case keystone.Contains:
			b.WriteString("(" + attribute + "=*" + ldap.EscapeFilter(value) + "*)")
		case keystone.StartsWith:
			b.WriteString("(" + attribute + "=" + ldap.EscapeFilter(value) + "*)")
		case keystone.EndsWith:
			b.WriteString("(" + attribute + "=*" + ldap.EscapeFilter(value) + ")")
		default:
			b.WriteString(equal(attribute, value))
		}
	}
	return b.String(), rest
}

// takes tells whether a user meets the conditions that the directory could not judge.
func takes(rest []keystone.Condition, u keystone.User) bool {
	for _, c := range rest {
		if c.Attribute != "enabled" || c.Value != u.Enabled {
			return false // nothing has such an attribute
		}
	}
	return true
}
