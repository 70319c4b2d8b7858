package api

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/oauth"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) oauthTokenRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/OS-OAUTH1/request_token", Rule: rest.Public, Status: 201, Unkept: true, Run: rest.Get(a.createRequestToken)},
		{Do: "PUT /v3/OS-OAUTH1/authorize/{request}", Rule: "identity:authorize_request_token", In: rest.Body(tokenAuthorize), Status: 200,
			Run: rest.JSON(a.authorizeRequestToken)},
		{Do: "POST /v3/OS-OAUTH1/access_token", Rule: rest.Public, Status: 201, Unkept: true, Run: rest.Get(a.createAccessToken)},
	}
}

// tokenAuthorize is keystone/oauth1/schema.py's, with a bound on the roles.
var tokenAuthorize = rest.MustSchema(`{"type": "object", "properties": {"roles": ` + roleList + `}}`)

// signed is the request as a consumer signed it; all of the parameters must be there.
func (a *API) signed(c *rest.Call, params ...string) (oauth.Request, error) {
	given, ok := oauth.ParseHeader(c.Request.Header.Get("Authorization"))
	if !ok {
		return oauth.Request{}, keystone.Missing("OAuth parameters", "the Authorization header")
	}
	for _, name := range params {
		if given[name] == "" {
			return oauth.Request{}, keystone.Missing(name, "request")
		}
	}
	address, _, _ := strings.Cut(a.self(c), "?")
	return oauth.Request{Method: c.Request.Method, URL: address, Query: c.Query(), Params: given}, nil
}

func (a *API) createRequestToken(ctx context.Context, c *rest.Call) (*rest.Stream, error) {
	r, err := a.signed(c, "oauth_consumer_key")
	if err != nil {
		return nil, err
	}
	projectID := c.Request.Header.Get("Requested-Project-Id")
	if projectID == "" {
		return nil, keystone.Missing("Requested-Project-Id", "request")
	}
	t, err := a.OAuth.Ask(ctx, r, projectID)
	return tokenForm(t.ID, t.Secret, t.ExpiresAt), err
}

func (a *API) createAccessToken(ctx context.Context, c *rest.Call) (*rest.Stream, error) {
	r, err := a.signed(c, "oauth_consumer_key", "oauth_token", "oauth_verifier")
	if err != nil {
		return nil, err
	}
	t, err := a.OAuth.Grant(ctx, r)
	return tokenForm(t.ID, t.Secret, t.ExpiresAt), err
}

// tokenForm is a token as consumers read it: a form, no JSON.
func tokenForm(id, secret string, ends *time.Time) *rest.Stream {
	form := "oauth_token=" + url.QueryEscape(id) + "&oauth_token_secret=" + url.QueryEscape(secret)
	if ends != nil {
		form += "&oauth_expires_at=" + isotime(*ends)
	}
	return document("application/x-www-form-urlencoded", []byte(form), nil)
}

func (a *API) authorizeRequestToken(ctx context.Context, c *rest.Call, in attributes) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	if err := a.undelegated(ctx, c, keystone.NotPermitted(errDelegated)); err != nil {
		return nil, err
	}
	roles, err := a.rolesNamed(ctx, in)
	if err != nil {
		return nil, err
	}
	verifier, err := a.OAuth.Authorize(ctx, c.Path("request"), c.Who.UserID, roles)
	return view{"token": view{"oauth_verifier": verifier}}, err
}

// errDelegated is why what was lent makes nothing that stays.
var errDelegated = errors.New("the token was issued by delegation")
