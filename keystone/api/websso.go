package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/oidc"
	"cumulet/keystone/fernet"
	"cumulet/oslo/rest"
)

// A dashboard sends a browser here to sign in elsewhere: at the identity provider, which sends it back, with whose word it becomes a token
// that a form of the browser's brings to the dashboard. What must be known when it comes back is the browser's to keep, in a cookie that is
// sealed. As keystone/api/auth.py, AuthFederationWebSSOResource, behind Apache's mod_auth_openidc.

// login is a sign-in under way.
type login struct {
	oidc.Login
	Request                    string // of SAML, which the assertion must answer
	Provider, Protocol, Origin string
	Until                      time.Time
}

// loginLifetime is how long somebody may take to sign in elsewhere.
const loginLifetime = 10 * time.Minute

const loginCookie = "keystone_websso"

// signInElsewhere sends a browser to the identity provider.
func (a *API) signInElsewhere(ctx context.Context, c *rest.Call) (any, error) {
	origin := c.Query().Get("origin")
	if origin == "" {
		return nil, keystone.Invalid("Request must have an origin query parameter")
	}
	if !slices.ContainsFunc(a.Config.TrustedDashboards, func(d string) bool { return lowerHost(d) == lowerHost(origin) }) {
		return nil, keystone.Unauthorized(errors.New("the origin is not a trusted dashboard host"))
	}
	id, err := a.meantProvider(ctx, c)
	if err != nil {
		return nil, err
	}
	l := login{Login: oidc.NewLogin(), Provider: id, Protocol: c.Path("protocol"), Origin: origin, Until: a.Tokens.Now().Add(loginLifetime)}
	var address string
	if provider := a.SAML[id]; provider != nil {
		address, l.Request, err = provider.Address(callback(c, l), metadata(c, l), l.State)
	} else {
		address, err = a.OpenID[id].Address(ctx, l.Login, callback(c, l))
	}
	if err != nil {
		return nil, err
	}
	sealed, err := a.seal(l)
	if err != nil {
		return nil, err
	}
	a.setLogin(c, sealed, int(loginLifetime.Seconds()))
	c.Header().Set("Location", address)
	return nil, nil
}

// meantProvider is the identity provider of the path, or the only one that has the protocol and can be asked.
func (a *API) meantProvider(ctx context.Context, c *rest.Call) (string, error) {
	if id := c.Path("id"); id != "" {
		if a.OpenID[id] == nil && a.SAML[id] == nil {
			return "", keystone.IdentityProviderNotFound(id)
		}
		return id, nil
	}
	protocols, err := a.Federation.FederationProtocols(ctx, keystone.Query{}.And("id", c.Path("protocol")))
	if err != nil {
		return "", err
	}
	var meant []string
	for _, p := range protocols {
		if id := p.IdentityProviderID; a.OpenID[id] != nil || a.SAML[id] != nil {
			meant = append(meant, id)
		}
	}
	if len(meant) != 1 {
		return "", keystone.Unauthorized(errors.New("none or several identity providers have the protocol: name one in the path"))
	}
	return meant[0], nil
}

// callback is where the identity provider sends the browser, metadata where it may learn of keystone.
func callback(c *rest.Call, l login) string { return c.URL(l.path() + "/callback") }
func metadata(c *rest.Call, l login) string { return c.URL(l.path() + "/metadata") }

func (l login) path() string { return "/v3/auth/OS-FEDERATION" + l.pathed("/websso") }

// pathed is a path below the protocol of the identity provider.
func (l login) pathed(end string) string {
	return "/identity_providers/" + url.PathEscape(l.Provider) + "/protocols/" + url.PathEscape(l.Protocol) + end
}

