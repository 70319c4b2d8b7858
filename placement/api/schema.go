package api

import (
	"strings"

	"cumulet/oslo/rest"
)

// Shapes that several schemas share; as placement/schemas/common.py.
const (
	uuidPattern    = `^[0-9a-fA-F-]{36}$`
	uuidForm       = `^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$` // upstream's format "uuid"
	classPattern   = `^[A-Z0-9_]+$`
	customPattern  = `^CUSTOM_[A-Z0-9_]+$`
	numberedGroup  = `[1-9][0-9]*`
	suffixedGroup  = `[a-zA-Z0-9_-]{1,64}`
	amount         = `{"type": "integer", "minimum": 1, "maximum": 2147483647}`
	column         = `{"type": "integer", "maximum": 2147483647, "minimum": `
	generation     = `"resource_provider_generation": {"type": "integer"}`
	owner          = `{"type": "string", "minLength": 1, "maxLength": 255}`
	oneString      = `{"type": "array", "items": {"type": "string", "maxLength": 10000}}`
	resourceObject = `{"type": "object", "minProperties": 1, "patternProperties": {"` + classPattern + `": ` + amount + `}, "additionalProperties": false}`
)

// schema compiles an object schema from its members and the names of those that must be there.
func schema(properties, required string) *rest.Schema {
	return rest.MustSchema(object(properties, required))
}

func object(properties, required string) string {
	s := `{"type": "object", "additionalProperties": false, "properties": {` + properties + `}`
	if required != "" {
		s += `, "required": ["` + strings.ReplaceAll(required, " ", `", "`) + `"]`
	}
	return s + "}"
}

// query compiles the schema of a query string that takes these parameters and no others.
func query(names ...string) *rest.Schema {
	for i, n := range names {
		names[i] = `"` + n + `": ` + oneString
	}
	return schema(strings.Join(names, ", "), "")
}
