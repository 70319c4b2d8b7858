package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) userRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/users", Rule: "identity:create_user", In: rest.Body(userCreate), Status: 201, Run: rest.JSON(a.createUser)},
		{Do: "GET /v3/users", Rule: "identity:list_users", Status: 200, Run: rest.Get(a.listUsers)},
		{Do: "GET /v3/users/{id}", Rule: "identity:get_user", Status: 200, Run: rest.Get(a.showUser)},
		{Do: "PATCH /v3/users/{id}", Rule: "identity:update_user", In: rest.Body(userUpdate), Status: 200, Run: rest.JSON(a.updateUser)},
		{Do: "DELETE /v3/users/{id}", Rule: "identity:delete_user", Status: 204, Run: rest.Do(a.deleteUser)},
		{Do: "POST /v3/users/{id}/password", Rule: rest.Public, In: rest.Body(passwordChange), Status: 204, Unkept: true, Run: rest.Act(a.changePassword)},
		{Do: "GET /v3/users/{id}/groups", Rule: "identity:list_groups_for_user", Status: 200, Run: rest.Get(a.listGroupsOfUser)},
		{Do: "GET /v3/users/{id}/projects", Rule: "identity:list_user_projects", Status: 200, Run: rest.Get(a.listUserProjects)},
	}
}

