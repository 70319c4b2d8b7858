package policy

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Enforcer answers by the rules of one service. It does not change once built, so any number may ask at once.
type Enforcer struct {
	rules map[string]check
	table []Rule
}

// New makes an enforcer of a service's default rules. A rule that does not parse, is named twice or refers to one that is
// not there is an error.
func New(rules []Rule) (*Enforcer, error) {
	e := &Enforcer{rules: make(map[string]check, len(rules)), table: slices.Clone(rules)}
	for _, r := range rules {
		if _, twice := e.rules[r.Name]; twice {
			return nil, fmt.Errorf("policy rule %q stands twice", r.Name)
		}
		c, err := parse(r.Check)
		if err != nil {
			return nil, fmt.Errorf("policy rule %q: %w", r.Name, err)
		}
		e.rules[r.Name] = c
	}
	return e, e.references()
}

// Load returns an enforcer with the rules of an operator's policy.yaml over e's. A rule that e does not know is allowed, since other
// rules of the file may refer to it.
func (e *Enforcer) Load(file string) (*Enforcer, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	var over map[string]yaml.Node
	if err := yaml.Unmarshal(b, &over); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	loaded := &Enforcer{rules: maps.Clone(e.rules), table: slices.Clone(e.table)}
	for name, node := range over {
		if node.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s:%d: rule %q must be a string", file, node.Line, name)
		}
		c, err := parse(node.Value)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: rule %q: %w", file, node.Line, name, err)
		}
		loaded.rules[name] = c
		if i := slices.IndexFunc(loaded.table, func(r Rule) bool { return r.Name == name }); i >= 0 {
			loaded.table[i].Check = node.Value
		} else {
			loaded.table = append(loaded.table, Rule{Name: name, Check: node.Value})
		}
	}
	if err := loaded.references(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return loaded, nil
}

// Rules are the rules in force, in the order of the service's table.
func (e *Enforcer) Rules() []Rule { return slices.Clone(e.table) }

// Has tells whether a rule of that name is there.
func (e *Enforcer) Has(rule string) bool { return e.rules[rule] != nil }

// Check decides whether who may do to target what rule names. A rule that is not there refuses.
func (e *Enforcer) Check(rule string, who Who, target Target) Decision {
	why := ruleCheck(rule).fails(evaluation{rules: e.rules, who: who, target: target})
	return Decision{Allowed: why == "", Rule: rule, Why: why}
}

// maxChecks bounds what one question may have to look at, once every rule that is named stands in its place.
const maxChecks = 10_000

// references finds rules that refer to none, to themselves, or to so many others that a question would not end.
func (e *Enforcer) references() error {
	known := map[string]extent{}
	for _, name := range slices.Sorted(maps.Keys(e.rules)) {
		if _, err := e.measure(name, nil, known); err != nil {
			return err
		}
	}
	return nil
}

// extent is how much a check is with all that it refers to.
type extent struct{ checks, depth int }

// measure tells the extent of a rule, which path refers to.
func (e *Enforcer) measure(name string, path []string, known map[string]extent) (extent, error) {
	if x, ok := known[name]; ok {
		return x, nil
	}
	if slices.Contains(path, name) {
		return extent{}, fmt.Errorf("policy rules refer to each other in a circle: %s", strings.Join(append(path, name), " → "))
	}
	of, ok := e.rules[name]
	if !ok {
		return extent{}, fmt.Errorf("policy rule %q refers to %q, which is not defined", path[len(path)-1], name)
	}
	x, err := e.extent(of, append(slices.Clone(path), name), known)
	if err != nil {
		return x, err
	}
	if x.checks > maxChecks || x.depth > maxDepth-1 {
		return x, fmt.Errorf("policy rule %q is too large with all the rules that it refers to", name)
	}
	known[name] = x
	return x, nil
}

func (e *Enforcer) extent(c check, path []string, known map[string]extent) (extent, error) {
	var parts []check
	switch c := c.(type) {
	case ruleCheck:
		x, err := e.measure(string(c), path, known)
		return extent{x.checks, x.depth + 1}, err
	case not:
		parts = []check{c.of}
	case and:
		parts = c
	case or:
		parts = c
	}
	whole := extent{checks: 1}
	for _, part := range parts {
		x, err := e.extent(part, path, known)
		if err != nil {
			return whole, err
		}
		whole.checks, whole.depth = whole.checks+x.checks, max(whole.depth, x.depth)
	}
	return whole, nil
}
