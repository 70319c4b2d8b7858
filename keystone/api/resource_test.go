package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/bootstrap"
	"cumulet/oslo/rest"
)

// TestEveryNounLives makes, shows, lists, changes and deletes one of each.
func TestEveryNounLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	service := word(c.must(200, "GET", "/v3/services?type=compute", nil), "services", 0, "id")
	for noun, give := range map[string]struct{ made, change object }{
		"domain":  {object{"name": "d", "enabled": false, "color": "red"}, object{"description": "new"}},
		"project": {object{"name": "p", "tags": []string{"a", "b"}, "color": "red"}, object{"description": "new"}},
		"user":    {object{"name": "u", "password": "x", "email": "u@example.org"}, object{"email": "new", "name": "v"}},
		"group":   {object{"name": "g"}, object{"description": "new"}},
		"role":    {object{"name": "r"}, object{"description": "new"}},
		"region":  {object{"id": "Here"}, object{"description": "new"}},
		"service": {object{"type": "t", "name": "s", "description": "d"}, object{"description": "new"}},
		"endpoint": {object{"service_id": service, "interface": "public", "url": "http://x/%(tenant_id)s", "region": "RegionTwo"},
			object{"url": "http://y"}},
	} {
		path := "/v3/" + noun + "s"
		made := at(c.must(201, "POST", path, object{noun: give.made}), noun)
		for name, want := range give.made {
			if name != "password" && fmt.Sprint(at(made, name)) != fmt.Sprint(want) {
				t.Errorf("%s: %s is %v, given %v", noun, name, at(made, name), want)
			}
		}
		one := path + "/" + word(made, "id")
		if word(made, "links", "self") != c.url+one {
			t.Errorf("%s: self is %s, want %s", noun, word(made, "links", "self"), c.url+one)
		}
		changed := at(c.must(200, "PATCH", one, object{noun: give.change}), noun)
		shown := at(c.must(200, "GET", one, nil), noun)
		for name, want := range give.change {
			if at(changed, name) != want || at(shown, name) != want {
				t.Errorf("%s: %s is %v and %v, want %v", noun, name, at(changed, name), at(shown, name), want)
			}
		}
		if list := c.ask("GET", path, c.admin, nil); !strings.Contains(list.text, word(made, "id")) {
			t.Errorf("%s is not listed: %s", noun, list.text)
		}
		c.must(400, "PATCH", one, object{noun: object{}})
		c.must(400, "POST", path, object{noun: 7})
		c.must(204, "DELETE", one, nil)
		gone := c.must(404, "GET", one, nil)
		if want := fmt.Sprintf("Could not find %s: %s.", noun, word(made, "id")); word(gone, "error", "message") != want {
			t.Errorf("%s: %v, want %q", noun, gone, want)
		}
	}
}

func TestNamesAreTaken(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for noun, text := range map[string]string{
		"user":    "Conflict occurred attempting to store user - Duplicate entry found with name admin at domain ID default.",
		"role":    "Conflict occurred attempting to store role - Duplicate entry found with name admin.",
		"project": "either the same name or same id in the same domain: name is admin, project id ",
	} {
		got := c.must(409, "POST", "/v3/"+noun+"s", object{noun: object{"name": "admin"}})
		if !strings.Contains(word(got, "error", "message"), text) {
			t.Errorf("%s: %v", noun, got)
		}
	}
}

