package api_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"strings"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/oidc/oidctest"
)

const dashboard = "https://dashboard.example.org/auth/websso/"

// federatedCloud is a cloud with an OpenID provider, whose users are in the groups of this cloud that it names.
func federatedCloud(t *testing.T, change ...func(*keystone.Config)) (*cloud, *oidctest.Provider, string) {
	t.Helper()
	op := oidctest.Start(t, nil)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(oidctest.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCloud(t, append(change, func(config *keystone.Config) {
		config.OpenID = map[string]keystone.OpenID{"corp": {Issuer: op.URL, ClientID: oidctest.Client, ClientSecretFile: secret, Scopes: []string{"email"}}}
		config.TrustedDashboards = []string{dashboard}
	})...)
	op.Now = c.clock.Now
	group := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "staff"}}), "group", "id")
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/corp", object{"identity_provider": object{"remote_ids": []string{op.URL}, "enabled": true}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/mappings/corp", object{"mapping": object{"rules": []any{
		object{"local": []any{object{"user": object{"name": "{0}", "email": "{1}"}}}, "remote": []any{object{"type": "HTTP_OIDC_PREFERRED_USERNAME"}, object{"type": "email"}}},
		object{"local": []any{object{"groups": "{0}", "domain": object{"name": "Default"}}}, "remote": []any{object{"type": "OIDC-groups", "blacklist": []string{"admin"}}}},
	}}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/corp/protocols/openid", object{"protocol": object{"mapping_id": "corp"}})
	return c, op, group
}

func claims(name string, more ...any) oidctest.Claims {
	all := oidctest.Claims{"sub": "subject of " + name, "preferred_username": name, "email": name + "@example.org", "groups": []string{"staff", "no such group"}}
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

const federatedAuth = "/v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth"

func (c *cloud) bring(token string) answer {
	c.Helper()
	return c.ask("POST", federatedAuth, "", nil, "Authorization", "Bearer "+token)
}

func TestUsersOfAnIdentityProviderSignInByItsTokens(t *testing.T) {
	t.Parallel()
	c, op, group := federatedCloud(t)
	a := c.bring(op.Token(claims("ann")))
	if a.status != 201 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	user := at(a.body, "token", "user").(object)
	told := at(user, "OS-FEDERATION").(object)
	if user["name"] != "ann" || word(told, "identity_provider", "id") != "corp" || word(told, "protocol", "id") != "openid" || word(told, "groups", 0, "id") != group {
		t.Errorf("%v", user)
	}
	if at(a.body, "token", "project") != nil || word(a.body, "token", "methods", 0) != "mapped" {
		t.Errorf("%s", a.text)
	}
	id, unscoped := word(user, "id"), a.header.Get("X-Subject-Token")
	if again := c.bring(op.Opaque(claims("ann"))); word(again.body, "token", "user", "id") != id {
		t.Errorf("by a token that only the provider can read: %d %s", again.status, again.text)
	}
	shown := at(c.must(200, "GET", "/v3/users/"+id, nil), "user").(object)
	if shown["name"] != "ann" || shown["email"] != "ann@example.org" {
		t.Errorf("%v", shown)
	}

	// What the groups have, they have: by the token's groups, not by a membership that lasts.
	shop := c.project("shop", "default")
	scoped := func(token string) answer {
		return c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{
			"identity": object{"methods": []string{"token"}, "token": object{"id": token}}, "scope": object{"project": object{"id": shop}}}})
	}
	if a := scoped(unscoped); a.status != 401 {
		t.Errorf("the group has no role: %d", a.status)
	}
	c.must(204, "PUT", "/v3/projects/"+shop+"/groups/"+group+"/roles/"+c.role("member"), nil)
	if got := word(c.ask("GET", "/v3/auth/projects", unscoped, nil).body, "projects", 0, "id"); got != shop {
		t.Errorf("%q is where they may go", got)
	}
	s := scoped(unscoped)
	if s.status != 201 || word(s.body, "token", "user", "OS-FEDERATION", "groups", 0, "id") != group || word(s.body, "token", "roles", 0, "name") == "" {
		t.Fatalf("%d %s", s.status, s.text)
	}
	token := s.header.Get("X-Subject-Token")
	if got := c.valid(token); got != 200 {
		t.Errorf("it is answered with %d", got)
	}
	if got := at(c.must(200, "GET", "/v3/users/"+id+"/groups", nil), "groups").([]any); len(got) != 0 {
		t.Errorf("they are in %v, without any time that it lasts", got)
	}
	c.must(200, "PATCH", "/v3/OS-FEDERATION/identity_providers/corp", object{"identity_provider": object{"authorization_ttl": 10}})
	c.bring(op.Token(claims("ann")))
	if got := word(c.must(200, "GET", "/v3/users/"+id+"/groups", nil), "groups", 0, "membership_expires_at"); got == "" {
		t.Error("they are in the group for ten minutes")
	}
	c.clock.advance(11 * time.Minute)
	effective := "/v3/role_assignments?effective&user.id=" + id
	if got := at(c.must(200, "GET", effective, nil), "role_assignments").([]any); len(got) != 0 {
		t.Errorf("they still have %v", got)
	}
	c.bring(op.Token(claims("ann")))
	if got := at(c.must(200, "GET", effective, nil), "role_assignments").([]any); len(got) == 0 {
		t.Error("back in the group, they have its roles at once")
	}
	c.clock.advance(11 * time.Minute)
	if got := at(c.must(200, "GET", "/v3/users/"+id+"/groups", nil), "groups").([]any); len(got) != 0 {
		t.Error("and then no more")
	}

	// The identity provider disabled, its users are nobody.
	c.must(200, "PATCH", "/v3/OS-FEDERATION/identity_providers/corp", object{"identity_provider": object{"enabled": false}})
	if got := c.valid(token); got != 404 {
		t.Errorf("the token is answered with %d", got)
	}
	if a := c.bring(op.Token(claims("ann"))); a.status != 403 {
		t.Errorf("%d %s", a.status, a.text)
	}
	c.must(204, "DELETE", "/v3/OS-FEDERATION/identity_providers/corp", nil)
	if got := c.valid(token); got != 404 {
		t.Errorf("the token is answered with %d", got)
	}
}

