package api

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/saml"
	"cumulet/oslo/rest"
)

// A client without a browser signs in by SAML itself: it asks here for a token, gets an envelope to take to the identity provider, and
// brings back the answer, for which it gets the token. As Apache's mod_auth_mellon and mod_shib have it.

// enhanced tells whether a client can take envelopes.
func enhanced(r *http.Request) bool {
	for _, accepted := range r.Header.Values("Accept") {
		if strings.Contains(accepted, saml.EnvelopeType) {
			return r.Method == http.MethodGet
		}
	}
	return false
}

// consumer is where enhanced clients bring answers.
func consumer(c *rest.Call, l login) string {
	return c.URL("/v3/OS-FEDERATION" + l.pathed("/auth"))
}

// errUnnamed is why clients without a browser cannot sign in. Else who asks by another Host would have the provider's answer be for whom they like.
var errUnnamed = errors.New("clients without a browser need an entity_id of the provider's in keystone.saml")

// envelope is the request that a client takes to the identity provider.
func (a *API) envelope(c *rest.Call) (*rest.Stream, error) {
	if !a.SAML[c.Path("id")].Named() {
		return nil, keystone.Unauthorized(errUnnamed)
	}
	l := login{Provider: c.Path("id"), Protocol: c.Path("protocol"), Until: a.Tokens.Now().Add(loginLifetime)}
	text, err := a.SAML[l.Provider].Envelope(consumer(c, l), metadata(c, l), func(request string) (string, error) {
		l.Request = request
		return a.seal(l)
	})
	if err != nil {
		return nil, err
	}
	c.SetStatus(http.StatusOK)
	return document(saml.EnvelopeType, text, http.Header{"Cache-Control": {"no-store"}}), nil
}

// answered is whom the identity provider vouches for, in an envelope that a client has brought.
func (a *API) answered(c *rest.Call) (federation.Vouched, error) {
	if !a.SAML[c.Path("id")].Named() {
		return federation.Vouched{}, keystone.Unauthorized(errUnnamed)
	}
	state, answer, err := saml.Opened(c.Raw)
	if err != nil {
		return federation.Vouched{}, err
	}
	l, err := a.unseal(state)
	if err != nil {
		return federation.Vouched{}, err
	}
	if l.Provider != c.Path("id") || l.Protocol != c.Path("protocol") || l.Origin != "" {
		return federation.Vouched{}, keystone.Unauthorized(errors.New("the client comes back from another sign-in"))
	}
	return a.SAML[l.Provider].Answer(consumer(c, l), metadata(c, l), l.Request, answer)
}

// vouched is whom an identity provider vouches for: in an envelope, or by an access token.
func (a *API) vouched(ctx context.Context, c *rest.Call) (federation.Vouched, error) {
	id := c.Path("id")
	given, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err == nil && a.SAML[id] != nil && given == saml.EnvelopeType {
		return a.answered(c)
	}
	kind, token, _ := strings.Cut(c.Request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return federation.Vouched{}, keystone.Unauthorized(errors.New("no access token in the request"))
	}
	provider := a.OpenID[id]
	if provider == nil {
		return federation.Vouched{}, keystone.Unauthorized(errors.New("the identity provider is not configured"))
	}
	return provider.Bearer(ctx, token)
}
