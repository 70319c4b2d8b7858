package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Rule is one rule of a mapping.
type Rule struct {
	Local  []map[string]any `json:"local"`
	Remote []Requirement    `json:"remote"`
}

// Requirement is an attribute that there must be, with what its values must or must not be, or which of them count.
type Requirement struct {
	Type      string   `json:"type"`
	AnyOneOf  *[]value `json:"any_one_of"`
	NotAnyOf  *[]value `json:"not_any_of"`
	Blacklist *[]value `json:"blacklist"`
	Whitelist *[]value `json:"whitelist"`
	Regex     bool     `json:"regex"`

	expressions []expression
}

// value is a text; what is none matches nothing.
type value struct {
	text string
	is   bool
}

// UnmarshalJSON takes anything.
func (v *value) UnmarshalJSON(raw []byte) error {
	v.is = json.Unmarshal(raw, &v.text) == nil
	return nil
}

// Parse reads rules that are as the schema says, and the expressions in them; an error names the rule.
func Parse(rules []any) ([]Rule, error) {
	raw, err := json.Marshal(rules)
	if err != nil {
		return nil, err
	}
	var parsed []Rule
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return nil, err
	}
	for i := range parsed {
		for j := range parsed[i].Remote {
			if err := parsed[i].Remote[j].compile(); err != nil {
				return nil, fmt.Errorf("rules[%d].remote[%d]: %w", i, j, err)
			}
		}
	}
	return parsed, nil
}

// listed are the values that a requirement names, whatever for.
func (r *Requirement) listed() []value {
	for _, list := range []*[]value{r.AnyOneOf, r.NotAnyOf, r.Blacklist, r.Whitelist} {
		if list != nil {
			return *list
		}
	}
	return nil
}

func (r *Requirement) compile() error {
	if !r.Regex {
		return nil
	}
	for _, v := range r.listed() {
		if !v.is {
			return fmt.Errorf("a regular expression is a text")
		}
		e, err := compile(v.text)
		if err != nil {
			return err
		}
		r.expressions = append(r.expressions, e)
	}
	return nil
}

// matches are those of some values that the requirement names.
func (r *Requirement) matches(values []string) []string {
	var matched []string
	for _, v := range values {
		if r.names(v) {
			matched = append(matched, v)
		}
	}
	return matched
}

func (r *Requirement) names(text string) bool {
	if r.Regex {
		return slices.ContainsFunc(r.expressions, func(e expression) bool { return e.finds(text) })
	}
	return slices.ContainsFunc(r.listed(), func(v value) bool { return v.is && v.text == text })
}

// met tells whether what somebody says of themselves meets the requirement; where it is no condition, mapped are the values that it
// lets through.
func (r *Requirement) met(values []string) (mapped []string, maps, met bool) {
	if len(values) == 0 {
		return nil, false, false
	}
	switch {
	case r.AnyOneOf != nil:
		return nil, false, len(r.matches(values)) > 0
	case r.NotAnyOf != nil:
		return nil, false, len(r.matches(values)) == 0
	case r.Blacklist != nil:
		return without(values, r.matches(values)), true, true
	case r.Whitelist != nil:
		return r.matches(values), true, true
	}
	return values, true, true
}

func without(values, other []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(other, v) })
}