func TestTokensThatAreNotTheProvidersForUsAreRefused(t *testing.T) {
	t.Parallel()
	c, op, _ := federatedCloud(t)
	ann := claims("ann")
	for name, lie := range map[string]func() string{
		"another audience":         func() string { return op.Token(claims("ann", "aud", "another service")) },
		"another audience, opaque": func() string { return op.Opaque(claims("ann", "aud", "another service", "client_id", "another")) },
		"no audience":              func() string { return op.Token(claims("ann", "aud", nil)) },
		"another issuer":           func() string { return op.Token(claims("ann", "iss", "https://evil.example.org")) },
		"expired":                  func() string { return op.Token(claims("ann", "exp", c.clock.Now().Add(-time.Hour).Unix())) },
		"expired, opaque":          func() string { return op.Opaque(claims("ann", "exp", c.clock.Now().Add(-time.Hour).Unix())) },
		"made up":                  func() string { return "made-up" },
		"empty":                    func() string { return "" },
		"unsigned":                 func() string { p := strings.Split(op.Token(ann), "."); return "eyJhbGciOiJub25lIn0." + p[1] + "." },
		"another key":              func() string { op.LieKey = true; defer func() { op.LieKey = false }(); return op.Token(ann) },
		"a user without a name":    func() string { return op.Token(claims("ann", "preferred_username", nil, "sub", nil)) },
		"changed": func() string {
			p := strings.Split(op.Token(ann), ".")
			q := strings.Split(op.Token(claims("eve")), ".")
			return p[0] + "." + q[1] + "." + p[2]
		},
	} {
		if a := c.bring(lie()); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if a := c.bring(op.Token(ann)); a.status != 201 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := c.ask("POST", strings.Replace(federatedAuth, "corp", "none", 1), "", nil, "Authorization", "Bearer "+op.Token(ann)); a.status != 401 {
		t.Errorf("%d %s", a.status, a.text)
	}
	c.must(200, "PATCH", "/v3/OS-FEDERATION/identity_providers/corp", object{"identity_provider": object{"remote_ids": []string{"https://other"}}})
	if a := c.bring(op.Token(ann)); a.status != 403 {
		t.Errorf("an issuer that is not the identity provider's: %d %s", a.status, a.text)
	}
}

// No word of an identity provider's makes more of a user than the mapping says.
func TestMappingsGiveNoMoreThanTheySay(t *testing.T) {
	t.Parallel()
	c, op, staff := federatedCloud(t)
	admins := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "admin"}}), "group", "id")
	for name, groups := range map[string]any{
		"black": []string{"admin"}, "a list in a text": "['admin']", "a list in a list": []string{"['admin']"}, "two in one": "staff;admin", "by id": admins,
	} {
		a := c.bring(op.Token(claims("ann", "groups", groups)))
		if a.status != 201 || strings.Contains(a.text, admins) {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	// Another identity provider of the same domain does not mean the same users.
	corp := at(c.must(200, "GET", "/v3/OS-FEDERATION/identity_providers/corp", nil), "identity_provider").(object)
	ann := c.bring(op.Token(claims("ann")))
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/rival", object{"identity_provider": object{"enabled": true, "domain_id": corp["domain_id"]}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/rival/protocols/openid", object{"protocol": object{"mapping_id": "corp"}})
	if _, _, err := c.Federation.SignIn(t.Context(), vouched("rival", "ann")); err == nil || !strings.Contains(err.Error(), "requires authentication") {
		t.Errorf("the rival's ann is corp's %s: %v", word(ann.body, "token", "user", "id"), err)
	}
	// A local user is only who a mapping names as local.
	own, _ := c.member("ann")
	c.must(200, "PATCH", "/v3/OS-FEDERATION/mappings/corp", object{"mapping": object{"rules": []any{object{
		"local":  []any{object{"user": object{"name": "{0}", "type": "local", "domain": object{"id": "default"}}}, object{"group": object{"id": staff}}},
		"remote": []any{object{"type": "preferred_username"}, object{"type": "email", "any_one_of": []string{"@example\\.org$"}, "regex": true}}}}}})
	a := c.bring(op.Token(claims("ann")))
	if word(a.body, "token", "user", "id") != own || at(a.body, "token", "user", "OS-FEDERATION") != nil {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := c.bring(op.Token(claims("ann", "email", "ann@example.org.evil"))); a.status != 401 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := c.bring(op.Token(claims("nobody"))); a.status != 401 {
		t.Errorf("%d %s", a.status, a.text)
	}
	// Roles that are not there, nor the domain's, make nothing.
	c.must(200, "PATCH", "/v3/OS-FEDERATION/mappings/corp", object{"mapping": object{"rules": []any{object{
		"local":  []any{object{"user": object{"name": "{0}"}}, object{"projects": []any{object{"name": "of {0}", "roles": []any{object{"name": "member"}}}, object{"name": "b", "roles": []any{object{"name": "no such"}}}}}},
		"remote": []any{object{"type": "preferred_username"}}}}}})
	if a := c.bring(op.Token(claims("bob"))); a.status != 401 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if got := at(c.must(200, "GET", "/v3/projects?name=of%20bob", nil), "projects").([]any); len(got) != 0 {
		t.Error("a project was made for a mapping that cannot be")
	}
	c.must(200, "PATCH", "/v3/OS-FEDERATION/mappings/corp", object{"mapping": object{"rules": []any{object{
		"local":  []any{object{"user": object{"name": "{0}"}}, object{"projects": []any{object{"name": "of {0}", "roles": []any{object{"name": "member"}}}}}},
		"remote": []any{object{"type": "preferred_username"}}}}}})
	for range 2 {
		a := c.bring(op.Token(claims("bob")))
		if a.status != 201 || word(c.ask("GET", "/v3/auth/projects", a.header.Get("X-Subject-Token"), nil).body, "projects", 0, "name") != "of bob" {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
}

func TestABrowserSignsInElsewhere(t *testing.T) {
	t.Parallel()
	c, op, _ := federatedCloud(t)
	op.Become(claims("ann"))
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar}
	}
	const own = "/v3/auth/OS-FEDERATION/identity_providers/corp/protocols/openid/websso"
	form := regexp.MustCompile(`action="([^"]*)".*name="token" value="([^"]*)"`)
	for _, path := range []string{own, "/v3/auth/OS-FEDERATION/websso/openid"} {
		status, page := get(t, browser(), c.url+path+"?origin="+url.QueryEscape(dashboard))
		found := form.FindStringSubmatch(page)
		if status != 200 || found == nil || html.UnescapeString(found[1]) != dashboard {
			t.Fatalf("%s: %d %s", path, status, page)
		}
		a := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", html.UnescapeString(found[2]))
		if a.status != 200 || word(a.body, "token", "user", "name") != "ann" {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	for name, origin := range map[string]string{"none": "", "another": "https://evil.example.org/", "with more": dashboard + "x", "a script": "javascript:alert(1)"} {
		if status, page := get(t, browser(), c.url+own+"?origin="+url.QueryEscape(origin)); status != 400 && status != 401 {
			t.Errorf("origin %s: %d %s", name, status, page)
		}
	}
	// What comes back must be what was sent: by the same browser, once, with its nonce.
	var back string
	stops := browser()
	stops.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/callback") {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	start := func() { get(t, stops, c.url+own+"?origin="+url.QueryEscape(dashboard)) }
	start()
	if status, page := get(t, browser(), back); status != 401 {
		t.Errorf("another browser: %d %s", status, page)
	}
	start()
	if status, page := get(t, stops, strings.Replace(back, "state=", "state=x", 1)); status != 401 {
		t.Errorf("another state: %d %s", status, page)
	}
	start()
	if status, page := get(t, stops, strings.Replace(back, "code=", "code=x", 1)); status != 401 {
		t.Errorf("another code: %d %s", status, page)
	}
	start()
	if status, _ := get(t, stops, back); status != 200 {
		t.Errorf("the sign-in itself: %d", status)
	}
	if status, page := get(t, stops, back); status != 401 {
		t.Errorf("twice: %d %s", status, page)
	}
	for name, lie := range map[string]func(oidctest.Claims){
		"nonce": func(l oidctest.Claims) { l["nonce"] = "another" }, "no nonce": func(l oidctest.Claims) { delete(l, "nonce") },
		"audience": func(l oidctest.Claims) { l["aud"] = "another" }, "subject": func(l oidctest.Claims) { l["sub"] = "another" },
	} {
		op.Lie = lie
		if status, page := get(t, browser(), c.url+own+"?origin="+url.QueryEscape(dashboard)); status != 401 {
			t.Errorf("another %s: %d %s", name, status, page)
		}
	}
	op.Lie, op.LieKey = nil, true
	if status, page := get(t, browser(), c.url+own+"?origin="+url.QueryEscape(dashboard)); status != 401 {
		t.Errorf("another key: %d %s", status, page)
	}
}

func TestFederationIsKept(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const providers, mappings, services = "/v3/OS-FEDERATION/identity_providers", "/v3/OS-FEDERATION/mappings", "/v3/OS-FEDERATION/service_providers"
	p := at(c.must(201, "PUT", providers+"/acme", object{"identity_provider": object{"remote_ids": []string{"b", "a"}, "description": "d"}}), "identity_provider").(object)
	if p["enabled"] != false || at(p, "remote_ids", 0) != "b" || p["authorization_ttl"] != nil || p["description"] != "d" {
		t.Errorf("%v", p)
	}
	if got := word(c.must(200, "GET", "/v3/domains/"+word(p, "domain_id"), nil), "domain", "description"); !strings.Contains(got, "acme") {
		t.Errorf("%q", got)
	}
	c.must(409, "PUT", providers+"/acme", object{"identity_provider": object{}})
	c.must(409, "PUT", providers+"/other", object{"identity_provider": object{"remote_ids": []string{"a"}}})
	c.must(400, "PUT", providers+"/other", object{"identity_provider": object{"nonsense": 1}})
	c.must(404, "PUT", providers+"/other", object{"identity_provider": object{"domain_id": "none"}})
	c.must(400, "PATCH", providers+"/acme", object{"identity_provider": object{}})
	c.must(404, "PATCH", providers+"/none", object{"identity_provider": object{"enabled": true}})
	p = at(c.must(200, "PATCH", providers+"/acme", object{"identity_provider": object{"remote_ids": nil, "enabled": true, "description": nil}}), "identity_provider").(object)
	if len(at(p, "remote_ids").([]any)) != 0 || p["enabled"] != true || p["description"] != nil {
		t.Errorf("%v", p)
	}
	if got := at(c.must(200, "GET", providers+"?enabled=True", nil), "identity_providers").([]any); len(got) != 1 {
		t.Error(got)
	}
	rules := []any{object{"local": []any{object{"user": object{"name": "{0}"}}}, "remote": []any{object{"type": "x"}}}}
	c.must(400, "PUT", providers+"/acme/protocols/saml2", object{"protocol": object{"mapping_id": "none"}})
	c.same("mapping", at(c.must(201, "PUT", mappings+"/m", object{"mapping": object{"rules": rules}}), "mapping").(object)["rules"].([]any)[0].(object), rules[0].(object))
	c.must(400, "PUT", mappings+"/n", object{"mapping": object{"rules": []any{}}})
	c.must(400, "PUT", mappings+"/n", object{"mapping": object{"rules": []any{object{"local": []any{}, "remote": []any{object{"type": "x", "any_one_of": []string{"("}, "regex": true}}}}}})
	c.must(400, "PUT", mappings+"/n", object{"mapping": object{"rules": []any{object{"local": []any{object{"nonsense": 1}}, "remote": []any{object{"type": "x"}}}}}})
	c.must(400, "PUT", mappings+"/n", object{"mapping": object{"rules": []any{object{"local": []any{}, "remote": []any{object{"type": "x", "any_one_of": []string{}, "blacklist": []string{}}}}}}})
	c.must(409, "PUT", mappings+"/m", object{"mapping": object{"rules": rules}})
	c.must(201, "PUT", providers+"/acme/protocols/saml2", object{"protocol": object{"mapping_id": "m"}})
	c.must(404, "PUT", providers+"/none/protocols/saml2", object{"protocol": object{"mapping_id": "m"}})
	c.must(409, "PUT", providers+"/acme/protocols/saml2", object{"protocol": object{"mapping_id": "m"}})
	c.must(400, "PATCH", providers+"/acme/protocols/saml2", object{"protocol": object{"mapping_id": "none"}})
	c.must(200, "PATCH", providers+"/acme/protocols/saml2", object{"protocol": object{"mapping_id": "m", "remote_id_attribute": "iss"}})
	if got := word(c.must(200, "GET", providers+"/acme/protocols", nil), "protocols", 0, "mapping_id"); got != "m" {
		t.Error(got)
	}
	c.must(204, "DELETE", providers+"/acme/protocols/saml2", nil)
	c.must(404, "GET", providers+"/acme/protocols/saml2", nil)
	c.must(204, "DELETE", mappings+"/m", nil)
	c.must(404, "GET", mappings+"/m", nil)

	c.must(400, "PUT", services+"/sp", object{"service_provider": object{"auth_url": "http://a"}})
	sp := at(c.must(201, "PUT", services+"/sp", object{"service_provider": object{"auth_url": "http://a", "sp_url": "http://s", "enabled": true}}), "service_provider").(object)
	if sp["relay_state_prefix"] != "ss:mem:" {
		t.Error(sp)
	}
	a := c.ask("POST", "/v3/auth/tokens", "", login("admin", adminPassword, project("admin")))
	if word(a.body, "token", "service_providers", 0, "sp_url") != "http://s" {
		t.Error(a.text)
	}
	c.must(200, "PATCH", services+"/sp", object{"service_provider": object{"enabled": false}})
	if a := c.ask("POST", "/v3/auth/tokens", "", login("admin", adminPassword, project("admin"))); at(a.body, "token", "service_providers") != nil {
		t.Error(a.text)
	}
	c.must(204, "DELETE", services+"/sp", nil)
	c.must(404, "GET", services+"/sp", nil)
	c.must(200, "PATCH", "/v3/domains/"+word(p, "domain_id"), object{"domain": object{"enabled": false}})
	c.must(204, "DELETE", "/v3/domains/"+word(p, "domain_id"), nil)
	c.must(404, "GET", providers+"/acme", nil)
	c.member("member")
	member := c.signIn("member", "member", project("member"))
	for _, path := range []string{providers, mappings, services} {
		if a := c.ask("GET", path, member, nil); a.status != 403 {
			t.Errorf("%s is shown to anybody: %d", path, a.status)
		}
	}
}

// A user with a password here may be one whom an identity provider vouches for, too.
func TestAUserIsLinkedToAnIdentityProvider(t *testing.T) {
	t.Parallel()
	c, op, _ := federatedCloud(t)
	c.must(200, "PATCH", "/v3/OS-FEDERATION/identity_providers/corp", object{"identity_provider": object{"authorization_ttl": 10}})
	named := func(provider, protocol, unique string) []any {
		return []any{object{"idp_id": provider, "protocols": []any{object{"protocol_id": protocol, "unique_id": unique}}}}
	}
	c.must(400, "POST", "/v3/users", object{"user": object{"name": "ann", "federated": named("none", "openid", "ann")}})
	c.must(400, "POST", "/v3/users", object{"user": object{"name": "ann", "federated": named("corp", "none", "ann")}})
	c.must(400, "POST", "/v3/users", object{"user": object{"name": "ann", "federated": []any{object{"idp_id": "corp", "protocols": []any{}}}}})
	made := c.must(201, "POST", "/v3/users", object{"user": object{"name": "ann", "federated": named("corp", "openid", "ann")}})
	id := word(made, "user", "id")
	if word(made, "user", "federated", 0, "protocols", 0, "unique_id") != "ann" {
		t.Errorf("%v", made)
	}
	a := c.bring(op.Token(claims("ann")))
	if word(a.body, "token", "user", "id") != id {
		t.Errorf("%d %s", a.status, a.text)
	}
	told := c.must(200, "GET", "/v3/users/"+id+"/groups", nil)
	if groups, _ := at(told, "groups").([]any); len(groups) != 1 || word(groups, 0, "membership_expires_at") == "" {
		t.Errorf("the groups that the provider told of: %v", told)
	}
	c.must(409, "POST", "/v3/users", object{"user": object{"name": "bob", "federated": named("corp", "openid", "ann")}})
	if got := at(c.must(200, "GET", "/v3/users?name=bob", nil), "users").([]any); len(got) != 0 {
		t.Error("the refused user was made")
	}
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"federated": named("corp", "openid", "other")}})
	if got := word(c.must(200, "GET", "/v3/users/"+id, nil), "user", "federated", 0, "protocols", 0, "unique_id"); got != "other" {
		t.Error(got)
	}
	if a := c.bring(op.Token(claims("ann"))); word(a.body, "token", "user", "id") == id {
		t.Error("they are called otherwise now")
	}
}

