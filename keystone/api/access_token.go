package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

func (a *API) accessTokenRoutes() []rest.Route {
	const tokens = "/v3/users/{id}/OS-OAUTH1/access_tokens"
	return []rest.Route{
		{Do: "GET " + tokens, Rule: "identity:list_access_tokens", Status: 200, Run: rest.Get(a.listAccessTokens)},
		{Do: "GET " + tokens + "/{token}", Rule: "identity:get_access_token", Status: 200, Run: rest.Get(a.showAccessToken)},
		{Do: "DELETE " + tokens + "/{token}", Rule: "identity:delete_access_token", Status: 204, Run: rest.Do(a.deleteAccessToken)},
		{Do: "GET " + tokens + "/{token}/roles", Rule: "identity:list_access_token_roles", Status: 200, Run: rest.Get(a.listAccessTokenRoles)},
		{Do: "GET " + tokens + "/{token}/roles/{role}", Rule: "identity:get_access_token_role", Status: 200, Run: rest.Get(a.showAccessTokenRole)},
	}
}

// mayAccess asks the route's rule, and that the caller is no delegate.
func (a *API) mayAccess(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(ownTarget(c.Path("id"))); err != nil {
		return err
	}
	return a.undelegated(ctx, c, keystone.NotPermitted(errDelegated))
}

func (a *API) listAccessTokens(ctx context.Context, c *rest.Call) (view, error) {
	if err := a.mayAccess(ctx, c); err != nil {
		return nil, err
	}
	found, err := a.OAuth.AccessTokens(ctx, keystone.Query{}.And("user_id", c.Path("id")))
	return collection(a, c, "access_tokens", found, accessTokenView), err
}

// accessToken is the access token of the path, which must be the path's user's.
func (a *API) accessToken(ctx context.Context, c *rest.Call) (keystone.AccessToken, error) {
	if err := a.mayAccess(ctx, c); err != nil {
		return keystone.AccessToken{}, err
	}
	t, err := a.OAuth.AccessToken(ctx, c.Path("token"))
	if err == nil && t.UserID != c.Path("id") {
		err = keystone.AccessTokenNotFound()
	}
	return t, err
}

func (a *API) showAccessToken(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.accessToken(ctx, c)
	if err != nil {
		return nil, err
	}
	return view{"access_token": accessTokenView(c, t)}, nil
}

func (a *API) deleteAccessToken(ctx context.Context, c *rest.Call) error {
	t, err := a.accessToken(ctx, c)
	if err != nil {
		return err
	}
	return a.OAuth.Revoke(ctx, t)
}

func (a *API) listAccessTokenRoles(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.accessToken(ctx, c)
	if err != nil {
		return nil, err
	}
	roles, err := a.Assignment.RolesByID(ctx, t.Roles)
	return collection(a, c, "roles", roles, accessRoleView), err
}

func (a *API) showAccessTokenRole(ctx context.Context, c *rest.Call) (view, error) {
	t, err := a.accessToken(ctx, c)
	if err != nil {
		return nil, err
	}
	role, err := a.roleAmong(ctx, c, t.Roles)
	if err != nil {
		return nil, err
	}
	return view{"role": accessRoleView(c, role)}, nil
}

// accessRoleView is a role without its description; as keystone/api/users.py, _format_role_entity.
func accessRoleView(c *rest.Call, r keystone.Role) view {
	v := roleView(c, r)
	delete(v, "description")
	return v
}

func accessTokenView(c *rest.Call, t keystone.AccessToken) view {
	self := c.URL("/v3/users/" + t.UserID + "/OS-OAUTH1/access_tokens/" + t.ID)
	return view{
		"id": t.ID, "consumer_id": t.ConsumerID, "authorizing_user_id": t.UserID, "project_id": t.ProjectID, "expires_at": timeOrNull(t.ExpiresAt),
		"links": view{"self": self, "roles": self + "/roles"},
	}
}
