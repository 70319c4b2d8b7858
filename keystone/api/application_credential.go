package api

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) applicationCredentialRoutes() []rest.Route {
	const credentials, rules = "/v3/users/{id}/application_credentials", "/v3/users/{id}/access_rules"
	return []rest.Route{
		{Do: "POST " + credentials, Rule: "identity:create_application_credential", In: rest.Body(applicationCredentialCreate), Status: 201, Unkept: true,
			Run: rest.JSON(a.createApplicationCredential)},
		{Do: "GET " + credentials, Rule: "identity:list_application_credentials", Status: 200, Run: rest.Get(a.listApplicationCredentials)},
		{Do: "GET " + credentials + "/{credential}", Rule: "identity:get_application_credential", Status: 200, Run: rest.Get(a.showApplicationCredential)},
		{Do: "DELETE " + credentials + "/{credential}", Rule: "identity:delete_application_credential", Status: 204, Run: rest.Do(a.deleteApplicationCredential)},
		{Do: "GET " + rules, Rule: "identity:list_access_rules", Status: 200, Run: rest.Get(a.listAccessRules)},
		{Do: "GET " + rules + "/{rule}", Rule: "identity:get_access_rule", Status: 200, Run: rest.Get(a.showAccessRule)},
		{Do: "DELETE " + rules + "/{rule}", Rule: "identity:delete_access_rule", Status: 204, Run: rest.Do(a.deleteAccessRule)},
	}
}

