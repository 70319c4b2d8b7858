package api

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"cumulet/oslo/fault"
)

// attribute is one attribute of a noun on the wire.
type attribute[N any] struct {
	name      string
	post, put bool // a request may name it
	required  bool // a POST must
	// rule tells that naming it needs a rule of its own ("create_network:shared"); def is the value that does not.
	rule bool
	def  any
	kind kind
	sort bool
	set  func(n *N, v any)
	get  func(n N) any // nil: never shown
}

// kind checks and converts an attribute's value; its errors are reasons, or faults that stand for themselves.
type kind struct {
	check func(v any) (any, error)
	// filter converts a value of the query string; it stays a string when nil.
	filter func(s string) (any, error)
}

// reason is why a value is not valid.
type reason string

func (r reason) Error() string { return string(r) }

func badRequest(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "HTTPBadRequest", format, args...)
}

// item is one noun of a request's body.
type item struct {
	raw    map[string]any // as it stood there
	values map[string]any // checked and converted
}

// given names the attributes that the request set.
func (i item) given() map[string]bool {
	out := make(map[string]bool, len(i.values))
	for name := range i.values {
		out[name] = true
	}
	return out
}

// items reads a body of one noun ({"network": …}) or several ({"networks": […]}).
// As neutron/api/v2/base.py, prepare_request_body.
func items(raw []byte, name, plural string) (list []map[string]any, bulk bool, err error) {
	if len(raw) == 0 {
		return nil, false, badRequest("Resource body required")
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var body map[string]any
	if err := d.Decode(&body); err != nil {
		return nil, false, fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: Cannot understand JSON.").Because(err)
	}
	if many, ok := body[plural]; ok {
		listed, ok := many.([]any)
		if !ok || len(listed) == 0 {
			return nil, true, badRequest("Resources required")
		}
		for _, one := range listed {
			o, ok := one.(map[string]any)
			if inner, wrapped := o[name].(map[string]any); wrapped {
				o = inner
			}
			if !ok {
				return nil, true, badRequest("Body contains invalid data")
			}
			list = append(list, o)
		}
		return list, true, nil
	}
	one, ok := body[name]
	if !ok || one == nil {
		return nil, false, badRequest("Unable to find '%s' in request body", name)
	}
	o, ok := one.(map[string]any)
	if !ok {
		return nil, false, badRequest("Object '%s' contains invalid data", name)
	}
	return []map[string]any{o}, false, nil
}

// take checks what a request sets against the table, and sets it on a noun.
func take[N any](table []attribute[N], raw map[string]any, creating bool) (item, func(*N), error) {
	if err := unknown(table, raw); err != nil {
		return item{}, nil, err
	}
	out := item{raw: raw, values: map[string]any{}}
	for i := range table {
		a := &table[i]
		v, ok := raw[a.name]
		switch {
		case ok && creating && !a.post:
			return out, nil, badRequest("Attribute '%s' not allowed in POST", a.name)
		case ok && !creating && !a.put:
			return out, nil, badRequest("Cannot update read-only attribute %s", a.name)
		case !ok && creating && a.required:
			return out, nil, badRequest("Failed to parse request. Required attribute '%s' not specified", a.name)
		case !ok:
			continue
		}
		if a.kind.check != nil {
			var err error
			if v, err = a.kind.check(v); err != nil {
				if why, ok := err.(reason); ok {
					err = badRequest("Invalid input for %s. Reason: %s.", a.name, string(why))
				}
				return out, nil, err
			}
		}
		out.values[a.name] = v
	}
	return out, func(n *N) {
		for i := range table {
			if v, ok := out.values[table[i].name]; ok && table[i].set != nil {
				table[i].set(n, v)
			}
		}
	}, nil
}

func unknown[N any](table []attribute[N], raw map[string]any) error {
	var extra []string
	for name := range raw {
		if find(table, name) == nil {
			extra = append(extra, name)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	sort.Strings(extra)
	return badRequest("Unrecognized attribute(s) '%s'", strings.Join(extra, ", "))
}

func find[N any](table []attribute[N], name string) *attribute[N] {
	for i := range table {
		if table[i].name == name {
			return &table[i]
		}
	}
	return nil
}

// python writes a value as Python's str does, for messages.
func python(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = represent(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for k := range v {
			parts = append(parts, fmt.Sprintf("'%s': %s", k, represent(v[k])))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// represent is Python's repr.
func represent(v any) string {
	if s, ok := v.(string); ok {
		return "'" + s + "'"
	}
	return python(v)
}