// TestEveryRouteRefuses asks each route without a token and as a stranger: 401, and 403 unless the rule lets all in.
func TestEveryRouteRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.member("eve")
	eve := c.signIn("eve", "eve", project("eve"))
	adminID := word(c.must(200, "GET", "/v3/users?name=admin", nil), "users", 0, "id")
	projectID := word(c.must(200, "GET", "/v3/projects?name=admin", nil), "projects", 0, "id")
	trustID := word(c.must(201, "POST", "/v3/OS-TRUST/trusts", object{"trust": object{"trustor_user_id": adminID, "trustee_user_id": adminID,
		"impersonation": false, "project_id": projectID, "roles": []object{{"name": "reader"}}}}), "trust", "id")
	access := word(c.must(201, "POST", "/v3/users/"+adminID+"/credentials/OS-EC2", object{"tenant_id": projectID}), "credential", "access")
	open := map[string]bool{}
	for _, r := range api.Rules() {
		open[r.Name] = r.Check == "" || r.Name == "identity:list_credentials" // of one's own
	}
	for _, route := range (&api.API{}).Routes() {
		if route.Rule == rest.Public || strings.HasPrefix(route.Do, "HEAD") {
			continue
		}
		method, path, _ := strings.Cut(route.Do, " ")
		id := adminID
		if strings.Contains(path, "projects/{id}") {
			id = projectID
		}
		path = strings.NewReplacer("{id}", id, "{user}", adminID, "{actor}", adminID, "{scope}", projectID, "{role}", "none",
			"{implied}", "none", "{credential}", "none", "{rule}", "none", "{tag}", "t", "{trust}", trustID, "{access}", access).Replace(path)
		body := bodies[strings.TrimPrefix(strings.Split(route.Do, "/{")[0], method+" ")]
		if a := c.ask(method, path, "", body); a.status != 401 {
			t.Errorf("%s without a token: %d %s", route.Do, a.status, a.text)
		}
		a := c.ask(method, path, eve, body, "X-Subject-Token", c.admin)
		if !open[route.Rule] && a.status != 403 {
			t.Errorf("%s as a stranger: %d %s", route.Do, a.status, a.text)
		}
	}
}

// bodies that pass the schemas, so that it is the rule that refuses.
var bodies = map[string]any{
	"/v3/domains": object{"domain": object{"name": "n"}}, "/v3/regions": object{"region": object{"description": "d"}},
	"/v3/users":       object{"user": object{"name": "n"}, "application_credential": object{"name": "n"}, "tenant_id": "t"},
	"/v3/credentials": object{"credential": object{"type": "t", "blob": "b", "user_id": "u"}}, "/v3/ec2tokens": object{}, "/v3/s3tokens": object{},
	"/v3/OS-TRUST/trusts": object{"trust": object{"trustor_user_id": "u", "trustee_user_id": "u", "impersonation": false}},
	"/v3/groups":          object{"group": object{"name": "n"}}, "/v3/roles": object{"role": object{"name": "n"}},
	"/v3/projects": object{"project": object{"name": "n"}, "tags": []string{}}, "/v3/services": object{"service": object{"type": "t"}},
	"/v3/OS-OAUTH1/consumers":              object{"consumer": object{"description": "d"}},
	"/v3/OS-OAUTH1/authorize":              object{"roles": []any{}},
	"/v3/endpoints":                        object{"endpoint": object{"interface": "public", "service_id": "s", "url": "http://x"}},
	"/v3/policies":                         object{"policy": object{"blob": "b", "type": "t"}},
	"/v3/OS-EP-FILTER/endpoint_groups":     object{"endpoint_group": object{"name": "n", "filters": object{"interface": "public"}}},
	"/v3/OS-FEDERATION/identity_providers": object{"identity_provider": object{"enabled": true}, "protocol": object{"mapping_id": "m"}},
	"/v3/OS-FEDERATION/mappings":           object{"mapping": object{"rules": []object{{"local": []object{}, "remote": []object{{"type": "t"}}}}}},
	"/v3/OS-FEDERATION/service_providers":  object{"service_provider": object{"auth_url": "http://a", "sp_url": "http://s"}},
	"/v3/registered_limits":                object{"registered_limits": []object{{"service_id": "s", "resource_name": "r", "default_limit": 1}}},
	"/v3/limits":                           object{"limits": []object{{"project_id": "p", "service_id": "s", "resource_name": "r", "resource_limit": 1}}},
}

