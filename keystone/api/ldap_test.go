package api_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/keystone/drivers/ldap/ldaptest"
)

// directory is the configuration of a domain whose users a server has.
func directory(s *ldaptest.Server) object {
	return object{"identity": object{"driver": "ldap"}, "ldap": object{
		"url": s.URL, "user": ldaptest.Reader, "password": ldaptest.Password, "suffix": ldaptest.Suffix, "page_size": 50,
		"user_tree_dn": "ou=People," + ldaptest.Suffix, "user_id_attribute": "uid", "user_name_attribute": "cn",
		"group_tree_dn": "ou=Groups," + ldaptest.Suffix, "group_name_attribute": "cn", "pool_retry_max": 0,
	}}
}

// corp makes a domain of a name that is configured so.
func (c *cloud) corp(name string, config object) (id string) {
	c.Helper()
	id = word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": name}}), "domain", "id")
	c.must(201, "PUT", "/v3/domains/"+id+"/config", object{"config": config})
	return id
}

// enter asks for a token of somebody in a domain.
func (c *cloud) enter(domainID, name, password string, scope any) answer {
	c.Helper()
	body := login(name, password, scope)
	at(body, "auth", "identity", "password", "user").(object)["domain"] = object{"id": domainID}
	return c.ask("POST", "/v3/auth/tokens", "", body)
}

func TestUsersOfADirectoryAreUsers(t *testing.T) {
	t.Parallel()
	s, c := ldaptest.Start(t), newCloud(t)
	alice := s.Person("alice", "Alice", "wonder", "mail", "alice@example.org")
	s.Person("bob", "Bob", "builder", "enabled", "FALSE")
	s.Group("staff", alice)
	corp := c.corp("corp", directory(s))

	users := c.must(200, "GET", "/v3/users?domain_id="+corp, nil)
	if got := at(users, "users"); len(got.([]any)) != 2 {
		t.Fatalf("%v", got)
	}
	user := at(c.must(200, "GET", "/v3/users?domain_id="+corp+"&name=Alice", nil), "users", 0).(object)
	id := word(user, "id")
	if want := publicID(corp, "user", "alice"); id != want || user["email"] != "alice@example.org" || user["domain_id"] != corp {
		t.Errorf("%v; its id should be %s", user, want)
	}
	c.same("show", c.must(200, "GET", "/v3/users/"+id, nil), object{"user": user})
	group := word(c.must(200, "GET", "/v3/groups?domain_id="+corp, nil), "groups", 0, "id")
	if group != publicID(corp, "group", "staff") {
		t.Error(group)
	}
	if got := word(c.must(200, "GET", "/v3/groups/"+group+"/users", nil), "users", 0, "id"); got != id {
		t.Errorf("%q is in the group, and not %q", got, id)
	}
	if got := word(c.must(200, "GET", "/v3/users/"+id+"/groups", nil), "groups", 0, "id"); got != group {
		t.Errorf("they are in %q, and not %q", got, group)
	}
	c.must(204, "HEAD", "/v3/groups/"+group+"/users/"+id, nil)
	bob := publicID(corp, "user", "bob")
	if got := c.must(404, "HEAD", "/v3/groups/"+group+"/users/"+bob, nil); got != nil {
		t.Error(got)
	}

	// They sign in, and have what they were given: themselves, or through a group of the directory.
	if a := c.enter(corp, "Alice", "wrong", nil); a.status != 401 {
		t.Error(a)
	}
	if a := c.enter(corp, "Bob", "builder", nil); a.status != 401 {
		t.Errorf("bob is disabled: %v", a)
	}
	if a := c.enter(corp, "Nobody", "wonder", nil); a.status != 401 {
		t.Error(a)
	}
	shop := c.project("shop", corp)
	scope := object{"project": object{"id": shop}}
	if a := c.enter(corp, "Alice", "wonder", scope); a.status != 401 {
		t.Errorf("she has no role: %v", a)
	}
	c.must(204, "PUT", "/v3/projects/"+shop+"/groups/"+group+"/roles/"+c.role("member"), nil)
	a := c.enter(corp, "Alice", "wonder", scope)
	if a.status != 201 || word(a.body, "token", "user", "id") != id || word(a.body, "token", "user", "domain", "name") != "corp" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	token := a.header.Get("X-Subject-Token")
	if got := c.valid(token); got != 200 {
		t.Errorf("her token is answered with %d", got)
	}
	roles := at(c.must(200, "GET", "/v3/role_assignments?effective&include_names&scope.project.id="+shop, nil), "role_assignments").([]any)
	if !slices.ContainsFunc(roles, func(r any) bool { return word(r, "user", "name") == "Alice" && word(r, "role", "name") == "member" }) {
		t.Errorf("%v", roles)
	}
	c.must(204, "PUT", "/v3/projects/"+shop+"/users/"+id+"/roles/"+c.role("reader"), nil)

	// What the directory takes back, tokens lose as soon as it is looked at again.
	s.Set(alice, "enabled", "FALSE")
	c.clock.advance(11 * time.Second)
	if got := c.valid(token); got != 404 {
		t.Errorf("the token of one who is disabled is answered with %d", got)
	}
	s.Set(alice, "enabled", "TRUE")

	// The domain without its directory has no users, and gone it leaves nothing.
	c.must(204, "DELETE", "/v3/domains/"+corp+"/config/identity", nil)
	c.must(404, "GET", "/v3/users/"+id, nil)
	if got := at(c.must(200, "GET", "/v3/users?domain_id="+corp, nil), "users").([]any); len(got) != 0 {
		t.Error(got)
	}
	c.must(200, "PATCH", "/v3/domains/"+corp, object{"domain": object{"enabled": false}})
	c.must(204, "DELETE", "/v3/domains/"+corp, nil)
	if _, err := c.DB.IDMapping(t.Context(), id); err == nil {
		t.Error("who she was is still kept")
	}
	if got := at(c.must(200, "GET", "/v3/role_assignments?user.id="+id, nil), "role_assignments").([]any); len(got) != 0 {
		t.Errorf("her roles are still kept: %v", got)
	}
}

