package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/trust"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) trustRoutes() []rest.Route {
	const trusts = "/v3/OS-TRUST/trusts"
	return []rest.Route{
		{Do: "POST " + trusts, Rule: "identity:create_trust", In: rest.Body(trustCreate), Status: 201, Run: rest.JSON(a.createTrust)},
		{Do: "GET " + trusts, Rule: "identity:list_trusts", Status: 200, Run: rest.Get(a.listTrusts)},
		{Do: "GET " + trusts + "/{trust}", Rule: "identity:get_trust", Status: 200, Run: rest.Get(a.showTrust)},
		{Do: "DELETE " + trusts + "/{trust}", Rule: "identity:delete_trust", Status: 204, Run: rest.Do(a.deleteTrust)},
		{Do: "GET " + trusts + "/{trust}/roles", Rule: "identity:list_roles_for_trust", Status: 200, Run: rest.Get(a.listTrustRoles)},
		{Do: "GET " + trusts + "/{trust}/roles/{role}", Rule: "identity:get_role_for_trust", Status: 200, Run: rest.Get(a.showTrustRole)},
	}
}

// trustMembers are keystone/trust/schema.py's, with a bound on the roles.
const trustMembers = `
	"trustor_user_id": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9-]+$"},
	"trustee_user_id": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9-]+$"},
	"impersonation": {"type": "boolean"},
	"project_id": {"type": ["string", "null"], "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"remaining_uses": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
	"expires_at": {"type": ["null", "string"]},
	"allow_redelegation": {"type": ["boolean", "null"]},
	"redelegation_count": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647},
	"roles": ` + roleList

var (
	trustCreate = rest.MustSchema(`{"type": "object", "required": ["trust"], "properties": {"trust": {
		"type": "object", "required": ["trustor_user_id", "trustee_user_id", "impersonation"], "properties": {` + trustMembers + `}}}}`)
	trustKnown = []string{
		"trustor_user_id", "trustee_user_id", "impersonation", "project_id", "remaining_uses", "expires_at", "allow_redelegation", "redelegation_count",
		"roles", "redelegated_trust_id", "deleted_at", "roles_links",
	}
)

// trustTarget is what the rules ask about a trust.
func trustTarget(t keystone.Trust) policy.Target {
	return policy.Target{"target.trust.trustor_user_id": t.TrustorID, "target.trust.trustee_user_id": t.TrusteeID}
}

func (a *API) createTrust(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["trust"]
	t := keystone.Trust{
		TrustorID: given.word("trustor_user_id"), TrusteeID: given.word("trustee_user_id"), ProjectID: given.word("project_id"),
		Impersonation: given.flagOr("impersonation", false), RemainingUses: given.number("remaining_uses"), Extra: given.extra(trustKnown...),
	}
	if err := c.Authorize(trustTarget(t)); err != nil {
		return nil, err
	}
	by, err := a.mayTrust(ctx, c)
	if err != nil {
		return nil, err
	}
	if t.Roles, err = a.rolesNamed(ctx, given); err != nil {
		return nil, err
	}
	if t.ProjectID != "" && len(t.Roles) == 0 {
		return nil, keystone.ActionForbidden("At least one role should be specified")
	}
	if c.Who.UserID != t.TrustorID {
		return nil, keystone.ActionForbidden("The authenticated user should match the trustor")
	}
	if text := given.word("expires_at"); text != "" {
		at, err := parseTime(text)
		if err != nil {
			return nil, err
		}
		t.ExpiresAt = &at
	}
	wish := trust.Wish{AllowRedelegation: given.flagOr("allow_redelegation", false), RedelegationCount: given.number("redelegation_count")}
	if t, err = a.Trust.Create(ctx, t, wish, by); err != nil {
		return nil, err
	}
	shown, err := a.fullTrust(ctx, c, t)
	return view{"trust": shown}, err
}

