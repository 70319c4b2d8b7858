package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cumulet/keystone"
	"cumulet/keystone/federation"
	"cumulet/oslo/fault"
	"cumulet/oslo/turn"
)

// Provider is an OpenID provider.
type Provider struct {
	Config keystone.OpenID
	// Secret is by which it knows keystone.
	Secret string
	// Client asks it; it must have a timeout.
	Client *http.Client
	Now    func() time.Time

	mu    sync.Mutex
	known *discovered
}

// discovered is what the provider says of itself.
type discovered struct {
	*oidc.Provider
	introspection string
}

// largest bounds an answer of the provider, in bytes.
const largest = 1 << 20

// discover asks the provider who it is, until it has answered once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	known := p.known
	p.mu.Unlock()
	if known != nil {
		return known, nil
	}
	provider, err := oidc.NewProvider(p.asked(ctx), p.Config.Issuer)
	if err != nil {
		return nil, p.away(err)
	}
	var more struct {
		Introspection string `json:"introspection_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, p.away(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = &discovered{Provider: provider, introspection: more.Introspection}
	return p.known, nil
}

// asked is a context in which the provider is asked by the client. It outlives the request: keys are fetched by it later.
func (p *Provider) asked(ctx context.Context) context.Context {
	return oidc.ClientContext(context.WithoutCancel(ctx), p.Client)
}

func (p *Provider) away(why error) error {
	return fault.New(fault.Unavailable, "IdentityProviderAway", "The identity provider %s cannot be asked.", p.Config.Issuer).Because(why)
}

// client is keystone as the provider knows it.
func (p *Provider) client(d *discovered, redirect string) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	for _, s := range p.Config.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return &oauth2.Config{
		ClientID: p.Config.ClientID, ClientSecret: p.Secret, Endpoint: d.Endpoint(), RedirectURL: redirect, Scopes: scopes,
	}
}

// Login is a sign-in of a browser that is under way; it is the browser's to keep, sealed.
type Login struct {
	State, Nonce, Verifier string
}

// NewLogin begins one.
func NewLogin() Login {
	return Login{State: keystone.NewID(), Nonce: keystone.NewID(), Verifier: oauth2.GenerateVerifier()}
}

// Address is where a browser signs in; it comes back to redirect.
func (p *Provider) Address(ctx context.Context, l Login, redirect string) (address string, err error) {
	err = turn.Aside(ctx, func() error {
		d, err := p.discover(ctx)
		if err == nil {
			address = p.client(d, redirect).AuthCodeURL(l.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier))
		}
		return err
	})
	return address, err
}

// Code is what the provider says of whom it has sent back with a code.
func (p *Provider) Code(ctx context.Context, l Login, code, redirect string) (v federation.Vouched, err error) {
	err = turn.Aside(ctx, func() error {
		v, err = p.code(ctx, l, code, redirect)
		return err
	})
	return v, err
}

func (p *Provider) code(ctx context.Context, l Login, code, redirect string) (federation.Vouched, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return federation.Vouched{}, err
	}
	got, err := p.client(d, redirect).Exchange(p.asked(ctx), code, oauth2.VerifierOption(l.Verifier))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
		return federation.Vouched{}, keystone.Unauthorized(fmt.Errorf("the provider takes no such code: %s", refused.ErrorCode))
	}
	if err != nil {
		return federation.Vouched{}, p.away(err)
	}
	text, _ := got.Extra("id_token").(string)
	token, err := d.Verifier(&oidc.Config{ClientID: p.Config.ClientID, Now: p.Now}).Verify(ctx, text)
	if err != nil {
		return federation.Vouched{}, keystone.Unauthorized(err)
	}
	if token.Nonce != l.Nonce {
		return federation.Vouched{}, keystone.Unauthorized(errors.New("the ID token is of another sign-in"))
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return federation.Vouched{}, keystone.Unauthorized(err)
	}
	if d.UserInfoEndpoint() != "" {
		if err := p.more(ctx, d, got, token.Subject, claims); err != nil {
			return federation.Vouched{}, err
		}
	}
	return p.vouched(claims), nil
}

// more adds what the provider tells of a user beside the token, which must be of the same.
func (p *Provider) more(ctx context.Context, d *discovered, got *oauth2.Token, subject string, claims map[string]any) error {
	info, err := d.UserInfo(p.asked(ctx), oauth2.StaticTokenSource(got))
	if err != nil {
		return p.away(err)
	}
	if info.Subject != subject {
		return keystone.Unauthorized(errors.New("the user's information is of another user"))
	}
	var more map[string]any
	if err := info.Claims(&more); err != nil {
		return keystone.Unauthorized(err)
	}
	for name, value := range more {
		if _, there := claims[name]; !there {
			claims[name] = value
		}
	}
	return nil
}

// Bearer is what the provider says of whom an access token is of that a client brings.
func (p *Provider) Bearer(ctx context.Context, token string) (v federation.Vouched, err error) {
	err = turn.Aside(ctx, func() error {
		v, err = p.bearer(ctx, token)
		return err
	})
	return v, err
}

func (p *Provider) bearer(ctx context.Context, token string) (federation.Vouched, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return federation.Vouched{}, err
	}
	var claims map[string]any
	if strings.Count(token, ".") == 2 {
		claims, err = p.signed(ctx, d, token)
	} else {
		claims, err = p.introspected(ctx, d, token)
	}
	if err != nil {
		return federation.Vouched{}, err
	}
	if !p.isForUs(claims) {
		return federation.Vouched{}, keystone.Unauthorized(errors.New("the access token is for somebody else"))
	}
	return p.vouched(claims), nil
}

// signed are the claims of an access token that is a JSON Web Token.
func (p *Provider) signed(ctx context.Context, d *discovered, token string) (map[string]any, error) {
	verified, err := d.Verifier(&oidc.Config{SkipClientIDCheck: true, Now: p.Now}).Verify(ctx, token)
	if err != nil {
		return nil, keystone.Unauthorized(err)
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		return nil, keystone.Unauthorized(err)
	}
	return claims, nil
}

// introspected are the claims of an access token that only the provider can read. As RFC 7662.
func (p *Provider) introspected(ctx context.Context, d *discovered, token string) (map[string]any, error) {
	if d.introspection == "" {
		return nil, keystone.Unauthorized(errors.New("the access token is no JSON Web Token, and the provider cannot be asked of it"))
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.introspection, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(p.Config.ClientID), url.QueryEscape(p.Secret))
	answer, err := p.Client.Do(request)
	if err != nil {
		return nil, p.away(errors.New("introspection failed")) // the error may hold what was sent
	}
	defer answer.Body.Close()
	var claims map[string]any
	if err := json.NewDecoder(io.LimitReader(answer.Body, largest)).Decode(&claims); err != nil || answer.StatusCode != http.StatusOK {
		return nil, p.away(fmt.Errorf("introspection is answered with %s", answer.Status))
	}
	if active, _ := claims["active"].(bool); !active {
		return nil, keystone.Unauthorized(errors.New("the access token is not active"))
	}
	if expires, ok := claims["exp"].(float64); ok && !p.Now().Before(time.Unix(int64(expires), 0)) {
		return nil, keystone.Unauthorized(errors.New("the access token has expired"))
	}
	if _, named := claims["iss"]; !named {
		claims["iss"] = p.Config.Issuer
	}
	return claims, nil
}

// isForUs tells whether an access token was given for keystone: it is its audience, or was given to it. What was given for another
// service of the provider must not open this one.
func (p *Provider) isForUs(claims map[string]any) bool {
	wanted := p.Config.Audiences
	if len(wanted) == 0 {
		wanted = []string{p.Config.ClientID}
	}
	for _, name := range []string{"aud", "azp", "client_id"} {
		for _, given := range texts(claims[name]) {
			if slices.Contains(wanted, given) {
				return true
			}
		}
	}
	return false
}

// vouched are claims as mappings see them: each by its name, and by those that Apache's mod_auth_openidc gives it, which operators'
// mappings speak of.
func (p *Provider) vouched(claims map[string]any) federation.Vouched {
	v := federation.Vouched{Attributes: map[string][]string{}}
	for name, value := range claims {
		values := texts(value)
		if len(values) == 0 {
			continue
		}
		v.Attributes[name] = values
		v.Attributes["OIDC-"+name] = values
		v.Attributes["HTTP_OIDC_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = values
	}
	if issuer := texts(claims["iss"]); len(issuer) == 1 {
		v.Issuer = issuer[0]
	}
	if subject := texts(claims["sub"]); len(subject) == 1 {
		v.Subject = subject[0]
	}
	return v
}

// texts are a claim's values as texts: those of a list each, an object as JSON.
func texts(claim any) []string {
	switch c := claim.(type) {
	case nil:
		return nil
	case string:
		return []string{c}
	case []any:
		var all []string
		for _, one := range c {
			all = append(all, texts(one)...)
		}
		return all
	}
	text, err := json.Marshal(claim)
	if err != nil {
		return nil
	}
	return []string{string(text)}
}
