package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/bootstrap"
	"cumulet/keystone/server"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/policy"
)

// cloud is a keystone on its own database behind real HTTP, with a clock that only tests move.
type cloud struct {
	testing.TB
	*server.Server
	handler http.Handler
	url     string
	clock   *clock
	admin   string // a token
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond) // no two moments are the same
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const adminPassword = "open sesame"

func newCloud(t testing.TB, change ...func(*keystone.Config)) *cloud {
	t.Helper()
	folder := t.TempDir()
	config := keystone.DefaultConfig()
	config.KeyRepository, config.PasswordHashRounds = filepath.Join(folder, "keys"), 4
	config.CredentialKeyRepository, config.ReceiptKeyRepository = filepath.Join(folder, "credential-keys"), filepath.Join(folder, "receipt-keys")
	for _, c := range change {
		c(&config)
	}
	clock := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s, err := server.New(t.Context(), config, dbtest.URL(t), slog.New(slog.DiscardHandler), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b := bootstrap.Bootstrap{Identity: s.Identity, Resource: s.Resource, Assignment: s.Assignment, Catalog: s.Catalog}
	err = b.Run(t.Context(), bootstrap.Plan{
		AdminPassword: adminPassword, Region: "RegionOne",
		Services:     []bootstrap.Service{{Type: "identity", Name: "keystone", Public: "http://here/identity"}, {Type: "compute", Name: "nova", Public: "http://here/compute/$(project_id)s"}},
		ServiceUsers: []bootstrap.ServiceUser{{Name: "nova", Password: "n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.Handler("/identity", rules)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	c := &cloud{TB: t, Server: s, handler: h, url: web.URL + "/identity", clock: clock}
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	return c
}

// object is JSON.
type object = map[string]any

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   object
	text   string
}

// ask sends a request; body is nil, text, or what becomes JSON.
func (c *cloud) ask(method, path, token string, body any, headers ...string) answer {
	c.Helper()
	var content []byte
	switch b := body.(type) {
	case nil:
	case string:
		content = []byte(b)
	default:
		var err error
		if content, err = json.Marshal(b); err != nil {
			c.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(c.Context(), method, c.url+path, bytes.NewReader(content))
	if err != nil {
		c.Fatal(err)
	}
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	for i := 0; i < len(headers); i += 2 {
		if name, more := strings.CutPrefix(headers[i], "+"); more {
			r.Header.Add(name, headers[i+1])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.body); err != nil {
			c.Fatalf("%s %s answers what is no JSON: %s", method, path, text)
		}
	}
	return a
}

// must is ask by the admin, with the status that it must have.
func (c *cloud) must(status int, method, path string, body any) object {
	c.Helper()
	a := c.ask(method, path, c.admin, body)
	if a.status != status {
		c.Fatalf("%s %s answers %d, want %d: %s", method, path, a.status, status, a.text)
	}
	return a.body
}

// at walks down into JSON.
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(object)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func word(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}

func project(name string) object {
	return object{"project": object{"name": name, "domain": object{"id": "default"}}}
}

func login(name, password string, scope any) object {
	auth := object{"identity": object{"methods": []string{"password"}, "password": object{
		"user": object{"name": name, "password": password, "domain": object{"id": "default"}}}}}
	if scope != nil {
		auth["scope"] = scope
	}
	return object{"auth": auth}
}

func (c *cloud) signIn(name, password string, scope any) string {
	c.Helper()
	a := c.ask("POST", "/v3/auth/tokens", "", login(name, password, scope))
	if a.status != 201 {
		c.Fatalf("%s cannot sign in: %d %s", name, a.status, a.text)
	}
	return a.header.Get("X-Subject-Token")
}

// valid tells how a token is confirmed to the admin.
func (c *cloud) valid(token string) int {
	c.Helper()
	return c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token).status
}

// member makes a project, and a user who is a member of it.
func (c *cloud) member(name string) (userID, projectID string) {
	c.Helper()
	userID = word(c.must(201, "POST", "/v3/users", object{"user": object{"name": name, "password": name}}), "user", "id")
	projectID = word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": name}}), "project", "id")
	c.must(204, "PUT", "/v3/projects/"+projectID+"/users/"+userID+"/roles/"+c.role("member"), nil)
	return userID, projectID
}

func (c *cloud) role(name string) string {
	c.Helper()
	return word(c.must(200, "GET", "/v3/roles?name="+name, nil), "roles", 0, "id")
}