// userMembers are keystone/identity/schema.py's; further members are kept as they are.
const userMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"domain_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"default_project_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"description": {"type": ["string", "null"]},
	"enabled": {"type": "boolean"},
	"password": {"type": ["string", "null"]},
	"options": {"type": "object", "additionalProperties": false, "properties": {
		"ignore_change_password_upon_first_use": {"type": ["boolean", "null"]},
		"ignore_password_expiry": {"type": ["boolean", "null"]},
		"ignore_lockout_failure_attempts": {"type": ["boolean", "null"]},
		"lock_password": {"type": ["boolean", "null"]},
		"ignore_user_inactivity": {"type": ["boolean", "null"]},
		"multi_factor_auth_enabled": {"type": ["boolean", "null"]},
		"multi_factor_auth_rules": {"type": ["array", "null"], "uniqueItems": true, "items": {
			"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string"}}}}}`

var (
	userCreate     = create("user", userMembers+", "+federatedMembers, "name")
	userUpdate     = update("user", userMembers+", "+federatedMembers)
	passwordChange = rest.MustSchema(`{"type": "object", "required": ["user"], "properties": {"user": {
		"type": "object", "required": ["original_password", "password"], "additionalProperties": false,
		"properties": {"original_password": {"type": "string"}, "password": {"type": "string"}}}}}`)
)

var userKnown = []string{"name", "domain_id", "default_project_id", "enabled", "password", "options", "password_expires_at", "federated"}

func (a *API) createUser(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["user"]
	u := keystone.User{
		Name: given.word("name"), DomainID: homeDomain(c, given), Enabled: given.flagOr("enabled", true),
		DefaultProjectID: given.word("default_project_id"), Extra: given.extra(userKnown...),
	}
	keystone.UserChange{Options: given.object("options")}.Apply(&u)
	if err := c.Authorize(policy.Target{"target.user.domain_id": u.DomainID}); err != nil {
		return nil, err
	}
	if err := a.Identity.Fits(given.secret()); err != nil {
		return nil, err
	}
	called, linked := given.federated()
	if err := a.Federation.Linkable(ctx, "", called); err != nil {
		return nil, err
	}
	u, err := a.Identity.CreateUser(ctx, u, given.secret())
	if err == nil && linked {
		err = a.Federation.Link(ctx, u, called)
	}
	return a.shownUser(ctx, c, u, err)
}

// secret is the password given; null is none.
func (a attributes) secret() *string {
	if a["password"] == nil {
		return nil
	}
	return a.text("password")
}

// homeDomain is the domain said, else that of the caller's scope. As keystone/server/flask/common.py, _normalize_domain_id.
func homeDomain(c *rest.Call, given attributes) string {
	for _, id := range []string{given.word("domain_id"), c.Who.DomainID, c.Who.ProjectDomainID} {
		if id != "" {
			return id
		}
	}
	return keystone.DefaultDomain
}

func (a *API) listUsers(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	q, err := a.inDomain(c, a.query(c, "domain_id", "enabled", "name", "idp_id", "protocol_id", "unique_id"))
	if err == nil {
		q, err = expiring(c, q)
	}
	if err != nil {
		return nil, err
	}
	elsewhere, err := a.Identity.Elsewhere(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.kept(ctx, c, !elsewhere, func() (view, error) {
		users, err := a.Identity.Users(ctx, q)
		return collection(a, c, "users", users, userView), err
	})
}

// expiring adds when passwords expire to a query: "password_expires_at=lt:2026-11-30T00:00:00Z". As keystone/identity/core.py,
// _translate_expired_password_hints.
func expiring(c *rest.Call, q keystone.Query) (keystone.Query, error) {
	for _, value := range c.Query()["password_expires_at"] {
		operator, moment := "eq", value
		if len(value) > 2 && strings.Contains(value[2:min(4, len(value))], ":") {
			operator, moment, _ = strings.Cut(value, ":")
		}
		at, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			return q, keystone.Invalid("Timestamp not in expected format.")
		}
		compare := keystone.Comparison(operator)
		switch compare {
		case "eq":
			compare = keystone.Equals
		case keystone.Before, keystone.NotAfter, keystone.After, keystone.NotBefore, keystone.Differs:
		default:
			return q, keystone.Invalid("The given operator %s is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.", operator)
		}
		q.Where = append(q.Where[:len(q.Where):len(q.Where)], keystone.Condition{Attribute: "password_expires_at", Compare: compare, Value: at.UTC()})
	}
	return q, nil
}

// inDomain authorizes a list of what lies in domains; a caller with a domain for scope sees no other.
func (a *API) inDomain(c *rest.Call, q keystone.Query) (keystone.Query, error) {
	domainID := c.Query().Get("domain_id")
	if domainID == "" {
		domainID = c.Who.DomainID
	}
	if err := c.Authorize(policy.Target{"target.domain_id": domainID, "target.group.domain_id": domainID}); err != nil {
		return q, err
	}
	return q.And("domain_id", c.Who.DomainID), nil
}

// user is the user of the path, once the caller may do the route's thing to them. What is not there is told to those who may.
func (a *API) user(ctx context.Context, c *rest.Call) (keystone.User, error) {
	u, err := a.Identity.User(ctx, c.Path("id"))
	if denied := c.Authorize(userTarget(u, c.Path("id"))); denied != nil {
		return u, denied
	}
	return u, err
}

func userTarget(u keystone.User, id string) policy.Target {
	return policy.Target{"target.user.id": id, "target.user.domain_id": u.DomainID, "user_id": id}
}

func (a *API) showUser(ctx context.Context, c *rest.Call) (view, error) {
	u, err := a.user(ctx, c)
	return a.shownUser(ctx, c, u, err)
}

// shownUser is the answer about one user.
func (a *API) shownUser(ctx context.Context, c *rest.Call, u keystone.User, err error) (view, error) {
	if err != nil {
		return nil, err
	}
	v := userView(c, u)
	return view{"user": v}, a.withFederated(ctx, v, u.ID)
}

func (a *API) updateUser(ctx context.Context, c *rest.Call, in body) (view, error) {
	u, err := a.user(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["user"]
	if err := given.same("id", u.ID, "ID"); err != nil {
		return nil, err
	}
	if err := given.same("domain_id", u.DomainID, "Domain ID"); err != nil {
		return nil, err
	}
	if err := a.Identity.Fits(given.secret()); err != nil {
		return nil, err
	}
	called, linked := given.federated()
	if err := a.Federation.Linkable(ctx, u.ID, called); err != nil {
		return nil, err
	}
	u, err = a.Identity.UpdateUser(ctx, u.ID, keystone.UserChange{
		Name: given.text("name"), Enabled: given.flag("enabled"), DefaultProjectID: given.text("default_project_id"),
		Password: given.secret(), Options: given.object("options"), Extra: given.extra(userKnown...),
	})
	if err == nil && linked {
		err = a.Federation.Link(ctx, u, called)
	}
	if err != nil {
		return nil, err
	}
	v := userView(c, u)
	v["extra"] = options(u.Extra) // upstream shows it twice after an update, and only then
	return view{"user": v}, a.withFederated(ctx, v, u.ID)
}

func (a *API) deleteUser(ctx context.Context, c *rest.Call) error {
	u, err := a.user(ctx, c)
	if err != nil {
		return err
	}
	return a.Identity.DeleteUser(ctx, u.ID)
}

// changePassword needs no token: who knows the password is the user. As keystone/api/users.py, UserChangePasswordResource.
func (a *API) changePassword(ctx context.Context, c *rest.Call, in body) error {
	given := in["user"]
	return a.Identity.ChangePassword(ctx, c.Path("id"), given.word("original_password"), given.word("password"))
}

func (a *API) listGroupsOfUser(ctx context.Context, c *rest.Call) (view, error) {
	u, err := a.user(ctx, c)
	if err != nil {
		return nil, err
	}
	groups, err := a.Identity.GroupsOfUser(ctx, u.ID)
	groups = keystone.Select(a.query(c, "name"), groups, func(g keystone.Group) map[string]any { return map[string]any{"name": g.Name} })
	return collection(a, c, "groups", groups, func(c *rest.Call, g keystone.Group) view {
		v := groupView(c, g)
		v["membership_expires_at"] = timeOrNull(g.MembershipExpiresAt)
		return v
	}), err
}

func (a *API) listUserProjects(ctx context.Context, c *rest.Call) (view, error) {
	u, err := a.user(ctx, c)
	if err != nil {
		return nil, err
	}
	projects, err := a.Assignment.ProjectsOf(ctx, u.ID)
	projects = keystone.Select(a.query(c, "domain_id", "enabled", "name"), projects, func(p keystone.Project) map[string]any {
		return map[string]any{"domain_id": p.DomainID, "enabled": p.Enabled, "name": p.Name}
	})
	return collection(a, c, "projects", projects, projectView), err
}

func userView(c *rest.Call, u keystone.User) view {
	v := seen(c, "users/"+u.ID, u.Extra, view{
		"id": u.ID, "name": u.Name, "domain_id": u.DomainID, "enabled": u.Enabled,
		"password_expires_at": timeOrNull(u.PasswordExpiresAt), "options": options(u.Options),
	})
	if u.DefaultProjectID != "" {
		v["default_project_id"] = u.DefaultProjectID
	}
	return v
}
