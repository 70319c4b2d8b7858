package wire

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// others allows more members or items than those named.
const others = "..."

// compare holds a value against a pattern, at a place.
func compare(place string, pattern, value any, caught map[string]any) string {
	switch p := pattern.(type) {
	case map[string]any:
		v, ok := value.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: %v is no object", place, value)
		}
		return compareObject(place, p, v, caught)
	case []any:
		v, ok := value.([]any)
		if !ok {
			return fmt.Sprintf("%s: %v is no list", place, value)
		}
		return compareList(place, p, v, caught)
	case string:
		return compareText(place, p, value, caught)
	}
	if !reflect.DeepEqual(pattern, value) {
		return fmt.Sprintf("%s: is %v, want %v", place, value, pattern)
	}
	return ""
}

func compareObject(place string, pattern, value map[string]any, caught map[string]any) string {
	named := make(map[string]bool, len(pattern))
	for _, name := range catchesFirst(pattern) {
		p := pattern[name]
		name = expand(name, caught)
		named[name] = true
		if name == others {
			continue
		}
		v, ok := value[name]
		if !ok {
			return fmt.Sprintf("%s/%s: is missing", place, name)
		}
		if why := compare(place+"/"+name, p, v, caught); why != "" {
			return why
		}
	}
	if _, open := pattern[others]; open {
		return ""
	}
	for name, v := range value {
		if !named[name] {
			return fmt.Sprintf("%s/%s: is not promised (%v)", place, name, v)
		}
	}
	return ""
}

// catchesFirst orders an object's members so that what one of them catches, the others can name: {"links": "~/{id}$", "id": "<id>"}.
func catchesFirst(pattern map[string]any) []string {
	rank := func(name string) int {
		text, ok := pattern[name].(string)
		if ok && strings.HasPrefix(text, "<") {
			return 0
		}
		return 1
	}
	return slices.SortedFunc(maps.Keys(pattern), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// compareList holds items in their order; with "..." each promised item must be somewhere.
func compareList(place string, pattern, value []any, caught map[string]any) string {
	if n := len(pattern); n > 0 && pattern[n-1] == others {
		for i, p := range pattern[:n-1] {
			if !contains(p, value, caught) {
				return fmt.Sprintf("%s/%d: no item is like %v", place, i, p)
			}
		}
		return ""
	}
	if len(pattern) != len(value) {
		return fmt.Sprintf("%s: has %d items, want %d: %v", place, len(value), len(pattern), value)
	}
	for i := range pattern {
		if why := compare(fmt.Sprintf("%s/%d", place, i), pattern[i], value[i], caught); why != "" {
			return why
		}
	}
	return ""
}

func contains(pattern any, values []any, caught map[string]any) bool {
	for _, v := range values {
		tried := maps.Clone(caught)
		if compare("", pattern, v, tried) == "" {
			maps.Copy(caught, tried)
			return true
		}
	}
	return false
}

func compareText(place, pattern string, value any, caught map[string]any) string {
	if expression, ok := strings.CutPrefix(pattern, "~"); ok {
		matched, err := regexp.MatchString(expand(expression, caught), fmt.Sprint(value))
		if err != nil || !matched {
			return fmt.Sprintf("%s: %v does not match %q (%v)", place, value, expression, err)
		}
		return ""
	}
	name, isName := strings.CutPrefix(pattern, "<")
	if !isName || !strings.HasSuffix(name, ">") {
		if want := expand(pattern, caught); want != value {
			return fmt.Sprintf("%s: is %v, want %q", place, value, want)
		}
		return ""
	}
	name = strings.TrimSuffix(name, ">")
	text := fmt.Sprint(value)
	switch name {
	case "*":
		return ""
	case "uuid":
		if _, err := uuid.Parse(text); err != nil {
			return fmt.Sprintf("%s: %v is no UUID", place, value)
		}
		return ""
	case "time":
		if !isTime(text) {
			return fmt.Sprintf("%s: %v is no time", place, value)
		}
		return ""
	}
	if before, ok := caught[name]; ok {
		if !reflect.DeepEqual(before, value) {
			return fmt.Sprintf("%s: is %v, but %s was %v", place, value, name, before)
		}
		return ""
	}
	caught[name] = value
	return ""
}

// isTime takes the forms that OpenStack's services write.
func isTime(s string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}
