package mapping

import (
	"errors"
	"strconv"
	"strings"
)

// errReference is why a local part cannot be filled: it refers to what no requirement has.
var errReference = errors.New("it refers to a remote match that does not exist")

// fill puts values in the place of {0}, {1} … in all texts of a local part. A text that is nothing but {n} becomes the list of that
// requirement's values; in other texts they stand one after another, and what it becomes is a list of one, which nobody reads again.
func fill(part any, values [][]string) (any, error) {
	switch p := part.(type) {
	case map[string]any:
		filled := make(map[string]any, len(p))
		for name, inner := range p {
			var err error
			if filled[name], err = fill(inner, values); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case []any:
		filled := make([]any, len(p))
		for i, inner := range p {
			var err error
			if filled[i], err = fill(inner, values); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case string:
		return fillText(p, values)
	}
	return part, nil
}

// fillText reads what Python's str.format would, as far as mappings need it: {n}, {} for the next, {{ and }}.
func fillText(text string, values [][]string) (any, error) {
	var b strings.Builder
	next, plain := 0, true
	for rest := text; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:at])
		if strings.HasPrefix(rest[at:], "{{") || strings.HasPrefix(rest[at:], "}}") {
			b.WriteByte(rest[at])
			rest = rest[at+2:]
			continue
		}
		name, after, closed := strings.Cut(rest[at+1:], "}")
		if rest[at] == '}' || !closed {
			return nil, errReference
		}
		n := next
		if name != "" {
			var err error
			if n, err = strconv.Atoi(name); err != nil {
				return nil, errReference
			}
		}
		next = n + 1
		if n < 0 || n >= len(values) {
			return nil, errReference
		}
		if at == 0 && after == "" && rest == text { // the whole
			return values[n], nil
		}
		b.WriteString(strings.Join(values[n], ";"))
		rest, plain = after, false
	}
	if plain {
		return b.String(), nil
	}
	return []string{b.String()}, nil
}
