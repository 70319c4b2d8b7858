package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cumulet/oslo/rest"
)

//go:embed schemas/metadef.json
var metadefText []byte

// metadefSchema is the schema of a thing of the metadata definitions, and of a list of them.
type metadefSchema struct {
	name             string
	check            *rest.Schema
	single, together json.RawMessage
}

// metadefSchemas are what the API serves under /v2/schemas/metadefs, and checks bodies with.
type metadefSchemas struct {
	namespace, object, property, tag, association, bareProperty, tagList metadefSchema
}

// loadMetadefSchemas puts schemas together as glance/schema.py does.
func loadMetadefSchemas() (s metadefSchemas, err error) {
	var in struct {
		Definitions         map[string]any `json:"definitions"`
		PropertyDefinitions map[string]any `json:"property_definitions"`
		Namespace           map[string]any `json:"namespace"`
		Object              map[string]any `json:"object"`
		Tag                 map[string]any `json:"tag"`
		Tags                map[string]any `json:"tags"`
		Association         map[string]any `json:"resource_type_association"`
	}
	if err := json.Unmarshal(metadefText, &in); err != nil {
		return s, fmt.Errorf("schemas of metadata definitions: %w", err)
	}
	property := in.Definitions["property"].(map[string]any)["additionalProperties"].(map[string]any)["properties"].(map[string]any)
	for _, one := range []struct {
		into                    *metadefSchema
		name, list              string
		properties, definitions map[string]any
		required                []string
	}{
		{&s.namespace, "namespace", "namespaces", in.Namespace, in.Definitions, []string{"namespace"}},
		{&s.object, "object", "objects", in.Object, in.Definitions, []string{"name"}},
		{&s.property, "property", "properties", property, in.PropertyDefinitions, []string{"type", "title", "name"}},
		{&s.bareProperty, "property", "properties", property, in.PropertyDefinitions, []string{"type", "title"}},
		{&s.tag, "tag", "tags", in.Tag, nil, []string{"name"}},
		{&s.tagList, "tags", "", in.Tags, nil, nil},
		{&s.association, "resource_type_association", "resource_type_associations", in.Association, nil, []string{"name"}},
	} {
		if *one.into, err = newMetadefSchema(one.name, one.list, one.properties, one.definitions, one.required); err != nil {
			return s, err
		}
	}
	return s, nil
}

func newMetadefSchema(name, list string, properties, definitions map[string]any, required []string) (s metadefSchema, err error) {
	raw := map[string]any{"name": name, "properties": properties, "additionalProperties": false}
	if required != nil {
		raw["required"] = required
	}
	item := maps.Clone(raw)
	if definitions != nil {
		raw["definitions"] = definitions
	}
	if s.single, err = json.Marshal(raw); err != nil {
		return s, err
	}
	s.name, s.check = name, rest.MustSchema(string(s.single))
	word := map[string]any{"type": "string"}
	things := map[string]any{"type": "array", "items": item}
	if list == "properties" { // by their names, which is no member of theirs there
		item["required"] = slices.DeleteFunc(slices.Clone(required), func(r string) bool { return r == "name" })
		things = map[string]any{"type": "object", "additionalProperties": item}
	}
	all := map[string]any{
		"name": list, "properties": map[string]any{list: things, "first": word, "next": word, "schema": word},
		"links": []linkView{{"first", "{first}"}, {"next", "{next}"}, {"describedby", "{schema}"}},
	}
	if definitions != nil {
		all["definitions"] = definitions
	}
	s.together, err = json.Marshal(all)
	return s, err
}
