package api

import (
	"context"
	"encoding/json"

	"cumulet/keystone"
	"cumulet/keystone/credential"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) ec2CredentialRoutes() []rest.Route {
	const credentials = "/v3/users/{id}/credentials/OS-EC2"
	return []rest.Route{
		{Do: "POST " + credentials, Rule: "identity:ec2_create_credential", In: rest.Body(ec2Create), Status: 201, Unkept: true,
			Run: rest.JSON(a.createEC2Credential)},
		{Do: "GET " + credentials, Rule: "identity:ec2_list_credentials", Status: 200, Run: rest.Get(a.listEC2Credentials)},
		{Do: "GET " + credentials + "/{access}", Rule: "identity:ec2_get_credential", Status: 200, Run: rest.Get(a.showEC2Credential)},
		{Do: "DELETE " + credentials + "/{access}", Rule: "identity:ec2_delete_credential", Status: 204, Run: rest.Do(a.deleteEC2Credential)},
	}
}

var ec2Create = rest.MustSchema(`{"type": "object", "required": ["tenant_id"], "properties": {
	"tenant_id": {"type": "string", "minLength": 1, "maxLength": 64}}}`)

// mayEC2 asks the route's rule about credentials of the path's user, and that the caller is signed in as themselves.
func (a *API) mayEC2(ctx context.Context, c *rest.Call, userID string) error {
	target := credentialTarget(keystone.Credential{UserID: userID, Type: keystone.EC2})
	target["user_id"] = c.Path("id")
	if err := c.Authorize(target); err != nil {
		return err
	}
	return a.primary(ctx, c)
}

func (a *API) createEC2Credential(ctx context.Context, c *rest.Call, in struct {
	ProjectID string `json:"tenant_id"`
}) (view, error) {
	if err := a.mayEC2(ctx, c, c.Path("id")); err != nil {
		return nil, err
	}
	user, err := a.Identity.User(ctx, c.Path("id"))
	if err != nil {
		return nil, err
	}
	project, err := a.Resource.Project(ctx, in.ProjectID)
	if err != nil {
		return nil, err
	}
	blob, err := json.Marshal(view{"access": keystone.NewID(), "secret": keystone.NewID(), "trust_id": nil})
	if err != nil {
		return nil, err
	}
	made, err := a.Credential.Create(ctx, keystone.Credential{UserID: user.ID, ProjectID: project.ID, Type: keystone.EC2, Blob: string(blob)})
	if err != nil {
		return nil, err
	}
	shown, err := ec2View(c, made)
	return view{"credential": shown}, err
}

func (a *API) listEC2Credentials(ctx context.Context, c *rest.Call) (view, error) {
	if err := a.mayEC2(ctx, c, c.Path("id")); err != nil {
		return nil, err
	}
	if _, err := a.Identity.User(ctx, c.Path("id")); err != nil {
		return nil, err
	}
	q := keystone.Query{}.And("user_id", c.Path("id")).And("type", keystone.EC2)
	found, err := a.Credential.Credentials(ctx, q, func(keystone.Credential) bool { return true })
	if err != nil {
		return nil, err
	}
	views := []view{}
	for _, one := range found {
		if shown, err := ec2View(c, one); err == nil { // one that somebody spoiled hides no others
			views = append(views, shown)
		}
	}
	return collection(a, c, "credentials", views, func(_ *rest.Call, v view) view { return v }), nil
}

// ec2Credential is the credential of the path's access key, which must be the path's user's. Upstream says to all when there is none.
func (a *API) ec2Credential(ctx context.Context, c *rest.Call) (keystone.Credential, error) {
	found, err := a.Credential.Credential(ctx, credential.IDOfAccess(c.Path("access")))
	if denied := a.mayEC2(ctx, c, found.UserID); denied != nil && !fault.Is(err, fault.NotFound) {
		return found, denied
	}
	if err == nil && (found.Type != keystone.EC2 || found.UserID != c.Path("id")) {
		err = keystone.NotFound("credential", found.ID)
	}
	return found, err
}

func (a *API) showEC2Credential(ctx context.Context, c *rest.Call) (view, error) {
	found, err := a.ec2Credential(ctx, c)
	if err != nil {
		return nil, err
	}
	shown, err := ec2View(c, found)
	return view{"credential": shown}, err
}

func (a *API) deleteEC2Credential(ctx context.Context, c *rest.Call) error {
	found, err := a.ec2Credential(ctx, c)
	if err != nil {
		return err
	}
	return a.Credential.Delete(ctx, found.ID)
}

// ec2View is an ec2 credential as its own API shows it. As keystone/api/users.py, _convert_v3_to_ec2_credential.
func ec2View(c *rest.Call, one keystone.Credential) (view, error) {
	secret, err := credential.SecretOf(one)
	return view{
		"user_id": one.UserID, "tenant_id": orNull(one.ProjectID), "access": secret.Access, "secret": secret.Secret,
		"trust_id": orNull(secret.TrustID), "links": view{"self": c.URL("/v3/users/" + one.UserID + "/credentials/OS-EC2/" + secret.Access)},
	}, err
}