func TestGrants(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, projectID := c.member("eve")
	member, reader := c.role("member"), c.role("reader")
	grant := "/v3/projects/" + projectID + "/users/" + userID + "/roles/"
	c.must(204, "HEAD", grant+member, nil)
	c.must(404, "HEAD", grant+reader, nil) // implied, not given
	c.must(204, "PUT", grant+member, nil)
	list := c.must(200, "GET", "/v3/role_assignments?include_names&user.id="+userID, nil)
	if word(list, "role_assignments", 0, "role", "name") != "member" || word(list, "role_assignments", 0, "scope", "project", "domain", "name") != "Default" ||
		word(list, "role_assignments", 0, "links", "assignment") != c.url+grant+member {
		t.Errorf("%v", list)
	}
	if effective := at(c.must(200, "GET", "/v3/role_assignments?effective&user.id="+userID, nil), "role_assignments").([]any); len(effective) != 2 {
		t.Errorf("effective: %v", effective)
	}
	c.must(204, "DELETE", grant+member, nil)
	gone := c.must(404, "DELETE", grant+member, nil)
	if !strings.Contains(word(gone, "error", "message"), "Could not find role assignment with role: "+member) {
		t.Errorf("%v", gone)
	}
}

func TestGroupsAndInheritanceGiveRoles(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "eve", "password": "eve"}}), "user", "id")
	parentID := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "top"}}), "project", "id")
	childID := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "leaf", "parent_id": parentID}}), "project", "id")
	groupID := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "g"}}), "group", "id")
	c.must(204, "PUT", "/v3/groups/"+groupID+"/users/"+userID, nil)
	c.must(204, "PUT", "/v3/OS-INHERIT/projects/"+parentID+"/groups/"+groupID+"/roles/"+c.role("member")+"/inherited_to_projects", nil)
	if got := c.valid(c.signIn("eve", "eve", project("leaf"))); got != 200 {
		t.Errorf("below: %d", got)
	}
	if a := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", project("top"))); a.status != 401 {
		t.Errorf("an inherited role counts where it is given: %d", a.status)
	}
	effective := c.must(200, "GET", "/v3/role_assignments?effective&user.id="+userID, nil)
	if word(effective, "role_assignments", 0, "scope", "project", "id") != childID ||
		!strings.Contains(word(effective, "role_assignments", 0, "links", "membership"), groupID) {
		t.Errorf("%v", effective)
	}
	if ids := at(c.must(200, "GET", "/v3/projects/"+parentID+"?subtree_as_ids", nil), "project", "subtree"); fmt.Sprint(ids) != fmt.Sprint(object{childID: nil}) {
		t.Errorf("subtree %v", ids)
	}
	c.must(403, "DELETE", "/v3/projects/"+parentID, nil)
	c.must(204, "DELETE", "/v3/groups/"+groupID+"/users/"+userID, nil)
	if a := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", project("leaf"))); a.status != 401 {
		t.Errorf("out of the group: %d", a.status)
	}
}

func TestDomainsRolesCountByWhatTheyImply(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, projectID := c.member("eve")
	role := word(c.must(201, "POST", "/v3/roles", object{"role": object{"name": "local", "domain_id": "default"}}), "role", "id")
	c.must(204, "PUT", "/v3/projects/"+projectID+"/users/"+userID+"/roles/"+role, nil)
	c.must(201, "PUT", "/v3/roles/"+role+"/implies/"+c.role("manager"), nil)
	effective := c.ask("GET", "/v3/role_assignments?effective&user.id="+userID, c.admin, nil).text
	token := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", project("eve"))).text
	for where, text := range map[string]string{"effective": effective, "token": token} {
		if strings.Contains(text, `{"id":"`+role+`"`) || !strings.Contains(text, `{"id":"`+c.role("manager")) {
			t.Errorf("%s: %s", where, text)
		}
	}
	c.must(403, "PUT", "/v3/roles/"+c.role("reader")+"/implies/"+role, nil)
}

func TestDomainIsDeletedWithItsThings(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": "d"}}), "domain", "id")
	userID := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "u", "domain_id": id}}), "user", "id")
	projectID := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "p", "domain_id": id}}), "project", "id")
	refused := c.must(403, "DELETE", "/v3/domains/"+id, nil)
	if word(refused, "error", "message") != "Cannot delete a domain that is enabled, please disable it first." {
		t.Errorf("%v", refused)
	}
	c.must(200, "PATCH", "/v3/domains/"+id, object{"domain": object{"enabled": false}})
	c.must(204, "DELETE", "/v3/domains/"+id, nil)
	c.must(404, "GET", "/v3/users/"+userID, nil)
	c.must(404, "GET", "/v3/projects/"+projectID, nil)
}

