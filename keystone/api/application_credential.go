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
		{Do: "POST " + credentials, Rule: "identity:create_application_credential", In: rest.Body(credentialCreate), Status: 201, Unkept: true,
			Run: rest.JSON(a.createCredential)},
		{Do: "GET " + credentials, Rule: "identity:list_application_credentials", Status: 200, Run: rest.Get(a.listCredentials)},
		{Do: "GET " + credentials + "/{credential}", Rule: "identity:get_application_credential", Status: 200, Run: rest.Get(a.showCredential)},
		{Do: "DELETE " + credentials + "/{credential}", Rule: "identity:delete_application_credential", Status: 204, Run: rest.Do(a.deleteCredential)},
		{Do: "GET " + rules, Rule: "identity:list_access_rules", Status: 200, Run: rest.Get(a.listAccessRules)},
		{Do: "GET " + rules + "/{rule}", Rule: "identity:get_access_rule", Status: 200, Run: rest.Get(a.showAccessRule)},
		{Do: "DELETE " + rules + "/{rule}", Rule: "identity:delete_access_rule", Status: 204, Run: rest.Do(a.deleteAccessRule)},
	}
}

// credentialMembers are keystone/application_credential/schema.py's, with bounds on the lists.
const credentialMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"description": {"type": ["string", "null"]},
	"secret": {"type": ["string", "null"]},
	"expires_at": {"type": ["string", "null"]},
	"unrestricted": {"type": ["boolean", "null"]},
	"roles": {"type": "array", "maxItems": 256, "items": {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
		"id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
		"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"}}}},
	"access_rules": {"type": "array", "maxItems": 256, "items": {"type": "object", "additionalProperties": false, "properties": {
		"path": {"type": "string", "maxLength": 225, "pattern": "^\\/.*"},
		"method": {"type": "string", "pattern": "^(POST|GET|HEAD|PATCH|PUT|DELETE)$"},
		"service": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
		"id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}}}}`

var credentialCreate = create("application_credential", credentialMembers, "name")

type credentialBody struct {
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

// credentialTarget is what the rules ask about a user's own things.
func credentialTarget(userID string) policy.Target {
	return policy.Target{"user_id": userID, "target.user.id": userID}
}

func (a *API) createCredential(ctx context.Context, c *rest.Call, in credentialBody) (view, error) {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
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
		id := r.ID
		if id == "" {
			role, err := a.Assignment.RoleByName(ctx, "", r.Name)
			if err != nil {
				return nil, err
			}
			id = role.ID
		}
		credential.Roles = append(credential.Roles, id)
	}
	if credential.Roles, err = within(credential.Roles, t.Roles); err != nil {
		return nil, err
	}
	credential, secret, err := a.Credential.Create(ctx, credential, given.Secret)
	if err != nil {
		return nil, err
	}
	v, err := a.credentialView(ctx, c, credential)
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
	if t.ApplicationCredential != nil && t.ApplicationCredential.Restricted() {
		return t, keystone.ActionForbidden("Using method 'application_credential' is not allowed for managing additional application credentials.")
	}
	return t, nil
}

func (a *API) listCredentials(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	found, err := a.Tokens.DB.ApplicationCredentials(ctx, a.query(c, "name").And("user_id", c.Path("id")))
	if err != nil {
		return nil, err
	}
	views := make([]view, len(found))
	for i, credential := range found {
		if views[i], err = a.credentialView(ctx, c, credential); err != nil {
			return nil, err
		}
	}
	return collection(a, c, "application_credentials", views, func(_ *rest.Call, v view) view { return v }), nil
}

// credential is the credential of the path, once the caller may do the route's thing to it.
func (a *API) credential(ctx context.Context, c *rest.Call) (keystone.ApplicationCredential, error) {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
		return keystone.ApplicationCredential{}, err
	}
	credential, _, err := a.Tokens.DB.ApplicationCredential(ctx, c.Path("credential"))
	if err == nil && credential.UserID != c.Path("id") { // one's own path is no way to another's credential
		err = keystone.NotFound("Application Credential", c.Path("credential"))
	}
	return credential, err
}

func (a *API) showCredential(ctx context.Context, c *rest.Call) (view, error) {
	credential, err := a.credential(ctx, c)
	if err != nil {
		return nil, err
	}
	v, err := a.credentialView(ctx, c, credential)
	return view{"application_credential": v}, err
}

func (a *API) deleteCredential(ctx context.Context, c *rest.Call) error {
	credential, err := a.credential(ctx, c)
	if err != nil {
		return err
	}
	if _, err := a.unrestricted(ctx, c); err != nil {
		return err
	}
	return a.Credential.Delete(ctx, credential.ID)
}

func (a *API) credentialView(ctx context.Context, c *rest.Call, credential keystone.ApplicationCredential) (view, error) {
	roles, err := a.Assignment.RolesByID(ctx, credential.Roles)
	if err != nil {
		return nil, err
	}
	shown := make([]view, len(roles))
	for i, r := range roles {
		shown[i] = view{
			"id": r.ID, "name": r.Name, "domain_id": orNull(r.DomainID), "description": r.Description, "options": options(r.Options),
		}
	}
	v := seen(c, "application_credentials/"+credential.ID, nil, view{
		"id": credential.ID, "name": credential.Name, "description": credential.Description, "user_id": credential.UserID,
		"project_id": credential.ProjectID, "system": nil, "unrestricted": credential.Unrestricted, "roles": shown, "expires_at": nil,
	})
	if at := credential.ExpiresAt; at != nil {
		v["expires_at"] = at.UTC().Format("2006-01-02T15:04:05.000000") // upstream leaves out the zone here, and only here
	}
	if len(credential.AccessRules) > 0 {
		v["access_rules"] = credential.AccessRules
	}
	return v, nil
}

func (a *API) listAccessRules(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	rules, err := a.Tokens.DB.AccessRules(ctx, c.Path("id"))
	return collection(a, c, "access_rules", rules, accessRuleView), err
}

func (a *API) showAccessRule(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
		return nil, err
	}
	rule, err := a.Credential.AccessRule(ctx, c.Path("id"), c.Path("rule"))
	return view{"access_rule": accessRuleView(c, rule)}, err
}

func (a *API) deleteAccessRule(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(credentialTarget(c.Path("id"))); err != nil {
		return err
	}
	return a.Credential.DeleteAccessRule(ctx, c.Path("id"), c.Path("rule"))
}

func accessRuleView(c *rest.Call, r keystone.AccessRule) view {
	return seen(c, "access_rules/"+r.ID, nil, view{"id": r.ID, "service": r.Service, "path": r.Path, "method": r.Method})
}
