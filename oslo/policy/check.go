package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// check is a parsed rule or a part of one. It answers "" when it holds, else why not.
type check interface {
	fails(e evaluation) string
}

// evaluation is one question put to the checks.
type evaluation struct {
	rules  map[string]check
	who    Who
	target Target
	depth  int
}

// maxDepth bounds rules that name rules; more is a circle.
const maxDepth = 32

type always struct{}

func (always) fails(evaluation) string { return "" }

type never struct{}

func (never) fails(evaluation) string { return "nobody may" }

type not struct{ of check }

func (c not) fails(e evaluation) string {
	if c.of.fails(e) == "" {
		return "what must not hold does"
	}
	return ""
}

type and []check

func (c and) fails(e evaluation) string {
	for _, part := range c {
		if why := part.fails(e); why != "" {
			return why
		}
	}
	return ""
}

type or []check

func (c or) fails(e evaluation) string {
	var reasons []string
	for _, part := range c {
		why := part.fails(e)
		if why == "" {
			return ""
		}
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	return strings.Join(reasons, ", and ")
}

// parts are the checks that a check is made of.
func parts(c check) []check {
	switch c := c.(type) {
	case not:
		return []check{c.of}
	case and:
		return c
	case or:
		return c
	}
	return nil
}

// ruleCheck is "rule:NAME".
type ruleCheck string

func (c ruleCheck) fails(e evaluation) string {
	of, ok := e.rules[string(c)]
	if !ok {
		return fmt.Sprintf("rule %q is not defined", string(c))
	}
	if e.depth++; e.depth > maxDepth {
		return fmt.Sprintf("rule %q refers to itself", string(c))
	}
	return of.fails(e)
}

// roleCheck is "role:NAME"; NAME may be taken from the target.
type roleCheck string

func (c roleCheck) fails(e evaluation) string {
	name, ok := e.interpolate(string(c))
	if ok && slices.ContainsFunc(e.who.Roles, func(r string) bool { return strings.EqualFold(r, name) }) {
		return ""
	}
	return fmt.Sprintf("role %q is missing", name)
}

// compare is "KIND:MATCH": a fact of the caller, or a literal, against a literal or a fact of the target.
type compare struct{ kind, match string }

func (c compare) fails(e evaluation) string {
	want, ok := e.interpolate(c.match)
	if !ok {
		return fmt.Sprintf("the target has no %s", c.match)
	}
	if have, known := e.fact(c.kind); known {
		if have == want && have != "" { // a caller without a project owns nothing, not all that has no project
			return ""
		}
		return fmt.Sprintf("%s is not %s", c.kind, c.match)
	}
	if literal, ok := quoted(c.kind); ok && literal == want {
		return ""
	}
	return fmt.Sprintf("%s does not match %s", c.kind, c.match)
}

// interpolate replaces %(name)s by the target's attribute; false when the target has none.
func (e evaluation) interpolate(s string) (string, bool) {
	before, rest, found := strings.Cut(s, "%(")
	if !found {
		return s, true
	}
	name, after, found := strings.Cut(rest, ")s")
	if !found {
		return s, false
	}
	value, ok := e.target.lookup(name)
	if !ok {
		return s, false
	}
	return before + value + after, true
}

// lookup finds an attribute, also under a dotted path ("target.role.name").
func (t Target) lookup(name string) (string, bool) {
	if v, ok := t[name]; ok {
		return text(v), v != nil
	}
	head, tail, found := strings.Cut(name, ".")
	if !found {
		return "", false
	}
	switch inner := t[head].(type) {
	case Target:
		return inner.lookup(tail)
	case map[string]any:
		return Target(inner).lookup(tail)
	}
	return "", false
}

// fact is an attribute of the caller by its name in oslo.context's policy values.
func (e evaluation) fact(name string) (string, bool) {
	w := e.who
	switch name {
	case "user_id":
		return w.UserID, true
	case "user_domain_id":
		return w.UserDomainID, true
	case "project_id", "tenant", "tenant_id":
		return w.ProjectID, true
	case "project_domain_id":
		return w.ProjectDomainID, true
	case "domain_id", "token.domain.id":
		return w.DomainID, true
	case "system_scope", "system":
		return w.SystemScope, true
	case "trust_id":
		return w.TrustID, true
	case "is_admin":
		return pythonBool(w.Has("admin")), true
	case "is_admin_project":
		return "True", true
	case "user.id":
		return w.UserID, true
	case "token.project.domain.id":
		return w.ProjectDomainID, true
	case "service_roles":
		return strings.Join(w.ServiceRoles, ","), true
	}
	return "", false
}

func pythonBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// text writes an attribute as Python's str does, which is how policy files spell booleans.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case string:
		return v
	case bool:
		return pythonBool(v)
	}
	return fmt.Sprint(v)
}

// quoted reads a literal: 'text', a number, True, False or None.
func quoted(s string) (string, bool) {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1], true
	}
	if s == "True" || s == "False" || s == "None" {
		return s, true
	}
	_, err := strconv.Atoi(s)
	return s, err == nil
}
