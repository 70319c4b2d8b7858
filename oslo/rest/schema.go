package rest

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Schemas are a body's schemas by microversion: the last one whose From is not later than the call's version holds.
type Schemas []VersionedSchema

// VersionedSchema is a schema and the first microversion it holds for.
type VersionedSchema struct {
	From   Version
	Schema *Schema
}

// Body is the one schema of a body for all versions.
func Body(s *Schema) Schemas { return Schemas{{Schema: s}} }

// From adds the schema that holds from a later microversion on.
func (ss Schemas) From(v Version, s *Schema) Schemas {
	return append(ss[:len(ss):len(ss)], VersionedSchema{v, s})
}

// at is the schema that holds in a version, or nil.
func (ss Schemas) at(v Version) *Schema {
	var s *Schema
	for _, candidate := range ss {
		if v.Compare(candidate.From) >= 0 {
			s = candidate.Schema
		}
	}
	return s
}

// Schema is a compiled JSON Schema.
type Schema struct{ compiled *jsonschema.Schema }

// SchemaError is the first thing a body has wrong.
type SchemaError struct {
	Path    []string // where, from the root; numbers for items
	Value   any
	Keyword string // the schema's word that was broken: "maxLength"
	Message string // as Python's jsonschema words it
}

// Field is the path in one word: "servers/0/name".
func (e SchemaError) Field() string { return strings.Join(e.Path, "/") }

// MustSchema compiles a JSON Schema (draft 2020 unless it says otherwise); it panics on a bad one, at start. The formats
// uuid, date-time, ipv4, ipv6, uri, regex, and OpenStack's own are checked.
func MustSchema(text string) *Schema {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		panic(fmt.Sprintf("schema: %v in %.80s", err, text))
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, f := range formats() {
		compiler.RegisterFormat(f)
	}
	if err := compiler.AddResource("schema.json", document); err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	return &Schema{compiled}
}

// formats are those that OpenStack's schemas use beyond the standard ones.
func formats() []*jsonschema.Format {
	check := func(name string, good func(s string) bool) *jsonschema.Format {
		return &jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, ok := v.(string); ok && !good(s) {
				return fmt.Errorf("not a %s", name)
			}
			return nil
		}}
	}
	return []*jsonschema.Format{
		check("ip", func(s string) bool { _, err := netip.ParseAddr(s); return err == nil }),
		check("cidr", func(s string) bool { _, err := netip.ParsePrefix(s); return err == nil }),
		check("base64", isBase64),
	}
}

func isBase64(s string) bool {
	s = strings.Join(strings.Fields(s), "")
	return len(s)%4 == 0 && strings.Trim(strings.TrimRight(s, "="), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == ""
}

// Validate checks a decoded JSON value; nil when it fits.
func (s *Schema) Validate(value any) *SchemaError {
	err := s.compiled.Validate(value)
	var wrong *jsonschema.ValidationError
	if !errors.As(err, &wrong) {
		return nil
	}
	leaf := deepest(wrong)
	e := &SchemaError{Path: leaf.InstanceLocation, Value: at(value, leaf.InstanceLocation)}
	if keywords := leaf.ErrorKind.KeywordPath(); len(keywords) > 0 {
		e.Keyword = keywords[len(keywords)-1]
	}
	e.Message = wording(leaf.ErrorKind, e.Value)
	return e
}

// deepest follows the first cause down; anyOf and oneOf stand for their parts, which contradict each other.
func deepest(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for len(e.Causes) > 0 {
		switch e.ErrorKind.(type) {
		case *kind.AnyOf, *kind.OneOf, *kind.Not:
			return e
		}
		e = e.Causes[0]
	}
	return e
}

// at finds the value at a place.
func at(value any, path []string) any {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}
