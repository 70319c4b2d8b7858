package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) credentialRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/credentials", Rule: "identity:create_credential", In: rest.Body(credentialCreate), Status: 201, Unkept: true,
			Run: rest.JSON(a.createCredential)},
		{Do: "GET /v3/credentials", Rule: "identity:list_credentials", Status: 200, Run: rest.Get(a.listCredentials)},
		{Do: "GET /v3/credentials/{id}", Rule: "identity:get_credential", Status: 200, Run: rest.Get(a.showCredential)},
		{Do: "PATCH /v3/credentials/{id}", Rule: "identity:update_credential", In: rest.Body(credentialUpdate), Status: 200,
			Run: rest.JSON(a.updateCredential)},
		{Do: "DELETE /v3/credentials/{id}", Rule: "identity:delete_credential", Status: 204, Run: rest.Do(a.deleteCredential)},
	}
}

// credentialMembers are keystone/credential/schema.py's, with bounds.
const credentialMembers = `
	"blob": {"type": "string", "maxLength": 65535},
	"project_id": {"type": ["string", "null"], "maxLength": 64},
	"type": {"type": "string", "maxLength": 255},
	"user_id": {"type": "string", "maxLength": 64}`

var (
	credentialCreate = rest.MustSchema(`{"type": "object", "required": ["credential"], "properties": {"credential": {
		"type": "object", "required": ["blob", "type", "user_id"], "properties": {` + credentialMembers + `},
		"if": {"properties": {"type": {"const": "ec2"}}}, "then": {"required": ["project_id"], "properties": {"project_id": {"type": "string"}}}}}}`)
	credentialUpdate = update("credential", credentialMembers)
	credentialKnown  = []string{"blob", "project_id", "type", "user_id"}
)

// credentialTarget is what the rules ask about a credential.
func credentialTarget(c keystone.Credential) policy.Target {
	return policy.Target{
		"target.credential.user_id": c.UserID, "target.credential.project_id": c.ProjectID, "target.credential.type": c.Type,
	}
}

func (a *API) createCredential(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["credential"]
	credential := keystone.Credential{
		UserID: given.word("user_id"), ProjectID: given.word("project_id"), Type: given.word("type"), Blob: given.word("blob"),
		Extra: given.extra(credentialKnown...),
	}
	if err := c.Authorize(credentialTarget(credential)); err != nil {
		return nil, err
	}
	if err := a.primary(ctx, c); err != nil {
		return nil, err
	}
	credential, err := a.Credential.Create(ctx, credential)
	return view{"credential": credentialView(c, credential)}, err
}

// primary refuses whoever is not signed in as themselves: what was delegated must not reach secrets that outlive it. As
// keystone/api/credentials.py, _require_primary_auth.
func (a *API) primary(ctx context.Context, c *rest.Call) error {
	return a.undelegated(ctx, c, keystone.ActionForbidden("Delegated tokens cannot access credentials directly"))
}

// undelegated gives the refusal to tokens that were had by any delegation: what they make would outlive it.
func (a *API) undelegated(ctx context.Context, c *rest.Call, refusal error) error {
	t, err := a.Tokens.Validate(ctx, c.Who.Token, 0)
	if err == nil && (t.Trust != nil || t.Delegated()) {
		err = refusal
	}
	return err
}

func (a *API) listCredentials(ctx context.Context, c *rest.Call) (view, error) {
	mine := keystone.Credential{UserID: c.Who.UserID}
	if err := c.Authorize(credentialTarget(mine)); err != nil {
		return nil, err
	}
	delegated := a.primary(ctx, c) != nil // then upstream shows none
	found, err := a.Credential.Credentials(ctx, a.query(c, "user_id", "type"), func(one keystone.Credential) bool {
		return !delegated && c.Allowed("identity:get_credential", credentialTarget(one))
	})
	return collection(a, c, "credentials", found, credentialView), err
}

// credential is the credential of the path, once the caller may do the route's thing to it.
func (a *API) credential(ctx context.Context, c *rest.Call) (keystone.Credential, error) {
	found, err := a.Credential.Credential(ctx, c.Path("id"))
	if denied := c.Authorize(credentialTarget(found)); denied != nil {
		return found, denied // also where there is none: who may not see it learns nothing
	}
	if err != nil {
		return found, err
	}
	return found, a.primary(ctx, c)
}

func (a *API) showCredential(ctx context.Context, c *rest.Call) (view, error) {
	found, err := a.credential(ctx, c)
	if err != nil {
		return nil, err
	}
	return view{"credential": credentialView(c, found)}, nil
}

func (a *API) updateCredential(ctx context.Context, c *rest.Call, in body) (view, error) {
	found, err := a.credential(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["credential"]
	if err := given.same("id", found.ID, "ID"); err != nil {
		return nil, err
	}
	change := keystone.CredentialChange{
		UserID: given.text("user_id"), ProjectID: given.text("project_id"), Type: given.text("type"), Blob: given.text("blob"),
	}
	changed, err := a.Credential.Update(ctx, found.ID, change, func(becomes keystone.Credential) error {
		return c.Authorize(credentialTarget(becomes)) // nobody gives one away, or takes another's
	})
	return view{"credential": credentialView(c, changed)}, err
}

func (a *API) deleteCredential(ctx context.Context, c *rest.Call) error {
	found, err := a.credential(ctx, c)
	if err != nil {
		return err
	}
	return a.Credential.Delete(ctx, found.ID)
}

func credentialView(c *rest.Call, credential keystone.Credential) view {
	return seen(c, "credentials/"+credential.ID, credential.Extra, view{
		"id": credential.ID, "user_id": credential.UserID, "project_id": orNull(credential.ProjectID), "type": credential.Type,
		"blob": credential.Blob,
	})
}
