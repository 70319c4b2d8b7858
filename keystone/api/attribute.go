package api

import (
	"encoding/json"
	"maps"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

// body is a request's JSON: one noun's name and its attributes.
type body map[string]attributes

// UnmarshalJSON takes the members that are objects; others beside the noun are let pass, as upstream does.
func (b *body) UnmarshalJSON(raw []byte) error {
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	*b = body{}
	for name, v := range all {
		if members, ok := v.(map[string]any); ok {
			(*b)[name] = members
		}
	}
	return nil
}

// attributes are a noun's members as given. What the noun does not know is kept as its extra, as keystone always has.
type attributes map[string]any

// text is a member's text; nil where it is absent, empty where it is null.
func (a attributes) text(name string) *string {
	v, given := a[name]
	if !given {
		return nil
	}
	s, _ := v.(string)
	return &s
}

// nullable is a member's text or null; nil where it is absent.
func (a attributes) nullable(name string) **string {
	v, given := a[name]
	if !given {
		return nil
	}
	var text *string
	if s, ok := v.(string); ok {
		text = &s
	}
	return &text
}

// orNil is nullable of a member that a typed body has.
func orNil(o rest.Optional[string]) **string {
	if !o.Set {
		return nil
	}
	var text *string
	if !o.Null {
		text = &o.Value
	}
	return &text
}

// word is a member's text, empty where it is absent.
func (a attributes) word(name string) string {
	s, _ := a[name].(string)
	return s
}

// flag is a boolean member; nil where it is absent or null.
func (a attributes) flag(name string) *bool {
	b, ok := a[name].(bool)
	if !ok {
		return nil
	}
	return &b
}

// flagOr is a boolean member, or else what it is without.
func (a attributes) flagOr(name string, otherwise bool) bool {
	if b := a.flag(name); b != nil {
		return *b
	}
	return otherwise
}

// number is a whole number; nil where it is absent or null.
func (a attributes) number(name string) *int {
	f, ok := a[name].(float64)
	if !ok {
		return nil
	}
	n := int(f)
	return &n
}

// object is a member that is an object.
func (a attributes) object(name string) attributes {
	switch v := a[name].(type) {
	case map[string]any:
		return v
	case attributes:
		return v
	}
	return nil
}

// words is a member that is a list of texts; nil where it is absent.
func (a attributes) words(name string) *[]string {
	list, given := a[name].([]any)
	if !given {
		return nil
	}
	words := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			words = append(words, s)
		}
	}
	return &words
}

// extra is what is left without the members that the noun knows.
func (a attributes) extra(known ...string) map[string]any {
	left := map[string]any{}
	for name, v := range a {
		if name != "id" && name != "links" && !slices.Contains(known, name) {
			left[name] = v
		}
	}
	if len(left) == 0 {
		return nil
	}
	return left
}

// same refuses a body that would change what cannot change. As keystone/server/flask/common.py, _require_matching_id.
func (a attributes) same(name, value, label string) error {
	if given := a.text(name); given != nil && *given != value {
		return keystone.Invalid("Cannot change %s", label)
	}
	return nil
}

// view is a noun as the API shows it.
type view map[string]any

// seen makes a noun's view: its members over its extra, and the link to itself.
func seen(c *rest.Call, path string, extra map[string]any, members view) view {
	v := view{}
	maps.Copy(v, extra)
	maps.Copy(v, members)
	v["links"] = view{"self": c.URL("/v3/" + path)}
	return v
}

// orNull shows nothing as null.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// options shows options, of which there may be none.
func options(o map[string]any) map[string]any {
	if o == nil {
		return map[string]any{}
	}
	return o
}

// tags shows tags, of which there may be none.
func tags(t []string) []string {
	if t == nil {
		return []string{}
	}
	return t
}
