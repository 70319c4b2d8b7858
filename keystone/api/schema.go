package api

import (
	"fmt"

	"cumulet/oslo/rest"
)

// create is the schema of a body that makes a noun: its members, of which one may be required. Others are let through, as
// all of keystone's schemas do.
func create(noun, members, required string) *rest.Schema {
	list := ""
	if required != "" {
		list = fmt.Sprintf("%q", required)
	}
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "required": [%q], "properties": {%q: {
		"type": "object", "required": [%s], "properties": {%s}}}}`, noun, noun, list, members))
}

// update is the schema of a body that changes a noun: anything, but something.
func update(noun, members string) *rest.Schema {
	return rest.MustSchema(fmt.Sprintf(`{"type": "object", "required": [%q], "properties": {%q: {
		"type": "object", "minProperties": 1, "properties": {%s}}}}`, noun, noun, members))
}