// applicationCredentialMembers are keystone/application_credential/schema.py's, with bounds on the lists.
const applicationCredentialMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"description": {"type": ["string", "null"]},
	"secret": {"type": ["string", "null"]},
	"expires_at": {"type": ["string", "null"]},
	"unrestricted": {"type": ["boolean", "null"]},
	"roles": ` + roleList + `,
	"access_rules": {"type": "array", "maxItems": 256, "items": {"type": "object", "additionalProperties": false, "properties": {
		"path": {"type": "string", "maxLength": 225, "pattern": "^\\/.*"},
		"method": {"type": "string", "pattern": "^(POST|GET|HEAD|PATCH|PUT|DELETE)$"},
		"service": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
		"id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}}}}`

var applicationCredentialCreate = create("application_credential", applicationCredentialMembers, "name")

type applicationCredentialBody struct {
	Credential struct {
		Name         string                      `json:"name"`
		Description  *string                     `json:"description"`
		Secret       string                      `json:"secret"`
		ExpiresAt    *string                     `json:"expires_at"`
		Unrestricted *bool                       `json:"unrestricted"`
		Roles        []struct{ ID, Name string } `json:"roles"`
		AccessRules  []keystone.AccessRule       `json:"access_rules"`
	} `json:"application_credential"`
}

// ownTarget is what the rules ask about a user's own things.
func ownTarget(userID string) policy.Target {
	return policy.Target{"user_id": userID, "target.user.id": userID}
}

func (a *API) createApplicationCredential(ctx context.Context, c *rest.Call, in applicationCredentialBody) (view, error) {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	if c.Who.ProjectID == "" {
		return nil, keystone.Missing("project_id", "token")
	}
	t, err := a.unrestricted(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in.Credential
	credential := keystone.ApplicationCredential{
		Name: given.Name, UserID: c.Who.UserID, ProjectID: c.Who.ProjectID, Description: given.Description,
		Unrestricted: given.Unrestricted, AccessRules: given.AccessRules,
	}
	if given.ExpiresAt != nil {
		at, err := parseTime(*given.ExpiresAt)
		if err != nil {
			return nil, err
		}
		credential.ExpiresAt = &at
	}
	for _, r := range given.Roles {
		id, err := a.roleMeant(ctx, r.ID, r.Name)
		if err != nil {
			return nil, err
		}
		credential.Roles = append(credential.Roles, id)
	}
	if credential.Roles, err = within(credential.Roles, t.Roles); err != nil {
		return nil, err
	}
	credential, secret, err := a.ApplicationCredential.Create(ctx, credential, given.Secret)
	if err != nil {
		return nil, err
	}
	v, err := a.applicationCredentialView(ctx, c, credential)
	if v != nil {
		v["secret"] = secret
	}
	return view{"application_credential": v}, err
}

// within are the roles asked for, or else all of the token's; none may be beyond those, so that a credential with few roles
// makes none with more. As keystone/api/users.py, _get_roles.
func within(asked []string, token []keystone.Role) ([]string, error) {
	have := make([]string, len(token))
	for i, r := range token {
		have[i] = r.ID
	}
	if len(asked) == 0 {
		return have, nil
	}
	for _, id := range asked {
		if !slices.Contains(have, id) {
			return nil, fault.New(fault.Invalid, "ApplicationCredentialValidationError",
				"Invalid application credential: Cannot create an application credential with unassigned role")
		}
	}
	return asked, nil
}

// unrestricted is the caller's token. It refuses to breed credentials by a restricted one. As keystone/api/users.py,
// _check_unrestricted_application_credential.
func (a *API) unrestricted(ctx context.Context, c *rest.Call) (keystone.Token, error) {
	t, err := a.Tokens.Validate(ctx, c.Who.Token, 0)
	if err != nil {
		return t, err
	}
	if t.ApplicationCredential == nil && (t.Trust != nil || t.Delegated()) { // what is made would outlive what was lent
		return t, keystone.NotPermitted(errDelegated)
	}
	if t.ApplicationCredential != nil && t.ApplicationCredential.Restricted() {
		return t, keystone.ActionForbidden("Using method 'application_credential' is not allowed for managing additional application credentials.")
	}
	return t, nil
}

func (a *API) listApplicationCredentials(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	found, err := a.Tokens.DB.ApplicationCredentials(ctx, a.query(c, "name").And("user_id", c.Path("id")))
	if err != nil {
		return nil, err
	}
	views, err := a.applicationCredentialViews(ctx, c, found)
	return collection(a, c, "application_credentials", views, func(_ *rest.Call, v view) view { return v }), err
}

// applicationCredential is the credential of the path, once the caller may do the route's thing to it.
func (a *API) applicationCredential(ctx context.Context, c *rest.Call) (keystone.ApplicationCredential, error) {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return keystone.ApplicationCredential{}, err
	}
	credential, _, err := a.Tokens.DB.ApplicationCredential(ctx, c.Path("credential"))
	if err == nil && credential.UserID != c.Path("id") { // one's own path is no way to another's credential
		err = keystone.NotFound("Application Credential", c.Path("credential"))
	}
	return credential, err
}

func (a *API) showApplicationCredential(ctx context.Context, c *rest.Call) (view, error) {
	credential, err := a.applicationCredential(ctx, c)
	if err != nil {
		return nil, err
	}
	v, err := a.applicationCredentialView(ctx, c, credential)
	return view{"application_credential": v}, err
}

func (a *API) deleteApplicationCredential(ctx context.Context, c *rest.Call) error {
	credential, err := a.applicationCredential(ctx, c)
	if err != nil {
		return err
	}
	if _, err := a.unrestricted(ctx, c); err != nil {
		return err
	}
	return a.ApplicationCredential.Delete(ctx, credential.ID)
}

// applicationCredentialView is one credential with what its roles are called.
func (a *API) applicationCredentialView(ctx context.Context, c *rest.Call, credential keystone.ApplicationCredential) (view, error) {
	views, err := a.applicationCredentialViews(ctx, c, []keystone.ApplicationCredential{credential})
	if err != nil {
		return nil, err
	}
	return views[0], nil
}

func (a *API) applicationCredentialViews(ctx context.Context, c *rest.Call, all []keystone.ApplicationCredential) ([]view, error) {
	var ids []string
	for _, credential := range all {
		ids = append(ids, credential.Roles...)
	}
	slices.Sort(ids)
	roles, err := a.Assignment.RolesByID(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	views := make([]view, len(all))
	for i, credential := range all {
		shown := []view{}
		for _, r := range roles {
			if slices.Contains(credential.Roles, r.ID) {
				shown = append(shown, view{
					"id": r.ID, "name": r.Name, "domain_id": orNull(r.DomainID), "description": r.Description, "options": options(r.Options),
				})
			}
		}
		views[i] = seen(c, "application_credentials/"+credential.ID, nil, view{
			"id": credential.ID, "name": credential.Name, "description": credential.Description, "user_id": credential.UserID,
			"project_id": credential.ProjectID, "system": nil, "unrestricted": credential.Unrestricted, "roles": shown, "expires_at": nil,
		})
		if at := credential.ExpiresAt; at != nil {
			views[i]["expires_at"] = at.UTC().Format("2006-01-02T15:04:05.000000") // upstream leaves out the zone here, and only here
		}
		if len(credential.AccessRules) > 0 {
			views[i]["access_rules"] = credential.AccessRules
		}
	}
	return views, nil
}

func (a *API) listAccessRules(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	rules, err := a.Tokens.DB.AccessRules(ctx, c.Path("id"))
	return collection(a, c, "access_rules", rules, accessRuleView), err
}

func (a *API) showAccessRule(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	rule, err := a.ApplicationCredential.AccessRule(ctx, c.Path("id"), c.Path("rule"))
	return view{"access_rule": accessRuleView(c, rule)}, err
}

func (a *API) deleteAccessRule(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return err
	}
	return a.ApplicationCredential.DeleteAccessRule(ctx, c.Path("id"), c.Path("rule"))
}

func accessRuleView(c *rest.Call, r keystone.AccessRule) view {
	return seen(c, "access_rules/"+r.ID, nil, view{"id": r.ID, "service": r.Service, "path": r.Path, "method": r.Method})
}
