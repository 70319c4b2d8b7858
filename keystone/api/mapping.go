package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) mappingRoutes() []rest.Route {
	const all, one = "/v3/OS-FEDERATION/mappings", "/v3/OS-FEDERATION/mappings/{id}"
	return []rest.Route{
		{Do: "PUT " + one, Rule: "identity:create_mapping", In: rest.Body(mappingRules), Status: 201, Run: rest.JSON(a.createMapping)},
		{Do: "GET " + all, Rule: "identity:list_mappings", Status: 200, Run: rest.Get(a.listMappings)},
		{Do: "GET " + one, Rule: "identity:get_mapping", Status: 200, Run: rest.Get(a.showMapping)},
		{Do: "PATCH " + one, Rule: "identity:update_mapping", In: rest.Body(mappingRules), Status: 200, Run: rest.JSON(a.updateMapping)},
		{Do: "DELETE " + one, Rule: "identity:delete_mapping", Status: 204, Run: rest.Do(a.deleteMapping)},
	}
}

// mappingRules is keystone/federation/utils.py, MAPPING_SCHEMA; the bounds on numbers are ours. Other members of a mapping are let pass, as
// upstream does.
var mappingRules = rest.MustSchema(`{"type": "object", "required": ["mapping"], "properties": {"mapping": {
	"type": "object", "required": ["rules"], "properties": {"rules": {"type": "array", "minItems": 1, "maxItems": 1024, "items": {
		"type": "object", "required": ["local", "remote"], "additionalProperties": false, "properties": {
			"local": {"type": "array", "maxItems": 1024, "items": {"type": "object", "additionalProperties": false, "properties": {
				"user": {"type": "object", "additionalProperties": false, "properties": {
					"id": {"type": "string"}, "name": {"type": "string"}, "email": {"type": "string"}, "domain": {"$ref": "#/$defs/domain"},
					"type": {"type": "string", "enum": ["ephemeral", "local"]}}},
				"projects": {"type": "array", "maxItems": 1024, "items": {"type": "object", "required": ["name", "roles"], "additionalProperties": false, "properties": {
					"name": {"type": "string"},
					"roles": {"type": "array", "maxItems": 64, "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}}},
				"group": {"type": "object", "oneOf": [
					{"type": "object", "additionalProperties": false, "required": ["id"], "properties": {"id": {"type": "string"}}},
					{"type": "object", "additionalProperties": false, "required": ["name", "domain"], "properties": {
						"name": {"type": "string"}, "domain": {"$ref": "#/$defs/domain"}}}]},
				"groups": {"type": "string"},
				"group_ids": {"type": "string"},
				"domain": {"$ref": "#/$defs/domain"}}}},
			"remote": {"type": "array", "minItems": 1, "maxItems": 1024, "items": {"type": "object", "oneOf": [
				{"type": "object", "additionalProperties": false, "required": ["type"], "properties": {"type": {"type": "string"}}},
				{"type": "object", "additionalProperties": false, "required": ["type", "any_one_of"], "properties": {
					"type": {"type": "string"}, "any_one_of": {"type": "array"}, "regex": {"type": "boolean"}}},
				{"type": "object", "additionalProperties": false, "required": ["type", "not_any_of"], "properties": {
					"type": {"type": "string"}, "not_any_of": {"type": "array"}, "regex": {"type": "boolean"}}},
				{"type": "object", "additionalProperties": false, "required": ["type", "blacklist"], "properties": {
					"type": {"type": "string"}, "blacklist": {"type": "array"}, "regex": {"type": "boolean"}}},
				{"type": "object", "additionalProperties": false, "required": ["type", "whitelist"], "properties": {
					"type": {"type": "string"}, "whitelist": {"type": "array"}, "regex": {"type": "boolean"}}}]}}}}}}}},
	"$defs": {"domain": {"type": "object", "additionalProperties": false, "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}}}`)

// mappingOf is the mapping that a body gives to the id of the path.
func mappingOf(c *rest.Call, in body) (keystone.Mapping, error) {
	id, err := chosenID(c, "id", "a mapping")
	rules, _ := in["mapping"]["rules"].([]any)
	return keystone.Mapping{ID: id, Rules: rules}, err
}

func (a *API) createMapping(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	m, err := mappingOf(c, in)
	if err != nil {
		return nil, err
	}
	m, err = a.Federation.CreateMapping(ctx, m)
	return view{"mapping": mappingView(c, m)}, err
}

func (a *API) listMappings(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	mappings, err := a.Federation.Mappings(ctx, a.query(c))
	return collection(a, c, "mappings", mappings, mappingView), err
}

func (a *API) showMapping(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	m, err := a.Federation.Mapping(ctx, c.Path("id"))
	return view{"mapping": mappingView(c, m)}, err
}

func (a *API) updateMapping(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	m, err := mappingOf(c, in)
	if err != nil {
		return nil, err
	}
	m, err = a.Federation.UpdateMapping(ctx, m)
	return view{"mapping": mappingView(c, m)}, err
}

func (a *API) deleteMapping(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Federation.DeleteMapping(ctx, c.Path("id"))
}

func mappingView(c *rest.Call, m keystone.Mapping) view {
	return seen(c, "OS-FEDERATION/mappings/"+m.ID, nil, view{"id": m.ID, "rules": m.Rules})
}
