package api

import (
	"encoding/json"
	"fmt"

	"cumulet/oslo/rest"
)

// create is the schema of a body that makes a noun: its members, of which one may be required. Others are let through, as
// all of keystone's schemas do. A body without the noun lacks the member: upstream takes it for an empty one.
func create(noun, members, required string) *rest.Schema {
	list, without := "", fmt.Sprintf(`{"required": [%q]}`, noun)
	if required != "" {
		list, without = fmt.Sprintf("%q", required), fmt.Sprintf(`{"required": [%q], "properties": {%q: false}}`, required, required)
	}
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "if": {"required": [%q]}, "else": %s, "properties": {%q: {
		"type": "object", "required": [%s], "properties": {%s}}}}`, noun, without, noun, list, members))
}

// update is the schema of a body that changes a noun: anything, but something.
func update(noun, members string) *rest.Schema {
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "required": [%q], "properties": {%q: {
		"type": "object", "minProperties": 1, "properties": {%s}}}}`, noun, noun, members))
}

// createMany is the schema of a body that makes several of a noun at once.
func createMany(nouns string, most int, item string) *rest.Schema {
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "required": [%q], "properties": {%q: {
		"type": "array", "minItems": 1, "maxItems": %d, "items": %s}}}`, nouns, nouns, most, item))
}

// updateOnly is the schema of a body that changes some members of a noun and no others; it may change none.
func updateOnly(noun, members string) *rest.Schema {
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "properties": {%q: {
		"type": "object", "additionalProperties": false, "properties": {%s}}}}`, noun, members))
}

// exactly is the schema of a body with a noun that has no other members than these, so many of them at least. Without the noun it is
// taken for an empty one, as upstream does.
func exactly(noun, members string, required []string, least int) *rest.Schema {
	list, err := json.Marshal(required)
	if err != nil || required == nil {
		list = []byte("[]")
	}
	one := fmt.Sprintf(`{"type": "object", "additionalProperties": false, "required": %s, "minProperties": %d, "properties": {%s}}`, list, least, members)
	noun = fmt.Sprintf("%q", noun)
	if least > 0 || len(required) > 0 {
		return rest.MustSchema(fmt.Sprintf(`{"type": "object", "required": [%s], "properties": {%s: %s}}`, noun, noun, one))
	}
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "properties": {%s: %s}}`, noun, one))
}
