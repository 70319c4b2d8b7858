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

// references finds rules that refer to none, or to themselves.
func (e *Enforcer) references() error {
	for _, name := range slices.Sorted(maps.Keys(e.rules)) {
		if err := e.follow(e.rules[name], []string{name}); err != nil {
			return err
		}
	}
	return nil
}

func (e *Enforcer) follow(c check, path []string) error {
	switch c := c.(type) {
	case ruleCheck:
		name := string(c)
		if slices.Contains(path, name) {
			return fmt.Errorf("policy rules refer to each other in a circle: %s", strings.Join(append(path, name), " → "))
		}
		of, ok := e.rules[name]
		if !ok {
			return fmt.Errorf("policy rule %q refers to %q, which is not defined", path[len(path)-1], name)
		}
		return e.follow(of, append(slices.Clone(path), name))
	case not:
		return e.follow(c.of, path)
	case and:
		return e.followAll(c, path)
	case or:
		return e.followAll(c, path)
	}
	return nil
}

func (e *Enforcer) followAll(cs []check, path []string) error {
	for _, c := range cs {
		if err := e.follow(c, path); err != nil {
			return err
		}
	}
	return nil
}
