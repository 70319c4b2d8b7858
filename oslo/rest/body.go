package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cumulet/oslo/fault"
)

// maxDepth bounds how deep JSON may nest.
const maxDepth = 64

// decode reads JSON with numbers as they stand, refusing what follows it and what nests too deeply.
func decode(raw []byte) (any, error) {
	if err := checkDepth(raw); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more follows after the value")
	}
	return v, nil
}

// checkDepth counts brackets outside strings.
func checkDepth(raw []byte) error {
	depth, inString, escaped := 0, false, false
	for _, c := range raw {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped = c == '\\'
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("nested deeper than %d", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// validate holds a call's body and query against the route's schemas, and then against what no text may hold: a schema's
// refusal says more.
func (a *API) validate(c *Call) error {
	if err := a.validateQuery(c); err != nil {
		return err
	}
	if err := a.validateBody(c); err != nil {
		return err
	}
	if holdsNUL(c.Raw) {
		return fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: %s", noNUL)
	}
	return nil
}

func (a *API) validateQuery(c *Call) error {
	query, nul := map[string]any{}, false
	for name, values := range c.Query() {
		items := make([]any, len(values))
		for i, v := range values {
			items[i] = v
			nul = nul || strings.ContainsRune(v, 0)
		}
		query[name] = items
		nul = nul || strings.ContainsRune(name, 0)
	}
	if s := c.Route.Query.at(c.Version); s != nil {
		if wrong := s.Validate(query); wrong != nil {
			return a.wrong(wrong)
		}
	}
	if nul {
		return fault.New(fault.Invalid, "HTTPBadRequest", "The query is not well formed: %s", noNUL)
	}
	return nil
}

func (a *API) validateBody(c *Call) error {
	if len(c.Raw) > 0 {
		if err := checkDepth(c.Raw); err != nil {
			return fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: %s", err)
		}
	}
	s := c.Route.In.at(c.Version)
	if s == nil {
		return nil
	}
	value, err := decode(c.Raw)
	if err != nil {
		return fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: %s", bodyError(err))
	}
	if wrong := s.Validate(value); wrong != nil {
		return a.wrong(wrong)
	}
	return nil
}

// noNUL says why U+0000 is refused: databases cut a text there or take it for the end of a statement.
const noNUL = "text must not hold the character NUL"

// holdsNUL looks for U+0000 in JSON, where it can only stand escaped.
func holdsNUL(raw []byte) bool {
	escape := []byte(`\u0000`)
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		if bytes.HasPrefix(raw[i:], escape) {
			return true
		}
		raw = raw[min(i+2, len(raw)):]
	}
}

func (a *API) wrong(e *SchemaError) error {
	if a.Dialect.Schema != nil {
		return a.Dialect.Schema(*e)
	}
	return fault.New(fault.Invalid, "ValidationError", "Invalid input for field '%s': %s", e.Field(), e.Message)
}