func TestImmutableStaysAsItIs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	admin := "/v3/roles/" + c.role("admin")
	c.must(403, "PATCH", admin, object{"role": object{"name": "x"}})
	c.must(403, "DELETE", admin, nil)
	c.must(403, "PATCH", admin, object{"role": object{"name": "x", "options": object{"immutable": false}}})
	c.must(200, "PATCH", admin, object{"role": object{"options": object{"immutable": false}}})
	c.must(200, "PATCH", admin, object{"role": object{"name": "x"}})
}

func TestApplicationCredentialActsForItsUser(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, projectID := c.member("eve")
	eve := c.signIn("eve", "eve", project("eve"))
	path := "/v3/users/" + userID + "/application_credentials"
	made := c.ask("POST", path, eve, object{"application_credential": object{"name": "ci", "roles": []object{{"name": "member"}}}})
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.text)
	}
	id, secret := word(made.body, "application_credential", "id"), word(made.body, "application_credential", "secret")
	if shown := c.ask("GET", path+"/"+id, eve, nil); shown.status != 200 || strings.Contains(shown.text, secret) {
		t.Errorf("%d %s", shown.status, shown.text)
	}
	with := func(secret string, more object) answer {
		auth := object{"identity": object{"methods": []string{"application_credential"}, "application_credential": object{"id": id, "secret": secret}}}
		for k, v := range more {
			auth[k] = v
		}
		return c.ask("POST", "/v3/auth/tokens", "", object{"auth": auth})
	}
	a := with(secret, nil)
	if a.status != 201 || word(a.body, "token", "project", "id") != projectID || len(at(a.body, "token", "roles").([]any)) != 1 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if a := with("wrong", nil); a.status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %d", a.status)
	}
	token := a.header.Get("X-Subject-Token")
	if a := c.ask("POST", path, token, object{"application_credential": object{"name": "more"}}); a.status != 403 {
		t.Errorf("a restricted credential makes another: %d %s", a.status, a.text)
	}
	c.must(204, "DELETE", "/v3/projects/"+projectID+"/users/"+userID+"/roles/"+c.role("member"), nil)
	if got := c.valid(token); got != 404 {
		t.Errorf("without its role it is confirmed with %d", got)
	}
}

func TestListsAreCutWhereConfigured(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.ListLimit = 2 })
	list := c.must(200, "GET", "/v3/roles", nil)
	if at(list, "truncated") != true || len(at(list, "roles").([]any)) != 2 {
		t.Errorf("%v", list)
	}
}

func TestFiltersAreLiteral(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.member("100%_sure")
	for query, want := range map[string]int{
		"name=100%25_sure": 1, "name__contains=%25_": 1, "name__startswith=_": 0, "name__contains=%25%25": 0, "name__endswith=SURE": 1,
		"name='+OR+1=1": 0, "enabled=false": 0, "unknown=x": 3, "name__magic=x": 3,
	} {
		if got := len(at(c.must(200, "GET", "/v3/users?"+query, nil), "users").([]any)); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
}

func TestBootstrapMayRunAgain(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	b := bootstrap.Bootstrap{Identity: c.Identity, Resource: c.Resource, Assignment: c.Assignment, Catalog: c.Catalog}
	plan := bootstrap.Plan{AdminPassword: adminPassword, Region: "RegionOne", Services: []bootstrap.Service{{Type: "identity", Name: "keystone", Public: "http://moved"}}}
	if err := b.Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if got := c.valid(c.admin); got != 200 {
		t.Errorf("the admin's token ended: %d", got)
	}
	plan.AdminPassword = "new"
	if err := b.Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	c.admin = c.signIn("admin", "new", project("admin"))
	if a := c.ask("GET", "/v3/auth/catalog", c.admin, nil); !strings.Contains(a.text, "http://moved") || strings.Contains(a.text, "http://here/identity") {
		t.Errorf("catalog %s", a.text)
	}
}
