package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"cumulet/keystone/auth"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// oauth2TokenRoutes are OAuth 2.0's client credentials (RFC 6749, section 4.4): a client is an application credential.
// As keystone/api/os_oauth2.py.
func (a *API) oauth2TokenRoutes() []rest.Route {
	const path = "/v3/OS-OAUTH2/token"
	routes := []rest.Route{{Do: "POST " + path, Rule: rest.Public, Status: 200, Unkept: true, Run: rest.Get(a.createOAuth2Token)}}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"} {
		routes = append(routes, rest.Route{Do: method + " " + path, Rule: rest.Public, Status: http.StatusMethodNotAllowed, Run: rest.Get(a.refuseOAuth2)})
	}
	return routes
}

// oauth2Refusal is an answer of RFC 6749, section 5.2, which no dialect of OpenStack's is.
func (a *API) oauth2Refusal(c *rest.Call, status int, name, description string) view {
	c.SetStatus(status)
	if status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", `Keystone uri="`+c.URL("")+`"`)
	}
	return view{"error": name, "error_description": description}
}

func (a *API) refuseOAuth2(_ context.Context, c *rest.Call) (view, error) {
	return a.oauth2Refusal(c, http.StatusMethodNotAllowed, "other_error", "The method is not allowed for the requested URL."), nil
}

func (a *API) createOAuth2Token(ctx context.Context, c *rest.Call) (view, error) {
	id, secret, ok := c.Request.BasicAuth()
	switch {
	case c.Request.Header.Get("Authorization") == "":
		return a.oauth2Refusal(c, http.StatusUnauthorized, "invalid_client", "OAuth2.0 client authorization is required."), nil
	case !ok || id == "" || secret == "":
		return a.oauth2Refusal(c, http.StatusUnauthorized, "invalid_client", "OAuth2.0 client authorization is invalid."), nil
	}
	form, err := url.ParseQuery(string(c.Raw))
	switch grant := form.Get("grant_type"); {
	case err != nil || !form.Has("grant_type"):
		return a.oauth2Refusal(c, http.StatusBadRequest, "invalid_request", "The parameter grant_type is required."), nil
	case grant != "client_credentials":
		return a.oauth2Refusal(c, http.StatusBadRequest, "unsupported_grant_type", "The parameter grant_type "+grant+" is not supported."), nil
	}
	text, _, err := a.Tokens.Authenticate(ctx, auth.Request{
		Methods:     []string{"application_credential"},
		Credentials: auth.Credentials{ApplicationCredential: auth.ApplicationCredential{ID: id, Secret: secret}},
	})
	if refused := (*fault.Fault)(nil); errors.As(err, &refused) {
		switch refused.Kind {
		case fault.Unauthorized:
			return a.oauth2Refusal(c, http.StatusUnauthorized, "invalid_client", "The request you have made requires authentication."), nil
		case fault.Invalid:
			return a.oauth2Refusal(c, http.StatusBadRequest, "invalid_request", refused.Text), nil
		}
	}
	return view{"access_token": text, "token_type": "Bearer", "expires_in": int(a.Config.TokenLifetime.Seconds())}, err
}
