package api

import (
	"context"
	"encoding/base64"
	"html/template"
	"net/url"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

// againPage has a browser send a form once more. What another site has it send comes without cookies; what our own page has it send,
// with them.
var againPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html><head><title>Signing in</title></head>
<body onload="document.forms[0].submit()">
<form method="post"><input type="hidden" name="SAMLResponse" value="{{.Response}}"><input type="hidden" name="RelayState" value="{{.State}}">
<input type="hidden" name="again" value="1">
<noscript><p>Your browser runs no scripts: press the button to go on.</p></noscript><input type="submit" value="Continue">
</form></body></html>
`))

// asserted makes what a SAML identity provider asserts a token, and has the browser bring it to the dashboard.
func (a *API) asserted(ctx context.Context, c *rest.Call) (any, error) {
	form, err := url.ParseQuery(string(c.Raw))
	if err != nil || form.Get("SAMLResponse") == "" {
		return nil, keystone.Missing("SAMLResponse", "form")
	}
	l, err := a.opened(c)
	if err != nil && form.Get("again") == "" {
		return page(againPage, struct{ Response, State string }{form.Get("SAMLResponse"), form.Get("RelayState")})
	}
	if err != nil {
		return nil, err
	}
	a.setLogin(c, "", -1) // it serves once
	provider := a.SAML[l.Provider]
	if !l.ends(c, form.Get("RelayState")) || provider == nil {
		return nil, keystone.Unauthorized(errAnother)
	}
	answer, err := base64.StdEncoding.DecodeString(strings.TrimSpace(form.Get("SAMLResponse")))
	if err != nil {
		return nil, keystone.Unauthorized(err)
	}
	v, err := provider.Answer(callback(c, l), metadata(c, l), l.Request, answer)
	if err != nil {
		return nil, err
	}
	return a.handedOver(ctx, l, v)
}

// describeToProvider is what a SAML identity provider must know of keystone.
func (a *API) describeToProvider(_ context.Context, c *rest.Call) (any, error) {
	l := login{Provider: c.Path("id"), Protocol: c.Path("protocol")}
	provider := a.SAML[l.Provider]
	if provider == nil {
		return nil, keystone.IdentityProviderNotFound(l.Provider)
	}
	text, err := provider.Describe(callback(c, l), consumer(c, l), metadata(c, l))
	if err != nil {
		return nil, err
	}
	return document("application/samlmetadata+xml", text, nil), nil
}
