package api

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

// roleList is how bodies list the roles that a trust, an application credential or a consumer is given, with a bound on them.
const roleList = `{"type": "array", "maxItems": 256, "items": {
	"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
		"id": ` + idString + `, "name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"}}}}`

// roleMeant is the id of a role that a body names by its id or its name.
func (a *API) roleMeant(ctx context.Context, id, name string) (string, error) {
	if id != "" {
		return id, nil
	}
	role, err := a.Assignment.RoleByName(ctx, "", name)
	return role.ID, err
}

// rolesNamed are the ids of the roles that a body lists, each once.
func (a *API) rolesNamed(ctx context.Context, given attributes) ([]string, error) {
	list, _ := given["roles"].([]any)
	var ids []string
	for _, one := range list {
		role, _ := one.(map[string]any)
		id, err := a.roleMeant(ctx, attributes(role).word("id"), attributes(role).word("name"))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// roleAmong is the role of the path, which must be one of those that were handed on.
func (a *API) roleAmong(ctx context.Context, c *rest.Call, ids []string) (keystone.Role, error) {
	if !slices.Contains(ids, c.Path("role")) {
		return keystone.Role{}, keystone.NotFound("role", c.Path("role"))
	}
	return a.Assignment.Role(ctx, c.Path("role"))
}