// signedInElsewhere makes the identity provider's word a token, and has the browser bring it to the dashboard.
func (a *API) signedInElsewhere(ctx context.Context, c *rest.Call) (any, error) {
	l, err := a.opened(c)
	if err != nil {
		return nil, err
	}
	a.setLogin(c, "", -1) // it serves once
	q := c.Query()
	if !l.ends(c, q.Get("state")) || a.OpenID[l.Provider] == nil {
		return nil, keystone.Unauthorized(errAnother)
	}
	if refused := q.Get("error"); refused != "" {
		return nil, keystone.Unauthorized(errors.New("the identity provider refused the user"))
	}
	v, err := a.OpenID[l.Provider].Code(ctx, l.Login, q.Get("code"), callback(c, l))
	if err != nil {
		return nil, err
	}
	return a.handedOver(ctx, l, v)
}

// errAnother is why a browser that comes back is not let in.
var errAnother = errors.New("the browser comes back from another sign-in")

// ends tells whether a request is the return from the sign-in.
func (l login) ends(c *rest.Call, state string) bool {
	return state == l.State && l.Provider == c.Path("id") && l.Protocol == c.Path("protocol")
}

// handedOver brings the token of whom an identity provider vouches for to the dashboard.
func (a *API) handedOver(ctx context.Context, l login, v federation.Vouched) (any, error) {
	v.ProviderID, v.ProtocolID = l.Provider, l.Protocol
	text, _, err := a.vouchedToken(ctx, v)
	if err != nil {
		return nil, err
	}
	return page(handOverPage, struct{ Host, Token string }{l.Origin, text})
}

// handOverPage brings a token to a dashboard. As upstream's sso_callback_template.html.
var handOverPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html><head><title>Signing in</title></head>
<body onload="document.forms[0].submit()">
<form method="post" action="{{.Host}}"><input type="hidden" name="token" value="{{.Token}}">
<noscript><p>Your browser runs no scripts: press the button to go on.</p></noscript><input type="submit" value="Continue">
</form></body></html>
`))

func page(of *template.Template, with any) (*rest.Stream, error) {
	var text bytes.Buffer
	if err := of.Execute(&text, with); err != nil {
		return nil, err
	}
	return document("text/html; charset=utf-8", text.Bytes(), http.Header{"Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"}}), nil
}

// seal is a sign-in as the browser keeps it: sealed by the keys of receipts, which seal nothing else of this form.
func (a *API) seal(l login) (string, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	keys, err := a.Tokens.Receipts.Keys.Active()
	if err != nil {
		return "", err
	}
	return fernet.Seal(keys[0], text, a.Tokens.Now()), nil
}

// errNoLogin is why who comes back is not let in.
var errNoLogin = errors.New("no sign-in was kept")

// opened is the sign-in that a browser has kept.
func (a *API) opened(c *rest.Call) (login, error) {
	cookie, err := c.Request.Cookie(loginCookie)
	if err != nil {
		return login{}, keystone.Unauthorized(errNoLogin)
	}
	l, err := a.unseal(cookie.Value)
	if err == nil && l.Origin == "" {
		err = keystone.Unauthorized(errNoLogin) // it is a client's without a browser
	}
	return l, err
}

// unseal is a sign-in that was sealed, while it may go on.
func (a *API) unseal(sealed string) (l login, err error) {
	keys, err := a.Tokens.Receipts.Keys.Active()
	if err != nil {
		return l, err
	}
	text, _, err := fernet.Unseal(keys, sealed)
	if err != nil || json.Unmarshal(text, &l) != nil || !a.Tokens.Now().Before(l.Until) {
		return l, keystone.Unauthorized(errNoLogin)
	}
	return l, nil
}

func (a *API) setLogin(c *rest.Call, value string, age int) {
	cookie := http.Cookie{
		Name: loginCookie, Value: value, Path: a.Prefix + "/v3/auth/OS-FEDERATION", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(c.URL(""), "https:"),
	}
	c.Header().Add("Set-Cookie", cookie.String())
}

// lowerHost is an address with its host in small letters.
func lowerHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Host = strings.ToLower(u.Host)
	return u.String()
}
