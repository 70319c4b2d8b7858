// Package oidctest is a small OpenID provider for tests: it signs in whoever it is told to, and lies as it is told.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client and Secret are keystone at the provider.
const (
	Client = "keystone"
	Secret = "client:secret / with odd letters"
)

// Claims are what the provider says of somebody.
type Claims map[string]any

// Provider is the provider.
type Provider struct {
	URL string
	// Now is what its clock shows.
	Now func() time.Time
	// Lie, where set, changes the claims of a token before it is signed; LieKey has it be signed with another key.
	Lie    func(Claims)
	LieKey bool

	t    testing.TB
	keys [2]*ecdsa.PrivateKey

	mu     sync.Mutex
	who    Claims
	codes  map[string]code
	opaque map[string]Claims
}

// code is what a code stands for.
type code struct {
	claims              Claims
	challenge, redirect string
}

// Start starts a provider that ends with the test.
func Start(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, Now: now, codes: map[string]code{}, opaque: map[string]Claims{}}
	for i := range p.keys {
		var err error
		if p.keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	for path, h := range map[string]http.HandlerFunc{
		"/.well-known/openid-configuration": p.discovery, "/keys": p.jwks, "/authorize": p.authorize, "/token": p.token,
		"/userinfo": p.userinfo, "/introspect": p.introspect,
	} {
		mux.HandleFunc(path, h)
	}
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	p.URL = web.URL
	return p
}

// Become has whoever comes to sign in be the one of these claims; sub is needed.
func (p *Provider) Become(who Claims) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = who
}

// Token is an access token of claims, signed; those that every token has need not be said.
func (p *Provider) Token(claims Claims) string {
	all := p.whole(claims)
	if p.Lie != nil {
		p.Lie(all)
	}
	key := p.keys[0]
	if p.LieKey {
		key = p.keys[1]
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := json.Marshal(all)
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		p.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return compact
}

func (p *Provider) whole(claims Claims) Claims {
	all := Claims{"iss": p.URL, "aud": Client, "iat": p.Now().Unix(), "exp": p.Now().Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	return all
}

// Opaque is an access token that only the provider can read.
func (p *Provider) Opaque(claims Claims) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := rand.Text()
	p.opaque[text] = p.whole(claims)
	return text
}

func (p *Provider) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked may have left
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, http.StatusOK, Claims{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"userinfo_endpoint": p.URL + "/userinfo", "introspection_endpoint": p.URL + "/introspect",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.keys[0].Public(), KeyID: "one", Algorithm: "ES256", Use: "sig"}}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != Client || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "no such client, or not by a code", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	claims := p.whole(p.who)
	claims["nonce"] = q.Get("nonce")
	text := rand.Text()
	p.codes[text] = code{claims, q.Get("code_challenge"), q.Get("redirect_uri")}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {text}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	user, _ = url.QueryUnescape(user)
	password, _ = url.QueryUnescape(password)
	p.mu.Lock()
	given, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if user != Client || password != Secret || !known || base64.RawURLEncoding.EncodeToString(sum[:]) != given.challenge || r.FormValue("redirect_uri") != given.redirect {
		p.answer(w, http.StatusBadRequest, Claims{"error": "invalid_grant"})
		return
	}
	p.answer(w, http.StatusOK, Claims{
		"access_token": p.Opaque(given.claims), "token_type": "Bearer", "expires_in": 3600, "id_token": p.Token(given.claims),
	})
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	claims, known := p.opaque[r.Header.Get("Authorization")[len("Bearer "):]]
	if !known {
		p.answer(w, http.StatusUnauthorized, Claims{"error": "invalid_token"})
		return
	}
	p.answer(w, http.StatusOK, Claims{"sub": claims["sub"], "department": "of the userinfo"})
}

func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	user, _ = url.QueryUnescape(user)
	password, _ = url.QueryUnescape(password)
	p.mu.Lock()
	defer p.mu.Unlock()
	claims, known := p.opaque[r.FormValue("token")]
	if user != Client || password != Secret {
		p.answer(w, http.StatusUnauthorized, Claims{"error": "invalid_client"})
		return
	}
	all := Claims{"active": known}
	maps.Copy(all, claims)
	p.answer(w, http.StatusOK, all)
}
