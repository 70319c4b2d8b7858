package rest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// wording is what Python's jsonschema says of a broken word, since clients have learnt to read that.
func wording(k jsonschema.ErrorKind, value any) string {
	shown := Python(value)
	switch k := k.(type) {
	case *kind.Required:
		return fmt.Sprintf("'%s' is a required property", k.Missing[0])
	case *kind.Type:
		return fmt.Sprintf("%s is not of type %s", shown, quoteAll(k.Want))
	case *kind.MinLength:
		if k.Want == 1 {
			return fmt.Sprintf("%s is too short", shown)
		}
		return fmt.Sprintf("%s is too short", shown)
	case *kind.MaxLength:
		return fmt.Sprintf("%s is too long", shown)
	case *kind.MinItems:
		return fmt.Sprintf("%s is too short", shown)
	case *kind.MaxItems:
		return fmt.Sprintf("%s is too long", shown)
	case *kind.Pattern:
		return fmt.Sprintf("%s does not match %s", shown, Python(k.Want))
	case *kind.Enum:
		return fmt.Sprintf("%s is not one of %s", shown, Python(k.Want))
	case *kind.Format:
		return fmt.Sprintf("%s is not a '%s'", shown, k.Want)
	case *kind.AdditionalProperties:
		return additional(k.Properties)
	case *kind.Minimum:
		want, _ := k.Want.Float64()
		return fmt.Sprintf("%s is less than the minimum of %v", shown, want)
	case *kind.Maximum:
		want, _ := k.Want.Float64()
		return fmt.Sprintf("%s is greater than the maximum of %v", shown, want)
	case *kind.MinProperties:
		return fmt.Sprintf("%s does not have enough properties", shown)
	case *kind.MaxProperties:
		return fmt.Sprintf("%s has too many properties", shown)
	case *kind.UniqueItems:
		return fmt.Sprintf("%s has non-unique elements", shown)
	case *kind.AnyOf, *kind.OneOf:
		return fmt.Sprintf("%s is not valid under any of the given schemas", shown)
	}
	return fmt.Sprintf("%s is not valid", shown)
}

func additional(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) == 1 {
		return fmt.Sprintf("Additional properties are not allowed (%s was unexpected)", Python(names[0]))
	}
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > maxShown {
			b.WriteString("...")
			break
		}
		b.WriteString(Python(n))
	}
	return fmt.Sprintf("Additional properties are not allowed (%s were unexpected)", b.String())
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + w + "'"
	}
	return strings.Join(quoted, ", ")
}

// maxShown bounds how much of a value an error echoes, in bytes.
const maxShown = 1024

// Python writes a JSON value as Python's repr does, shortened.
func Python(v any) string {
	var b strings.Builder
	python(&b, v)
	if b.Len() > maxShown {
		return strings.ToValidUTF8(b.String()[:maxShown], "") + "..."
	}
	return b.String()
}

func python(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case string:
		if strings.Contains(v, "'") && !strings.Contains(v, `"`) {
			b.WriteString(`"` + v + `"`)
			return
		}
		b.WriteString("'" + strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), "'", `\'`) + "'")
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > maxShown {
				break
			}
			python(b, item)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		first := true
		for name, item := range v {
			if !first {
				b.WriteString(", ")
			}
			if b.Len() > maxShown {
				break
			}
			first = false
			python(b, name)
			b.WriteString(": ")
			python(b, item)
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v)
	}
}