// mayTrust refuses tokens that were had by another delegation than a trust, and gives the trust of the caller's token, which may be
// handed on. As keystone/api/trusts.py, _check_delegated_token.
func (a *API) mayTrust(ctx context.Context, c *rest.Call) (by *keystone.Trust, err error) {
	t, err := a.Tokens.Validate(ctx, c.Who.Token, 0)
	if err == nil && t.Delegated() {
		err = keystone.ActionForbidden("Delegated tokens cannot manage trusts.")
	}
	return t.Trust, err
}

// listTrusts lists one's own, or all; the rule is another for each. As _list_trusts, with filters that it does not know it lists none.
func (a *API) listTrusts(ctx context.Context, c *rest.Call) (view, error) {
	q, rule, target := keystone.Query{}, c.Route.Rule, keystone.Trust{}
	trustor, trustee := c.Query().Get("trustor_user_id"), c.Query().Get("trustee_user_id")
	switch {
	case trustor != "":
		q, rule, target = q.And("trustor_id", trustor), "identity:list_trusts_for_trustor", keystone.Trust{TrustorID: trustor}
	case trustee != "":
		q, rule, target = q.And("trustee_id", trustee), "identity:list_trusts_for_trustee", keystone.Trust{TrusteeID: trustee}
	}
	if err := c.AuthorizeRule(rule, trustTarget(target)); err != nil {
		return nil, err
	}
	if _, err := a.mayTrust(ctx, c); err != nil {
		return nil, err
	}
	var found []keystone.Trust
	if len(q.Where) > 0 || len(c.Query()) == 0 {
		var err error
		if found, err = a.Tokens.DB.Trusts(ctx, q); err != nil {
			return nil, err
		}
	}
	return collection(a, c, "trusts", found, trustView), nil
}

// trust is the trust of the path, once the caller may do the route's thing to it. Upstream says first that there is none.
func (a *API) trust(ctx context.Context, c *rest.Call) (keystone.Trust, error) {
	t, err := a.Trust.Trust(ctx, c.Path("trust"))
	if denied := c.Authorize(trustTarget(t)); err == nil && denied != nil {
		return t, denied
	}
	if err == nil {
		_, err = a.mayTrust(ctx, c)
	}
	return t, err
}

func (a *API) showTrust(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.trust(ctx, c)
	if err != nil {
		return nil, err
	}
	shown, err := a.fullTrust(ctx, c, t)
	return view{"trust": shown}, err
}

func (a *API) deleteTrust(ctx context.Context, c *rest.Call) error {
	t, err := a.trust(ctx, c)
	if err != nil {
		return err
	}
	return a.Trust.Delete(ctx, t.ID)
}

func (a *API) listTrustRoles(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.trust(ctx, c)
	if err != nil {
		return nil, err
	}
	shown, err := a.fullTrust(ctx, c, t)
	return view{"roles": shown["roles"], "links": shown["roles_links"]}, err
}

func (a *API) showTrustRole(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.trust(ctx, c)
	if err != nil {
		return nil, err
	}
	role, err := a.roleAmong(ctx, c, t.Roles)
	return view{"role": roleView(c, role)}, err
}

func trustView(c *rest.Call, t keystone.Trust) view {
	return seen(c, "OS-TRUST/trusts/"+t.ID, t.Extra, view{
		"id": t.ID, "trustor_user_id": t.TrustorID, "trustee_user_id": t.TrusteeID, "project_id": orNull(t.ProjectID), "impersonation": t.Impersonation,
		"expires_at": timeOrNull(t.ExpiresAt), "remaining_uses": t.RemainingUses, "redelegated_trust_id": orNull(t.RedelegatedID),
		"redelegation_count": t.RedelegationCount, "deleted_at": nil,
	})
}

// fullTrust is a trust with its roles, which lists do not show. The address of the roles is upstream's, which leads nowhere.
func (a *API) fullTrust(ctx context.Context, c *rest.Call, t keystone.Trust) (view, error) {
	roles, err := a.Assignment.RolesByID(ctx, t.Roles)
	shown := make([]view, len(roles))
	for i, r := range roles {
		shown[i] = roleView(c, r)
	}
	v := trustView(c, t)
	v["roles"] = shown
	v["roles_links"] = view{"self": c.URL("/v3/" + t.ID + "/roles"), "next": nil, "previous": nil}
	return v, err
}
