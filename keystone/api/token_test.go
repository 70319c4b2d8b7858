package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/keystone"
)

func TestTokenTellsWhoWhereAndCatalog(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	a := c.ask("POST", "/v3/auth/tokens", "", login("admin", adminPassword, project("admin")))
	token := at(a.body, "token")
	if a.status != 201 || word(token, "user", "name") != "admin" || word(token, "project", "domain", "name") != "Default" ||
		word(token, "methods", 0) != "password" || len(at(token, "roles").([]any)) != 4 {
		t.Fatalf("answered %d %s", a.status, a.text)
	}
	for _, url := range []string{"http://here/identity", "http://here/compute/" + word(token, "project", "id")} {
		if !strings.Contains(a.text, `"`+url+`"`) {
			t.Errorf("catalog lacks %s", url)
		}
	}
	shown := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", a.header.Get("X-Subject-Token"))
	if shown.status != 200 || shown.text != a.text {
		t.Errorf("shown %d %s, issued %s", shown.status, shown.text, a.text)
	}
	without := c.ask("GET", "/v3/auth/tokens?nocatalog", c.admin, nil, "X-Subject-Token", c.admin)
	if at(without.body, "token", "catalog") != nil {
		t.Error("nocatalog has a catalog")
	}
	if head := c.ask("HEAD", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", c.admin); head.status != 200 || head.text != "" {
		t.Errorf("HEAD answers %d %q", head.status, head.text)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for claim, s := range map[string]struct {
		scope  any
		status int
		member string
	}{
		"none is unscoped":             {nil, 201, ""},
		"unscoped may be said":         {"unscoped", 201, ""},
		"and said the old way":         {object{"unscoped": object{}}, 201, ""},
		"system":                       {object{"system": object{"all": true}}, 201, "system"},
		"a project":                    {project("admin"), 201, "project"},
		"a project by domain name":     {object{"project": object{"name": "admin", "domain": object{"name": "Default"}}}, 201, "project"},
		"a domain without a role":      {object{"domain": object{"id": "default"}}, 401, ""},
		"a project that is not there":  {project("nowhere"), 401, ""},
		"a project without its domain": {object{"project": object{"name": "admin"}}, 400, ""},
		"two scopes":                   {object{"system": object{"all": true}, "domain": object{"id": "default"}}, 400, ""},
		"a scope of no kind":           {object{"galaxy": object{}}, 400, ""},
		"a number":                     {7, 400, ""},
	} {
		a := c.ask("POST", "/v3/auth/tokens", "", login("admin", adminPassword, s.scope))
		if a.status != s.status {
			t.Errorf("%s: %d, want %d: %s", claim, a.status, s.status, a.text)
		}
		if s.member != "" && (at(a.body, "token", s.member) == nil || at(a.body, "token", "roles") == nil) {
			t.Errorf("%s: %s", claim, a.text)
		}
		if s.status == 201 && s.member == "" && (at(a.body, "token", "catalog") != nil || at(a.body, "token", "roles") != nil) {
			t.Errorf("%s: an unscoped token has a catalog or roles: %s", claim, a.text)
		}
	}
}

func TestFailedSignInsAreAllAlike(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, _ := c.member("eve")
	c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"enabled": false}})
	const same = `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`
	for claim, body := range map[string]object{
		"wrong password": login("admin", "x", nil), "unknown user": login("nobody", "x", nil), "disabled": login("eve", "eve", nil),
		"scope without a role": login("admin", adminPassword, project("eve")),
	} {
		a := c.ask("POST", "/v3/auth/tokens", "", body)
		if a.status != 401 || a.text != same || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `Keystone uri="`) {
			t.Errorf("%s: %d %s", claim, a.status, a.text)
		}
	}
}