func TestADirectoryIsNeverWritten(t *testing.T) {
	t.Parallel()
	s, c := ldaptest.Start(t), newCloud(t)
	alice := s.Person("alice", "Alice", "wonder")
	s.Group("staff", alice)
	corp := c.corp("corp", directory(s))
	id := word(c.must(200, "GET", "/v3/users?domain_id="+corp, nil), "users", 0, "id")
	group := word(c.must(200, "GET", "/v3/groups?domain_id="+corp, nil), "groups", 0, "id")
	own, _ := c.member("own")
	ownGroup := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "own"}}), "group", "id")
	for request, body := range map[string]object{
		"POST /v3/users":                              {"user": object{"name": "carol", "domain_id": corp}},
		"PATCH /v3/users/" + id:                       {"user": object{"enabled": false}},
		"DELETE /v3/users/" + id:                      nil,
		"POST /v3/groups":                             {"group": object{"name": "g", "domain_id": corp}},
		"PATCH /v3/groups/" + group:                   {"group": object{"name": "g"}},
		"DELETE /v3/groups/" + group:                  nil,
		"PUT /v3/groups/" + group + "/users/" + id:    nil,
		"DELETE /v3/groups/" + group + "/users/" + id: nil,
		"PUT /v3/groups/" + group + "/users/" + own:   nil,
		"PUT /v3/groups/" + ownGroup + "/users/" + id: nil,
	} {
		method, path, _ := strings.Cut(request, " ")
		a := c.ask(method, path, c.admin, body)
		text := word(a.body, "error", "message")
		if a.status != 403 || !strings.Contains(text, "LDAP does not support write operations") && !strings.Contains(text, "across backend boundaries") {
			t.Errorf("%s: %d %s", request, a.status, a.text)
		}
	}
	change := func(from string) answer {
		return c.ask("POST", "/v3/users/"+id+"/password", "", object{"user": object{"original_password": from, "password": "other"}})
	}
	if a := change("wonder"); a.status != 403 {
		t.Error(a)
	}
	if a := change("wrong"); a.status != 401 {
		t.Error(a)
	}
	if a := c.enter(corp, "Alice", "wonder", nil); a.status != 201 {
		t.Error(a)
	}
}

// publicID is as upstream has made ids since the beginning: the SHA-256 of these three.
func publicID(domainID, kind, localID string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(domainID+kind+localID)))
}

