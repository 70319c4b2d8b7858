package api

import (
	"context"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) keypairRoutes() []rest.Route {
	list := rest.Body(querySchema(true)).From(rest.V(2, 10), querySchema(true, "user_id")).
		From(rest.V(2, 35), querySchema(true, "user_id", "limit", "marker")).
		From(rest.V(2, 75), querySchema(false, "user_id", "limit", "marker"))
	one := rest.Body(querySchema(true)).From(rest.V(2, 10), querySchema(true, "user_id")).From(rest.V(2, 75), querySchema(false, "user_id"))
	const rule = "os_compute_api:os-keypairs:"
	return []rest.Route{
		{Do: "GET /v2.1/os-keypairs", Rule: rule + "index", Query: list, Status: 200, Run: rest.Get(a.listKeypairs)},
		{Do: "POST /v2.1/os-keypairs", Rule: rule + "create", In: createKeypairSchemas(), Status: 201, Unkept: true, Run: rest.JSON(a.createKeypair)},
		{Do: "GET /v2.1/os-keypairs/{id}", Rule: rule + "show", Query: one, Status: 200, Run: rest.Get(a.showKeypair)},
		{Do: "DELETE /v2.1/os-keypairs/{id}", Rule: rule + "delete", Query: one, Status: 204, Run: rest.Do(a.deleteKeypair)},
	}
}

func createKeypairSchemas() rest.Schemas {
	schema := func(pattern, more, required string) *rest.Schema {
		return rest.MustSchema(wrapped("keypair", object(`"name": `+named(pattern)+`, "public_key": {"type": "string", "maxLength": 65535}`+more, required)))
	}
	const kind = `, "type": {"type": "string", "enum": ["ssh", "x509"]}`
	const owner = kind + `, "user_id": {"type": "string", "maxLength": 255}`
	return rest.Body(schema(keypairPattern, "", "name")).From(rest.V(2, 2), schema(keypairPattern, kind, "name")).
		From(rest.V(2, 10), schema(keypairPattern, owner, "name")).
		From(rest.V(2, 92), schema(keyName292, owner, "name public_key"))
}

// keypairOwner is whose key pairs are meant: the caller's, or another user's since 2.10. The rules decide.
func keypairOwner(c *rest.Call, asked string) (string, error) {
	user := c.Who.UserID
	if asked != "" && c.Version.AtLeast(2, 10) {
		user = asked
	}
	return user, c.Authorize(policy.Target{"user_id": user})
}

func viewKeypair(c *rest.Call, k nova.Keypair) view {
	v := view{"name": k.Name, "public_key": k.PublicKey, "fingerprint": k.Fingerprint}
	if c.Version.AtLeast(2, 2) {
		v["type"] = k.Type
	}
	return v
}

func (a *API) listKeypairs(ctx context.Context, c *rest.Call) (view, error) {
	user, err := keypairOwner(c, c.Query().Get("user_id"))
	if err != nil {
		return nil, err
	}
	var p nova.Page
	paged := c.Version.AtLeast(2, 35)
	if paged {
		if p, err = a.page(c); err != nil {
			return nil, err
		}
		if p.Limit == 0 {
			return view{"keypairs": []view{}}, nil
		}
	}
	keys, err := a.Manager.Keypairs(ctx, user, p)
	if err != nil {
		return nil, err
	}
	list := make([]view, len(keys))
	for i, k := range keys {
		list[i] = view{"keypair": viewKeypair(c, k)}
	}
	v := view{"keypairs": list}
	if paged && len(keys) > 0 {
		if more := next(c, p.Limit, len(keys), "os-keypairs", keys[len(keys)-1].Name); more != nil {
			v["keypairs_links"] = more
		}
	}
	return v, nil
}

type keypairBody struct {
	Keypair struct {
		Name      string  `json:"name"`
		Type      string  `json:"type"`
		PublicKey *string `json:"public_key"`
		UserID    string  `json:"user_id"`
	} `json:"keypair"`
}

// createKeypair takes a public key or makes a pair; the answer alone holds the private key. 200 in 2.1, else 201.
func (a *API) createKeypair(ctx context.Context, c *rest.Call, in keypairBody) (view, error) {
	user, err := keypairOwner(c, in.Keypair.UserID)
	if err != nil {
		return nil, err
	}
	k := nova.Keypair{UserID: user, Name: strings.TrimSpace(in.Keypair.Name), Type: in.Keypair.Type}
	if k.Type == "" {
		k.Type = "ssh"
	}
	if in.Keypair.PublicKey != nil {
		if k.PublicKey = *in.Keypair.PublicKey; k.PublicKey == "" {
			return nil, bad("Keypair data is invalid: failed to generate fingerprint")
		}
	}
	if k, err = a.Manager.CreateKeypair(ctx, c.Who, k); err != nil {
		return nil, err
	}
	v := viewKeypair(c, k)
	v["user_id"] = k.UserID
	if k.PrivateKey != "" {
		v["private_key"] = k.PrivateKey
	}
	if !c.Version.AtLeast(2, 2) {
		c.SetStatus(200)
	}
	return view{"keypair": v}, nil
}

func (a *API) showKeypair(ctx context.Context, c *rest.Call) (view, error) {
	user, err := keypairOwner(c, c.Query().Get("user_id"))
	if err != nil {
		return nil, err
	}
	k, err := a.Manager.Keypair(ctx, user, c.Path("id"))
	if err != nil {
		return nil, err
	}
	v := viewKeypair(c, k)
	v["user_id"], v["id"], v["created_at"] = k.UserID, k.ID, microTime(&k.CreatedAt)
	v["deleted"], v["deleted_at"], v["updated_at"] = false, nil, nil
	return view{"keypair": v}, nil
}

func (a *API) deleteKeypair(ctx context.Context, c *rest.Call) error {
	user, err := keypairOwner(c, c.Query().Get("user_id"))
	if err != nil {
		return err
	}
	if !c.Version.AtLeast(2, 2) {
		c.SetStatus(202)
	}
	return a.Manager.DeleteKeypair(ctx, user, c.Path("id"))
}