func TestMalformedSignInsAreTold(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for body, want := range map[string]string{
		``:                         "Expecting to find valid JSON in request body.",
		`{"auth":`:                 "Expecting to find valid JSON in request body.",
		`{}`:                       "Expecting to find auth in request body.",
		`{"auth":{"identity":{}}}`: "'methods' is a required property",
		`{"auth":{"identity":{"methods":["password"]}}}`:                                                     "Expecting to find password in identity.",
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","password":"x"}}}}}`: "Expecting to find domain in user.",
	} {
		a := c.ask("POST", "/v3/auth/tokens", "", body)
		if a.status != 400 || !strings.Contains(word(a.body, "error", "message"), want) {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	a := c.ask("POST", "/v3/auth/tokens", "", `{"auth":{"identity":{"methods":["magic"],"magic":{}}}}`)
	if a.status != 401 || word(a.body, "error", "identity", "methods", 0) != "external" {
		t.Errorf("an unknown method: %d %s", a.status, a.text)
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	for claim, end := range map[string]func(c *cloud, userID, projectID, token string){
		"given back": func(c *cloud, _, _, token string) {
			if a := c.ask("DELETE", "/v3/auth/tokens", token, nil, "X-Subject-Token", token); a.status != 204 {
				c.Fatalf("%d %s", a.status, a.text)
			}
		},
		"expired": func(c *cloud, _, _, _ string) {
			c.clock.advance(2 * time.Hour)
			c.admin = c.signIn("admin", adminPassword, project("admin"))
		},
		"password reset": func(c *cloud, userID, _, _ string) {
			c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"password": "other"}})
		},
		"user disabled": func(c *cloud, userID, _, _ string) {
			c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"enabled": false}})
		},
		"user disabled and enabled": func(c *cloud, userID, _, _ string) {
			c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"enabled": false}})
			c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"enabled": true}})
		},
		"user deleted": func(c *cloud, userID, _, _ string) { c.must(204, "DELETE", "/v3/users/"+userID, nil) },
		"project disabled and enabled": func(c *cloud, _, projectID, _ string) {
			c.must(200, "PATCH", "/v3/projects/"+projectID, object{"project": object{"enabled": false}})
			c.must(200, "PATCH", "/v3/projects/"+projectID, object{"project": object{"enabled": true}})
		},
		"project deleted": func(c *cloud, _, projectID, _ string) { c.must(204, "DELETE", "/v3/projects/"+projectID, nil) },
		"role taken away": func(c *cloud, userID, projectID, _ string) {
			c.must(204, "DELETE", "/v3/projects/"+projectID+"/users/"+userID+"/roles/"+c.role("member"), nil)
		},
		"keys rotated out": func(c *cloud, _, _, _ string) {
			for range 4 {
				if err := c.Keys.Rotate(); err != nil {
					c.Fatal(err)
				}
			}
			c.admin = c.signIn("admin", adminPassword, project("admin"))
		},
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			userID, projectID := c.member("eve")
			token := c.signIn("eve", "eve", project("eve"))
			if got := c.valid(token); got != 200 {
				t.Fatalf("a fresh token: %d", got)
			}
			end(c, userID, projectID, token)
			if got := c.valid(token); got != 404 {
				t.Errorf("confirmed with %d, want 404", got)
			}
			if a := c.ask("GET", "/v3/auth/projects", token, nil); a.status != 401 {
				t.Errorf("used: %d, want 401", a.status)
			}
		})
	}
}

func TestNewPasswordServesAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, _ := c.member("eve")
	change := object{"user": object{"original_password": "eve", "password": "adam"}}
	if a := c.ask("POST", "/v3/users/"+userID+"/password", "", change); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if got := c.valid(c.signIn("eve", "adam", nil)); got != 200 {
		t.Errorf("a token of the same second is confirmed with %d", got)
	}
	if a := c.ask("POST", "/v3/users/"+userID+"/password", "", change); a.status != 401 {
		t.Errorf("the old password still changes it: %d", a.status)
	}
}

func TestForgedTokensAreUnauthorized(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	foreign := newCloud(t).admin
	for claim, token := range map[string]string{
		"none": "", "words": "let me in", "truncated": c.admin[:len(c.admin)-4], "of another key": foreign, "long": strings.Repeat("g", 5000),
	} {
		if a := c.ask("GET", "/v3/users", token, nil); a.status != 401 {
			t.Errorf("%s: %d, want 401", claim, a.status)
		}
		want := 404
		if a := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token); a.status != want {
			t.Errorf("%s as subject: %d, want %d", claim, a.status, want)
		}
	}
}

func TestTokenOfATokenKeepsEndAndChain(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.member("eve")
	first := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", nil))
	c.clock.advance(time.Minute)
	next := c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{
		"identity": object{"methods": []string{"token"}, "token": object{"id": first.header.Get("X-Subject-Token")}}, "scope": project("eve")}})
	if next.status != 201 || word(next.body, "token", "expires_at") != word(first.body, "token", "expires_at") ||
		word(next.body, "token", "audit_ids", 1) != word(first.body, "token", "audit_ids", 0) ||
		fmt.Sprint(at(next.body, "token", "methods")) != "[password token]" {
		t.Errorf("%d %s after %s", next.status, next.text, first.text)
	}
	// The scoped one given back, the first still serves.
	scoped := next.header.Get("X-Subject-Token")
	c.ask("DELETE", "/v3/auth/tokens", scoped, nil, "X-Subject-Token", scoped)
	if c.valid(scoped) != 404 || c.valid(first.header.Get("X-Subject-Token")) != 200 {
		t.Error("revoking a token must end it, and not the one it was got with")
	}
}

