package api_test

import (
	"strings"
	"testing"
)

// What changes any of what lists show ends what is kept of them.
func TestListsShowEachChangeAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	user, home := c.member("ann")
	group := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "g"}}), "group", "id")
	reader, member := c.role("reader"), c.role("member")
	custom := word(c.must(201, "POST", "/v3/roles", object{"role": object{"name": "custom"}}), "role", "id")
	const users, projects = "/v3/users?name__contains=ann", "/v3/projects?name__contains=ann"
	effective := "/v3/role_assignments?effective&include_names&user.id=" + user
	for _, step := range []struct {
		claim               string
		status              int
		method, path        string
		body                any
		list, want, without string // of the list's text
	}{
		{"a user's name", 200, "PATCH", "/v3/users/" + user, object{"user": object{"name": "anna"}}, users, `"anna"`, ""},
		{"who is disabled", 200, "PATCH", "/v3/users/" + user, object{"user": object{"enabled": false}}, users, `"enabled":false`, ""},
		{"who is enabled", 200, "PATCH", "/v3/users/" + user, object{"user": object{"enabled": true}}, users, `"enabled":true`, ""},
		{"an option", 200, "PATCH", "/v3/users/" + user, object{"user": object{"options": object{"lock_password": true}}}, users, `"lock_password":true`, ""},
		{"another user", 201, "POST", "/v3/users", object{"user": object{"name": "joann"}}, users, `"joann"`, ""},
		{"a project's description", 200, "PATCH", "/v3/projects/" + home, object{"project": object{"description": "new"}}, projects, `"new"`, ""},
		{"a tag", 201, "PUT", "/v3/projects/" + home + "/tags/blue", nil, projects, `"blue"`, ""},
		{"a tag less", 204, "DELETE", "/v3/projects/" + home + "/tags", nil, projects, `"tags":[]`, `"blue"`},
		{"a name in assignments", 200, "PATCH", "/v3/users/" + user, object{"user": object{"name": "ann"}}, effective, `"ann"`, `"anna"`},
		{"a role of the group, of which nobody is", 204, "PUT", "/v3/projects/" + home + "/groups/" + group + "/roles/" + custom, nil, effective, "", custom},
		{"who comes into the group", 204, "PUT", "/v3/groups/" + group + "/users/" + user, nil, effective, custom, ""},
		{"who leaves it", 204, "DELETE", "/v3/groups/" + group + "/users/" + user, nil, effective, "", custom},
		{"an inference", 201, "PUT", "/v3/roles/" + member + "/implies/" + custom, nil, effective, custom, ""},
		{"an inference less", 204, "DELETE", "/v3/roles/" + member + "/implies/" + custom, nil, effective, reader, custom},
		{"a role's name", 200, "PATCH", "/v3/roles/" + custom, object{"role": object{"name": "other"}}, effective, "", "other"},
		{"a role that goes", 204, "DELETE", "/v3/projects/" + home + "/users/" + user + "/roles/" + member, nil, effective, `[]`, member},
		{"a user that goes", 204, "DELETE", "/v3/users/" + user, nil, users, `"joann"`, `"ann"`},
		{"a project that goes", 204, "DELETE", "/v3/projects/" + home, nil, projects, `[]`, home},
	} {
		c.must(200, "GET", step.list, nil)
		if a := c.ask(step.method, step.path, c.admin, step.body); a.status != step.status {
			t.Fatalf("%s: %d %s", step.claim, a.status, a.text)
		}
		after := c.ask("GET", step.list, c.admin, nil)
		if !strings.Contains(after.text, step.want) || step.without != "" && strings.Contains(after.text, step.without) {
			t.Errorf("%s: it is %d %s", step.claim, after.status, after.text)
		}
	}
}

// Who asks with a token of a domain sees what is in it, whoever has asked the same before.
func TestAKeptListIsForWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	domain := word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": "far"}}), "domain", "id")
	user := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "local", "password": "p", "domain_id": domain}}), "user", "id")
	c.must(204, "PUT", "/v3/domains/"+domain+"/users/"+user+"/roles/"+c.role("admin"), nil)
	a := c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": object{"id": user, "password": "p"}}},
		"scope":    object{"domain": object{"id": domain}},
	}})
	of := map[string]string{"all": c.admin, "the domain's": a.header.Get("X-Subject-Token")}
	for range 2 {
		for whose, token := range of {
			got := c.ask("GET", "/v3/users", token, nil)
			if !strings.Contains(got.text, `"local"`) || strings.Contains(got.text, `"nova"`) != (whose == "all") {
				t.Errorf("%s users: %d %s", whose, got.status, got.text)
			}
		}
		if got := c.ask("GET", "/v3/users", c.signIn("nova", "n", nil), nil); got.status != 403 {
			t.Errorf("who may not: %d %s", got.status, got.text)
		}
	}
}
