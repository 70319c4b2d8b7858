package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) roleRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/roles", Rule: "identity:create_role", In: rest.Body(roleCreate), Status: 201, Run: rest.JSON(a.createRole)},
		{Do: "GET /v3/roles", Rule: "identity:list_roles", Status: 200, Run: rest.Get(a.listRoles)},
		{Do: "GET /v3/roles/{id}", Rule: "identity:get_role", Status: 200, Run: rest.Get(a.showRole)},
		{Do: "PATCH /v3/roles/{id}", Rule: "identity:update_role", In: rest.Body(roleUpdate), Status: 200, Run: rest.JSON(a.updateRole)},
		{Do: "DELETE /v3/roles/{id}", Rule: "identity:delete_role", Status: 204, Run: rest.Do(a.deleteRole)},
	}
}

// roleMembers are keystone/assignment/schema.py's.
const roleMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"description": {"type": "string"},
	"options": {"type": "object", "additionalProperties": false, "properties": {"immutable": {"type": ["boolean", "null"]}}}`

var roleCreate, roleUpdate = create("role", roleMembers, "name"), update("role", roleMembers)

var roleKnown = []string{"name", "domain_id", "description", "options"}

// roleRule is the rule of a deed: the roles of a domain have rules of their own.
func roleRule(c *rest.Call, r keystone.Role) string {
	if r.DomainID == "" {
		return c.Route.Rule
	}
	return domainRoleRules[c.Route.Rule]
}

var domainRoleRules = map[string]string{
	"identity:create_role": "identity:create_domain_role", "identity:list_roles": "identity:list_domain_roles",
	"identity:get_role": "identity:get_domain_role", "identity:update_role": "identity:update_domain_role",
	"identity:delete_role": "identity:delete_domain_role",
}

func (a *API) createRole(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["role"]
	r := keystone.Role{Name: given.word("name"), DomainID: given.word("domain_id"), Extra: given.extra(roleKnown...)}
	keystone.RoleChange{Description: given.text("description"), Options: given.object("options")}.Apply(&r)
	if err := c.AuthorizeRule(roleRule(c, r), policy.Target{"target.role.domain_id": r.DomainID}); err != nil {
		return nil, err
	}
	r, err := a.Assignment.CreateRole(ctx, r)
	return view{"role": roleView(c, r)}, err
}

func (a *API) listRoles(ctx context.Context, c *rest.Call) (view, error) {
	domainID := c.Query().Get("domain_id")
	if err := c.AuthorizeRule(roleRule(c, keystone.Role{DomainID: domainID}), policy.Target{}); err != nil {
		return nil, err
	}
	q := a.query(c, "name", "domain_id")
	if !has(q, "domain_id") { // without a domain the global roles; as keystone/api/roles.py
		q.Where = append(q.Where, keystone.Condition{Attribute: "domain_id", Value: ""})
	}
	roles, err := a.Assignment.Roles(ctx, q)
	return collection(a, c, "roles", roles, roleView), err
}

// role is the role of the path, once the caller may do the route's thing to it.
func (a *API) role(ctx context.Context, c *rest.Call) (keystone.Role, error) {
	r, err := a.Assignment.Role(ctx, c.Path("id"))
	target := policy.Target{"target.role.id": r.ID, "target.role.domain_id": r.DomainID}
	if denied := c.AuthorizeRule(roleRule(c, r), target); denied != nil {
		return r, denied
	}
	return r, err
}

func (a *API) showRole(ctx context.Context, c *rest.Call) (view, error) {
	r, err := a.role(ctx, c)
	return view{"role": roleView(c, r)}, err
}

func (a *API) updateRole(ctx context.Context, c *rest.Call, in body) (view, error) {
	r, err := a.role(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["role"]
	if err := given.same("id", r.ID, "ID"); err != nil {
		return nil, err
	}
	if err := given.same("domain_id", r.DomainID, "Domain ID"); err != nil {
		return nil, err
	}
	r, err = a.Assignment.UpdateRole(ctx, r.ID, keystone.RoleChange{
		Name: given.text("name"), Description: given.text("description"), Options: given.object("options"), Extra: given.extra(roleKnown...),
	})
	return view{"role": roleView(c, r)}, err
}

func (a *API) deleteRole(ctx context.Context, c *rest.Call) error {
	r, err := a.role(ctx, c)
	if err != nil {
		return err
	}
	return a.Assignment.DeleteRole(ctx, r.ID)
}

func roleView(c *rest.Call, r keystone.Role) view {
	return seen(c, "roles/"+r.ID, r.Extra, view{
		"id": r.ID, "name": r.Name, "domain_id": orNull(r.DomainID), "description": r.Description, "options": options(r.Options),
	})
}