func TestExpiredTokenIsConfirmedWhereAsked(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.member("eve")
	token := c.signIn("eve", "eve", project("eve"))
	c.clock.advance(2 * time.Hour)
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	if a := c.ask("GET", "/v3/auth/tokens?allow_expired=1", c.admin, nil, "X-Subject-Token", token); a.status != 200 {
		t.Errorf("within the window: %d", a.status)
	}
	c.clock.advance(48 * time.Hour)
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	if a := c.ask("GET", "/v3/auth/tokens?allow_expired=1", c.admin, nil, "X-Subject-Token", token); a.status != 404 {
		t.Errorf("after the window: %d", a.status)
	}
}

func TestWrongPasswordsLockForAWhile(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.LockoutFailureAttempts = 3 })
	c.member("eve")
	for range 3 {
		c.ask("POST", "/v3/auth/tokens", "", login("eve", "x", nil))
	}
	if a := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", nil)); a.status != 401 {
		t.Errorf("the right password opens a locked account: %d", a.status)
	}
	c.clock.advance(time.Hour)
	if a := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", nil)); a.status != 201 {
		t.Errorf("after the lock: %d %s", a.status, a.text)
	}
}

func TestLastPasswordsAreNotTakenAgain(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.UniqueLastPasswordCount = 2 })
	userID, _ := c.member("eve")
	change := func(from, to string) int {
		return c.ask("POST", "/v3/users/"+userID+"/password", "", object{"user": object{"original_password": from, "password": to}}).status
	}
	for _, step := range []struct {
		from, to string
		status   int
	}{{"eve", "eve", 400}, {"eve", "one", 204}, {"one", "one", 400}, {"one", "eve", 400}, {"one", "two", 204}, {"two", "one", 400}, {"two", "eve", 204}} {
		if got := change(step.from, step.to); got != step.status {
			t.Errorf("%s to %s: %d, want %d", step.from, step.to, got, step.status)
		}
	}
	c.must(200, "PATCH", "/v3/users/"+userID, object{"user": object{"password": "eve"}}) // admins are not asked
}

func TestSixtyFourAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			name := fmt.Sprintf("user%d", i)
			a := c.ask("POST", "/v3/users", c.admin, object{"user": object{"name": name, "password": name}})
			b := c.ask("POST", "/v3/projects", c.admin, object{"project": object{"name": name}})
			if a.status != 201 || b.status != 201 {
				c.Errorf("%d %s, %d %s", a.status, a.text, b.status, b.text)
				return
			}
			path := "/v3/projects/" + word(b.body, "project", "id") + "/users/" + word(a.body, "user", "id") + "/roles/" + c.role("reader")
			if g := c.ask("PUT", path, c.admin, nil); g.status != 204 {
				c.Errorf("%d %s", g.status, g.text)
			}
			token := c.ask("POST", "/v3/auth/tokens", "", login(name, name, project(name)))
			if token.status != 201 {
				c.Errorf("%d %s", token.status, token.text)
			}
		})
	}
	all.Wait()
	if n := len(at(c.must(200, "GET", "/v3/users?name__startswith=user", nil), "users").([]any)); n != 64 {
		t.Errorf("%d users of 64 are there", n)
	}
}

// A role that was taken away is in no answer that begins afterwards, however many ask meanwhile.
func TestWhatIsShownOfATokenIsNeverOlderThanItsRoles(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	user, home := c.member("ann")
	grant := "/v3/projects/" + home + "/users/" + user + "/roles/" + c.role("admin")
	token := c.signIn("ann", "ann", project("ann"))
	show := func() answer { return c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token) }
	ended := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					show()
				}
			}
		})
	}
	for range 60 {
		c.must(204, "PUT", grant, nil)
		c.must(204, "DELETE", grant, nil)
		if a := show(); a.status != 200 || strings.Contains(a.text, `"name":"admin"`) {
			t.Errorf("%d %s", a.status, a.text)
			break
		}
	}
	close(ended)
	all.Wait()
}
