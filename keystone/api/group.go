package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) groupRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/groups", Rule: "identity:create_group", In: rest.Body(groupCreate), Status: 201, Run: rest.JSON(a.createGroup)},
		{Do: "GET /v3/groups", Rule: "identity:list_groups", Status: 200, Run: rest.Get(a.listGroups)},
		{Do: "GET /v3/groups/{id}", Rule: "identity:get_group", Status: 200, Run: rest.Get(a.showGroup)},
		{Do: "PATCH /v3/groups/{id}", Rule: "identity:update_group", In: rest.Body(groupUpdate), Status: 200, Run: rest.JSON(a.updateGroup)},
		{Do: "DELETE /v3/groups/{id}", Rule: "identity:delete_group", Status: 204, Run: rest.Do(a.deleteGroup)},
		{Do: "GET /v3/groups/{id}/users", Rule: "identity:list_users_in_group", Status: 200, Run: rest.Get(a.listUsersInGroup)},
		{Do: "GET /v3/groups/{id}/users/{user}", Rule: "identity:check_user_in_group", Status: 204, Run: rest.Do(a.checkMember)},
		{Do: "PUT /v3/groups/{id}/users/{user}", Rule: "identity:add_user_to_group", Status: 204, Run: rest.Do(a.addMember)},
		{Do: "DELETE /v3/groups/{id}/users/{user}", Rule: "identity:remove_user_from_group", Status: 204, Run: rest.Do(a.removeMember)},
	}
}

// groupMembers are keystone/identity/schema.py's.
const groupMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"domain_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"description": {"type": ["string", "null"]}`

var groupCreate, groupUpdate = create("group", groupMembers, "name"), update("group", groupMembers)

var groupKnown = []string{"name", "domain_id", "description"}

func (a *API) createGroup(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["group"]
	g := keystone.Group{
		Name: given.word("name"), DomainID: homeDomain(c, given), Description: given.word("description"), Extra: given.extra(groupKnown...),
	}
	if err := c.Authorize(policy.Target{"target.group.domain_id": g.DomainID}); err != nil {
		return nil, err
	}
	g, err := a.Identity.CreateGroup(ctx, g)
	return view{"group": groupView(c, g)}, err
}

func (a *API) listGroups(ctx context.Context, c *rest.Call) (view, error) {
	q, err := a.inDomain(c, a.query(c, "domain_id", "name"))
	if err != nil {
		return nil, err
	}
	groups, err := a.Identity.Groups(ctx, q)
	return collection(a, c, "groups", groups, groupView), err
}

// group is the group of the path, once the caller may do the route's thing to it.
func (a *API) group(ctx context.Context, c *rest.Call) (keystone.Group, error) {
	g, err := a.Identity.Group(ctx, c.Path("id"))
	target := policy.Target{"target.group.id": g.ID, "target.group.domain_id": g.DomainID}
	if user := c.Path("user"); user != "" {
		u, missing := a.Identity.User(ctx, user)
		target["target.user.domain_id"] = u.DomainID
		if err == nil {
			err = missing
		}
	}
	if denied := c.Authorize(target); denied != nil {
		return g, denied
	}
	return g, err
}

func (a *API) showGroup(ctx context.Context, c *rest.Call) (view, error) {
	g, err := a.group(ctx, c)
	return view{"group": groupView(c, g)}, err
}

func (a *API) updateGroup(ctx context.Context, c *rest.Call, in body) (view, error) {
	g, err := a.group(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["group"]
	if err := given.same("id", g.ID, "ID"); err != nil {
		return nil, err
	}
	if err := given.same("domain_id", g.DomainID, "Domain ID"); err != nil {
		return nil, err
	}
	g, err = a.Identity.UpdateGroup(ctx, g.ID, keystone.GroupChange{
		Name: given.text("name"), Description: given.text("description"), Extra: given.extra(groupKnown...),
	})
	return view{"group": groupView(c, g)}, err
}

func (a *API) deleteGroup(ctx context.Context, c *rest.Call) error {
	g, err := a.group(ctx, c)
	if err != nil {
		return err
	}
	return a.Identity.DeleteGroup(ctx, g.ID)
}

func (a *API) listUsersInGroup(ctx context.Context, c *rest.Call) (view, error) {
	g, err := a.group(ctx, c)
	if err != nil {
		return nil, err
	}
	q, err := expiring(c, a.query(c, "domain_id", "enabled", "name"))
	if err != nil {
		return nil, err
	}
	users, err := a.Identity.UsersInGroup(ctx, g.ID)
	users = keystone.Select(q, users, func(u keystone.User) map[string]any {
		return map[string]any{"domain_id": u.DomainID, "enabled": u.Enabled, "name": u.Name, "password_expires_at": u.PasswordExpiresAt}
	})
	return collection(a, c, "users", users, userView), err
}

// member is the membership of the path, once the caller may do the route's thing to it.
func (a *API) member(ctx context.Context, c *rest.Call) (keystone.Membership, error) {
	g, err := a.group(ctx, c)
	return keystone.Membership{GroupID: g.ID, UserID: c.Path("user")}, err
}

func (a *API) checkMember(ctx context.Context, c *rest.Call) error {
	m, err := a.member(ctx, c)
	if err != nil {
		return err
	}
	return a.Identity.CheckMember(ctx, m)
}

func (a *API) addMember(ctx context.Context, c *rest.Call) error {
	m, err := a.member(ctx, c)
	if err != nil {
		return err
	}
	return a.Identity.AddMember(ctx, m)
}

func (a *API) removeMember(ctx context.Context, c *rest.Call) error {
	m, err := a.member(ctx, c)
	if err != nil {
		return err
	}
	return a.Identity.RemoveMember(ctx, m)
}

func groupView(c *rest.Call, g keystone.Group) view {
	return seen(c, "groups/"+g.ID, g.Extra, view{
		"id": g.ID, "name": g.Name, "domain_id": g.DomainID, "description": g.Description,
	})
}