// As keystone/identity/shadow_backends/sql.py, get_federated_users.
func TestUsersAreFoundByWhatProvidersCallThem(t *testing.T) {
	t.Parallel()
	c, op, _ := federatedCloud(t)
	c.must(201, "POST", "/v3/users", object{"user": object{"name": "bob"}})
	for _, name := range []string{"ann", "bob"} {
		if a := c.bring(op.Token(claims(name))); a.status != 201 {
			t.Fatalf("%d %s", a.status, a.text)
		}
	}
	for query, want := range map[string]int{
		"name=ann": 1, "name=bob": 2, "name__contains=AN": 1, "name=cat": 0, "idp_id=corp": 2, "idp_id=corp&protocol_id=openid&unique_id=ann": 1, "unique_id=ann": 1,
		"idp_id=other": 0, "protocol_id=openid&name=bob": 1, "idp_id=corp&enabled=false": 0, "unique_id=ann&name=bob": 0,
	} {
		users, _ := at(c.must(200, "GET", "/v3/users?"+query, nil), "users").([]any)
		if len(users) != want {
			t.Errorf("%s finds %v, want %d", query, users, want)
		}
		for _, u := range users {
			if name := word(u, "name"); name != "ann" && name != "bob" {
				t.Errorf("%s finds %s", query, name)
			}
		}
	}
}

// vouched is what an identity provider says of somebody.
func vouched(provider, name string) federation.Vouched {
	return federation.Vouched{
		ProviderID: provider, ProtocolID: "openid",
		Attributes: map[string][]string{"HTTP_OIDC_PREFERRED_USERNAME": {name}, "email": {name + "@example.org"}},
	}
}

// get is what a browser gets.
func get(t *testing.T, browser *http.Client, address string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	page, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, strings.ReplaceAll(string(page), "\n", " ")
}
