package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/auth"
	"cumulet/keystone/bootstrap"
	"cumulet/keystone/identity"
	"cumulet/keystone/middleware"
	"cumulet/keystone/server"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// house is a keystone over HTTP that counts what it is asked, and a middleware before nobody.
type house struct {
	*server.Server
	web    *httptest.Server
	asked  atomic.Int64
	client *middleware.Keystone
	now    atomic.Int64
}

func (h *house) Now() time.Time { return time.UnixMicro(h.now.Add(1)).UTC() }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{}
	h.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	folder := t.TempDir()
	config := keystone.DefaultConfig()
	config.KeyRepository, config.PasswordHashRounds = filepath.Join(folder, "keys"), 4
	config.CredentialKeyRepository, config.ReceiptKeyRepository = filepath.Join(folder, "credential-keys"), filepath.Join(folder, "receipt-keys")
	var err error
	h.Server, err = server.New(t.Context(), config, dbtest.URL(t), slog.New(slog.DiscardHandler), h.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	b := bootstrap.Bootstrap{Identity: h.Identity, Resource: h.Resource, Assignment: h.Assignment, Catalog: h.Catalog}
	plan := bootstrap.Plan{AdminPassword: "a", Region: "R", ServiceUsers: []bootstrap.ServiceUser{{Name: "nova", Password: "n"}}}
	if err := b.Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	rules, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler("", rules)
	if err != nil {
		t.Fatal(err)
	}
	h.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			h.asked.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(h.web.Close)
	h.client = &middleware.Keystone{
		URL: h.web.URL, Client: h.web.Client(), User: "nova", Password: "n", Project: "service", Now: h.Now, Generation: h.DB.Generation,
	}
	return h
}

// token signs in.
func (h *house) token(t *testing.T, r auth.Request) string {
	t.Helper()
	text, _, err := h.Tokens.Authenticate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (h *house) sign(t *testing.T, user, password, project string) string {
	t.Helper()
	return h.token(t, auth.Request{
		Methods:     []string{"password"},
		Credentials: auth.Credentials{Login: identity.Login{UserName: user, DomainID: "default", Password: password}},
		Scope:       &auth.ScopeRequest{Kind: keystone.OnProject, Name: project, DomainID: "default"},
	})
}

func (h *house) who(t *testing.T, method, path, token, service string) (policy.Who, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("X-Service-Token", service)
	m := middleware.Middleware{Keystone: h.client, ServiceType: "compute"}
	return m.Authenticate(t.Context(), r)
}

func TestTokenBecomesCaller(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.sign(t, "admin", "a", "admin")
	who, err := h.who(t, "GET", "/", token, "")
	if err != nil || who.UserName != "admin" || who.ProjectName != "admin" || !who.Has("member") || who.Token != token {
		t.Errorf("%+v, %v", who, err)
	}
	for _, bad := range []string{"", "x", token[:50]} {
		if _, err := h.who(t, "GET", "/", bad, ""); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestManyAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.sign(t, "admin", "a", "admin")
	if _, err := h.who(t, "GET", "/", token, ""); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if _, err := h.who(t, "GET", "/", token, ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := h.asked.Load(); n != 1 {
		t.Errorf("keystone was asked %d times about one token", n)
	}
}

func TestRevokedTokenIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := h.sign(t, "admin", "a", "admin")
	if _, err := h.who(t, "GET", "/", text, ""); err != nil {
		t.Fatal(err)
	}
	token, err := h.Tokens.Validate(t.Context(), text, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Tokens.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := h.who(t, "GET", "/", text, ""); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a revoked token: %v", err)
	}
}

func TestMemoryEndsWithTheToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.client.Memory = 24 * time.Hour
	text := h.sign(t, "admin", "a", "admin")
	if _, err := h.who(t, "GET", "/", text, ""); err != nil {
		t.Fatal(err)
	}
	h.now.Add((2 * time.Hour).Microseconds())
	if _, err := h.who(t, "GET", "/", text, ""); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("an expired token: %v", err)
	}
	service := h.sign(t, "nova", "n", "service")
	who, err := h.who(t, "GET", "/", text, service)
	if err != nil || len(who.ServiceRoles) == 0 {
		t.Errorf("an expired token that a service brings: %+v, %v", who, err)
	}
}

func TestKeystoneAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := h.sign(t, "admin", "a", "admin")
	h.web.Close()
	if _, err := h.who(t, "GET", "/", text, ""); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v, want unavailable", err)
	}
}

func TestAccessRulesAreKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin, err := h.Identity.UserByName(t.Context(), "default", "admin")
	if err != nil {
		t.Fatal(err)
	}
	project, err := h.Resource.ProjectByName(t.Context(), "default", "admin")
	if err != nil {
		t.Fatal(err)
	}
	made, secret, err := h.ApplicationCredential.Create(t.Context(), keystone.ApplicationCredential{
		Name: "c", UserID: admin.ID, ProjectID: project.ID, AccessRules: []keystone.AccessRule{
			{Service: "compute", Method: "GET", Path: "/v2.1/servers/{id}"}, {Service: "compute", Method: "POST", Path: "/v2.1/**"},
			{Service: "image", Method: "DELETE", Path: "/**"},
		}}, "")
	if err != nil {
		t.Fatal(err)
	}
	token := h.token(t, auth.Request{Methods: []string{"application_credential"}, Credentials: auth.Credentials{
		ApplicationCredential: auth.ApplicationCredential{ID: made.ID, Secret: secret}}})
	for ask, allowed := range map[[2]string]bool{
		{"GET", "/v2.1/servers/7"}: true, {"GET", "/v2.1/servers"}: false, {"GET", "/v2.1/servers/7/ips"}: false,
		{"POST", "/v2.1/servers/7/action"}: true, {"DELETE", "/v2.1/servers/7"}: false, {"PUT", "/"}: false,
	} {
		_, err := h.who(t, ask[0], ask[1], token, "")
		if allowed != (err == nil) || !allowed && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%v: %v, want allowed %t", ask, err, allowed)
		}
	}
}