func TestAnotherConfigurationHoldsAtOnce(t *testing.T) {
	t.Parallel()
	s, other, c := ldaptest.Start(t), ldaptest.Start(t), newCloud(t)
	s.Person("alice", "Alice", "old")
	other.Person("alice", "Alice", "new")
	corp := c.corp("corp", directory(s))
	path := "/v3/domains/" + corp + "/config/ldap"
	if a := c.enter(corp, "Alice", "old", nil); a.status != 201 {
		t.Fatal(a)
	}
	c.must(200, "PATCH", path, object{"config": object{"ldap": object{"url": other.URL}}})
	if a := c.enter(corp, "Alice", "old", nil); a.status != 401 {
		t.Error(a)
	}
	if a := c.enter(corp, "Alice", "new", nil); a.status != 201 {
		t.Error(a)
	}
	for name, change := range map[string]object{
		"the wrong password": {"password": "wrong"}, "a password to refer to that is not there": {"user": "%(secret)s"}, "no filter": {"user_filter": "("},
	} {
		c.must(200, "PATCH", path, object{"config": object{"ldap": change}})
		a := c.enter(corp, "Alice", "new", nil)
		if a.status != 503 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
		c.must(200, "PATCH", path, object{"config": object{"ldap": object{"password": ldaptest.Password, "user": ldaptest.Reader, "user_filter": ""}}})
		if a := c.enter(corp, "Alice", "new", nil); a.status != 201 {
			t.Errorf("after %s: %d %s", name, a.status, a.text)
		}
	}
	c.must(200, "PATCH", "/v3/domains/"+corp+"/config/identity", object{"config": object{"identity": object{"driver": "nothing"}}})
	if a := c.enter(corp, "Alice", "new", nil); a.status != 503 {
		t.Error(a)
	}
}

// A directory that takes connections and never answers holds up its own domain, and nobody else.
func TestADirectoryThatHangsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections, and nobody reads from them
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s, c := ldaptest.Start(t), newCloud(t)
	s.Person("alice", "Alice", "wonder")
	good := c.corp("good", directory(s))
	config := directory(s)
	config["ldap"].(object)["url"] = "ldap://" + silent.Addr().String()
	bad := c.corp("bad", config)
	const many = 50
	ended := make(chan answer, many)
	for range many {
		go func() {
			var a answer
			defer func() { ended <- a }()
			a = c.enter(bad, "Alice", "wonder", nil)
		}()
	}
	for range 5 {
		began := time.Now()
		if a := c.enter(good, "Alice", "wonder", nil); a.status != 201 {
			t.Error(a)
		}
		c.signIn("admin", adminPassword, nil)
		c.must(201, "POST", "/v3/projects", object{"project": object{"name": began.String()}})
	}
	if first := len(ended); first > 0 {
		t.Errorf("%d of those who ask the directory that hangs have given up before the others were done", first)
	}
	for range many {
		if a := <-ended; a.status != 503 || !strings.Contains(word(a.body, "error", "message"), bad) {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
}

func TestNobodyReadsTheDirectorysPassword(t *testing.T) {
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer slog.SetDefault(was)
	s, c := ldaptest.Start(t), newCloud(t)
	s.Person("alice", "Alice", "alices-own-secret")
	corp := c.corp("corp", directory(s))
	var shown strings.Builder
	for _, ask := range []func() answer{
		func() answer { return c.enter(corp, "Alice", "alices-own-secret", nil) },
		func() answer { return c.enter(corp, "Alice", "alices-wrong-secret", nil) },
		func() answer { return c.ask("GET", "/v3/domains/"+corp+"/config", c.admin, nil) },
		func() answer {
			c.must(200, "PATCH", "/v3/domains/"+corp+"/config/ldap", object{"config": object{"ldap": object{"password": "another-secret"}}})
			return c.enter(corp, "Alice", "alices-own-secret", nil)
		},
	} {
		shown.WriteString(ask().text)
	}
	for _, secret := range []string{ldaptest.Password, "another-secret", "alices-own-secret", "alices-wrong-secret"} {
		if strings.Contains(log.String(), secret) || strings.Contains(shown.String(), secret) {
			t.Errorf("%q is shown: %s\n%s", secret, shown.String(), log.String())
		}
	}
}
