package policy

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"go.yaml.in/yaml/v3"
)

// Enforcer answers by the rules of one service. Any number may ask at once, also while the operator's file is read again.
type Enforcer struct{ inForce atomic.Pointer[ruleSet] }

// ruleSet is rules that go together. It does not change once built.
type ruleSet struct {
	rules map[string]check
	table []Rule
}

// New makes an enforcer of a service's default rules. A rule that does not parse, is named twice or refers to one that is
// not there is an error.
func New(rules []Rule) (*Enforcer, error) {
	set := &ruleSet{rules: make(map[string]check, len(rules)), table: slices.Clone(rules)}
	for _, r := range rules {
		if _, twice := set.rules[r.Name]; twice {
			return nil, fmt.Errorf("policy rule %q stands twice", r.Name)
		}
		c, err := parse(r.Check)
		if err != nil {
			return nil, fmt.Errorf("policy rule %q: %w", r.Name, err)
		}
		set.rules[r.Name] = c
	}
	return enforcing(set), set.references()
}

func enforcing(set *ruleSet) *Enforcer {
	e := &Enforcer{}
	e.inForce.Store(set)
	return e
}

// Load returns an enforcer with the rules of an operator's policy.yaml over e's. A rule that e does not know is allowed, since other
// rules of the file may refer to it.
func (e *Enforcer) Load(file string) (*Enforcer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	set, err := e.inForce.Load().under(file, text)
	if err != nil {
		return nil, err
	}
	return enforcing(set), nil
}

// under is the set with what a file's text says over it.
func (s *ruleSet) under(file string, text []byte) (*ruleSet, error) {
	var over map[string]yaml.Node
	if err := yaml.Unmarshal(text, &over); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	whole := &ruleSet{rules: maps.Clone(s.rules), table: slices.Clone(s.table)}
	for _, name := range slices.Sorted(maps.Keys(over)) {
		node := over[name]
		if node.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s:%d: rule %q must be a string", file, node.Line, name)
		}
		c, err := parse(node.Value)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: rule %q: %w", file, node.Line, name, err)
		}
		whole.rules[name] = c
		if i := slices.IndexFunc(whole.table, func(r Rule) bool { return r.Name == name }); i >= 0 {
			whole.table[i].Check = node.Value
		} else {
			whole.table = append(whole.table, Rule{Name: name, Check: node.Value})
		}
	}
	if err := whole.references(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return whole, nil
}

// Rules are the rules in force, in the order of the service's table.
func (e *Enforcer) Rules() []Rule { return slices.Clone(e.inForce.Load().table) }

// Has tells whether a rule of that name is there.
func (e *Enforcer) Has(rule string) bool { return e.inForce.Load().rules[rule] != nil }

// Check decides whether who may do to target what rule names. A rule that is not there refuses.
func (e *Enforcer) Check(rule string, who Who, target Target) Decision {
	why := ruleCheck(rule).fails(evaluation{rules: e.inForce.Load().rules, who: who, target: target})
	return Decision{Allowed: why == "", Rule: rule, Why: why}
}

// maxChecks bounds what one question may have to look at, once every rule that is named stands in its place.
const maxChecks = 10_000

// references finds rules that refer to none, to themselves, or to so many others that a question would not end.
func (s *ruleSet) references() error {
	known := map[string]extent{}
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if _, err := s.measure(name, nil, known); err != nil {
			return err
		}
	}
	return nil
}

// extent is how much a check is with all that it refers to.
type extent struct{ checks, depth int }

// measure tells the extent of a rule, which path refers to.
func (s *ruleSet) measure(name string, path []string, known map[string]extent) (extent, error) {
	if x, ok := known[name]; ok {
		return x, nil
	}
	if slices.Contains(path, name) {
		return extent{}, fmt.Errorf("policy rules refer to each other in a circle: %s", strings.Join(append(path, name), " → "))
	}
	of, ok := s.rules[name]
	if !ok {
		return extent{}, fmt.Errorf("policy rule %q refers to %q, which is not defined", path[len(path)-1], name)
	}
	x, err := s.extent(of, append(slices.Clone(path), name), known)
	if err != nil {
		return x, err
	}
	if x.checks > maxChecks || x.depth > maxDepth-1 {
		return x, fmt.Errorf("policy rule %q is too large with all the rules that it refers to", name)
	}
	known[name] = x
	return x, nil
}

func (s *ruleSet) extent(c check, path []string, known map[string]extent) (extent, error) {
	if rule, ok := c.(ruleCheck); ok {
		x, err := s.measure(string(rule), path, known)
		return extent{x.checks, x.depth + 1}, err
	}
	whole := extent{checks: 1}
	for _, part := range parts(c) {
		x, err := s.extent(part, path, known)
		if err != nil {
			return whole, err
		}
		whole.checks, whole.depth = whole.checks+x.checks, max(whole.depth, x.depth)
	}
	return whole, nil
}
