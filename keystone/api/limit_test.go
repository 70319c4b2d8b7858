package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cumulet/keystone"
)

// given is the body of a limit of nova's.
func (c *cloud) given(owner, id, resource string, amount int) object {
	c.Helper()
	return object{owner: id, "service_id": c.nova(), "resource_name": resource, "resource_limit": amount}
}

// limit makes a limit of nova's and gives its id.
func (c *cloud) limit(owner, id, resource string, amount int) string {
	c.Helper()
	return word(c.must(201, "POST", "/v3/limits", object{"limits": []object{c.given(owner, id, resource, amount)}}), "limits", 0, "id")
}

// domain makes a domain, and a user of the default domain who is a reader there.
func (c *cloud) domain(name, reader string) (domainID, userID string) {
	c.Helper()
	domainID = word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": name}}), "domain", "id")
	userID = word(c.must(201, "POST", "/v3/users", object{"user": object{"name": reader, "password": reader}}), "user", "id")
	c.must(204, "PUT", "/v3/domains/"+domainID+"/users/"+userID+"/roles/"+c.role("reader"), nil)
	return domainID, userID
}

// project makes a project in a domain.
func (c *cloud) project(name, domainID string) string {
	c.Helper()
	return word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": name, "domain_id": domainID}}), "project", "id")
}

func TestLimitLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	domainID, _ := c.domain("d", "ann")
	_, projectID := c.member("eve")
	given := with(c.given("project_id", projectID, "cores", 5), "description", "less")
	made := c.must(201, "POST", "/v3/limits", object{"limits": []object{given, c.given("project_id", domainID, "cores", -1)}})
	l := at(made, "limits", 0)
	one := "/v3/limits/" + word(l, "id")
	want := object{"id": word(l, "id"), "project_id": projectID, "domain_id": nil, "service_id": c.nova(), "region_id": nil,
		"resource_name": "cores", "resource_limit": 5, "description": "less", "links": object{"self": c.url + one}}
	if fmt.Sprint(l) != fmt.Sprint(want) || len(made) != 1 {
		t.Errorf("made is %v, want %v", made, want)
	}
	of := at(made, "limits", 1)
	if at(of, "project_id") != nil || word(of, "domain_id") != domainID || fmt.Sprint(at(of, "resource_limit")) != "-1" {
		t.Errorf("of a project that acts as a domain is made %v", of)
	}
	changed := at(c.must(200, "PATCH", one, object{"limit": object{"resource_limit": 0, "description": nil}}), "limit")
	shown := at(c.must(200, "GET", one, nil), "limit")
	if fmt.Sprint(at(shown, "resource_limit")) != "0" || at(shown, "description") != nil || fmt.Sprint(changed) != fmt.Sprint(shown) {
		t.Errorf("changed is %v, shown %v", changed, shown)
	}
	if same := at(c.must(200, "PATCH", one, object{"limit": object{}}), "limit"); fmt.Sprint(same) != fmt.Sprint(shown) {
		t.Errorf("without a change it is %v", same)
	}
	c.must(204, "DELETE", one, nil)
	text := "Could not find limit for " + word(l, "id") + "."
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if gone := c.must(404, method, one, object{"limit": object{}}); word(gone, "error", "message") != text {
			t.Errorf("%s: %v", method, gone)
		}
	}
}

func TestLimitsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	c.register("ram_mb", 20)
	domainID, _ := c.domain("d", "ann")
	_, projectID := c.member("eve")
	c.limit("project_id", projectID, "ram_mb", 5)
	c.limit("domain_id", domainID, "ram_mb", 5)
	good := c.given("project_id", projectID, "cores", 5)
	ofDomain := c.given("domain_id", domainID, "cores", 5)
	for claim, r := range map[string]struct {
		limits []object
		status int
		text   string
	}{
		"there already": {
			[]object{good, with(good, "resource_name", "ram_mb")}, 409, "Conflict occurred attempting to store limit - Duplicate entry.",
		},
		"a domain's there already": {[]object{with(ofDomain, "resource_name", "ram_mb")}, 409, "Duplicate entry"},
		"one thing twice":          {[]object{good, good}, 409, "Duplicate entry"},
		"a domain in two ways":     {[]object{ofDomain, c.given("project_id", domainID, "cores", 1)}, 409, "Duplicate entry"},
		"nothing registered": {
			[]object{good, with(good, "resource_name", "x")}, 403, "Unable to create a limit that has no corresponding registered limit.",
		},
		"not in this region":        {[]object{with(good, "region_id", "RegionOne")}, 403, "no corresponding registered limit"},
		"unknown service":           {[]object{with(good, "service_id", "x")}, 400, "Expecting to find service_id in limit."},
		"unknown region":            {[]object{with(good, "region_id", "x")}, 400, "Expecting to find region_id in limit."},
		"unknown project":           {[]object{with(good, "project_id", "x")}, 400, "Expecting to find project_id in limit."},
		"unknown domain":            {[]object{with(ofDomain, "domain_id", "x")}, 400, "Expecting to find domain_id in limit."},
		"a domain that is none":     {[]object{with(ofDomain, "domain_id", projectID)}, 400, "Expecting to find domain_id in limit."},
		"a project and a domain":    {[]object{with(good, "domain_id", domainID)}, 400, "is not valid under any of the given schemas"},
		"neither":                   {[]object{{"service_id": "x", "resource_name": "y", "resource_limit": 1}}, 400, "Invalid input for field '0'"},
		"a null region":             {[]object{with(good, "region_id", nil)}, 400, "is not valid under any of the given schemas"},
		"below -1":                  {[]object{with(good, "resource_limit", -2)}, 400, "is not valid under any of the given schemas"},
		"beyond an int":             {[]object{with(good, "resource_limit", 1<<31)}, 400, "is not valid under any of the given schemas"},
		"no number":                 {[]object{with(good, "resource_limit", "x")}, 400, "is not valid under any of the given schemas"},
		"another member":            {[]object{with(good, "color", "red")}, 400, "is not valid under any of the given schemas"},
		"none":                      {[]object{}, 400, "[] is too short"},
		"more than one request may": {slices.Repeat([]object{good}, 1025), 400, "is too long"},
	} {
		refused := c.must(r.status, "POST", "/v3/limits", object{"limits": r.limits})
		if !strings.Contains(word(refused, "error", "message"), r.text) {
			t.Errorf("%s: %v", claim, refused)
		}
	}
	c.must(400, "POST", "/v3/limits", object{})
	system := c.signIn("admin", adminPassword, object{"system": object{"all": true}})
	if got := each(c.ask("GET", "/v3/limits", system, nil).body, "limits", "resource_name"); got != "ram_mb ram_mb" {
		t.Errorf("refused requests left %q", got)
	}
}

func TestLimitChangesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	_, projectID := c.member("eve")
	one := "/v3/limits/" + c.limit("project_id", projectID, "cores", 5)
	for claim, r := range map[string]struct {
		change any
		text   string
	}{
		"of what is limited": {object{"resource_name": "x"}, "Additional properties are not allowed ('resource_name' was unexpected)"},
		"of whose it is":     {object{"project_id": "x"}, "Additional properties are not allowed ('project_id' was unexpected)"},
		"to no number":       {object{"resource_limit": "x"}, "Invalid input for field 'resource_limit': 'x' is not of type 'integer'"},
		"to null":            {object{"resource_limit": nil}, "None is not of type 'integer'"},
		"below -1":           {object{"resource_limit": -2}, "-2 is less than the minimum of -1"},
		"to no text":         {object{"description": 1}, "1 is not of type"},
		"no object":          {7, "7 is not of type 'object'"},
	} {
		if refused := c.must(400, "PATCH", one, object{"limit": r.change}); !strings.Contains(word(refused, "error", "message"), r.text) {
			t.Errorf("%s: %v", claim, refused)
		}
	}
}

// TestLimitsAreSeenByScope: lists go by the token's scope, one limit by it and by the admin's role.
func TestLimitsAreSeenByScope(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	c.register("ram_mb", 20)
	domainID, _ := c.domain("d", "ann")
	otherID, _ := c.domain("e", "bob")
	within := c.project("within", domainID)
	_, eves := c.member("eve")
	ids := map[string]string{ // by their amounts
		"1": c.limit("domain_id", domainID, "cores", 1), "2": c.limit("project_id", within, "cores", 2),
		"3": c.limit("domain_id", otherID, "cores", 3), "4": c.limit("project_id", eves, "cores", 4),
		"5": c.limit("project_id", eves, "ram_mb", 5),
	}
	auditor := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "sue", "password": "sue"}}), "user", "id")
	c.must(204, "PUT", "/v3/system/users/"+auditor+"/roles/"+c.role("reader"), nil)
	for who, s := range map[string]struct {
		token       string
		list, shown string
		filtered    map[string]string
	}{
		"a reader of the system": {c.signIn("sue", "sue", object{"system": object{"all": true}}), "1 2 3 4 5", "1 2 3 4 5", map[string]string{
			"project_id=" + eves: "4 5", "domain_id=" + domainID: "1", "resource_name=ram_mb": "5", "service_id=x": "", "region_id=x": "",
			"service_id=" + c.nova(): "1 2 3 4 5", "project_id=" + eves + "&resource_name=cores": "4",
		}},
		"an admin in a project": {c.admin, "", "1 2 3 4 5", map[string]string{"project_id=" + eves: ""}},
		"a reader of a domain": {c.signIn("ann", "ann", object{"domain": object{"id": domainID}}), "1 2", "1 2", map[string]string{
			"project_id=" + within: "2", "project_id=" + eves: "", "domain_id=" + otherID: "", "domain_id=" + domainID: "1",
			"resource_name=cores": "1 2",
		}},
		"a reader of another domain": {c.signIn("bob", "bob", object{"domain": object{"id": otherID}}), "3", "3", nil},
		"a member of a project": {c.signIn("eve", "eve", project("eve")), "4 5", "4 5", map[string]string{
			"resource_name=cores": "4", "project_id=" + within: "", "domain_id=" + domainID: "",
		}},
		"one without a scope": {c.signIn("eve", "eve", nil), "", "", nil},
	} {
		list := c.ask("GET", "/v3/limits", s.token, nil)
		if got := each(list.body, "limits", "resource_limit"); list.status != 200 || got != s.list {
			t.Errorf("%s lists %q, want %q: %d", who, got, s.list, list.status)
		}
		for query, want := range s.filtered {
			if got := each(c.ask("GET", "/v3/limits?"+query, s.token, nil).body, "limits", "resource_limit"); got != want {
				t.Errorf("%s lists %q by %s, want %q", who, got, query, want)
			}
		}
		for amount, id := range ids {
			want := 403
			if slices.Contains(strings.Fields(s.shown), amount) {
				want = 200
			}
			if a := c.ask("GET", "/v3/limits/"+id, s.token, nil); a.status != want {
				t.Errorf("%s is shown limit %s with %d, want %d: %s", who, amount, a.status, want, a.text)
			}
		}
		want := 403
		if s.shown == "1 2 3 4 5" {
			want = 404
		}
		if a := c.ask("GET", "/v3/limits/none", s.token, nil); a.status != want {
			t.Errorf("%s is shown a limit that is not there with %d, want %d", who, a.status, want)
		}
		if a := c.ask("GET", "/v3/registered_limits", s.token, nil); each(a.body, "registered_limits", "resource_name") != "cores ram_mb" {
			t.Errorf("%s sees what is registered as %d %s", who, a.status, a.text)
		}
	}
}

// TestListsOfLimitsAreCut: where lists are bounded, those of any scope are.
func TestListsOfLimitsAreCut(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.ListLimit = 1 })
	domainID, _ := c.domain("d", "ann")
	_, projectID := c.member("eve")
	for _, resource := range []string{"cores", "ram_mb"} {
		c.register(resource, 20)
		c.limit("domain_id", domainID, resource, 1)
		c.limit("project_id", projectID, resource, 1)
	}
	ann := c.signIn("ann", "ann", object{"domain": object{"id": domainID}})
	for list, token := range map[string]string{"registered_limits": c.admin, "limits": ann} {
		if a := c.ask("GET", "/v3/"+list, token, nil); at(a.body, "truncated") != true || len(at(a.body, list).([]any)) != 1 {
			t.Errorf("%s are %s", list, a.text)
		}
	}
	if a := c.ask("GET", "/v3/limits", c.signIn("eve", "eve", project("eve")), nil); at(a.body, "truncated") != true {
		t.Errorf("limits of a project are %s", a.text)
	}
}

func TestLimitsGoWithTheirProjectAndDomain(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	registered := c.register("cores", 20)
	domainID, _ := c.domain("d", "ann")
	within := c.project("within", domainID)
	_, eves := c.member("eve")
	ofDomain, below := c.limit("domain_id", domainID, "cores", 1), c.limit("project_id", within, "cores", 1)
	alone := c.limit("project_id", eves, "cores", 1)
	c.must(204, "DELETE", "/v3/projects/"+eves, nil)
	c.must(404, "GET", "/v3/limits/"+alone, nil)
	c.must(200, "GET", "/v3/limits/"+below, nil)
	c.must(200, "PATCH", "/v3/domains/"+domainID, object{"domain": object{"enabled": false}})
	c.must(204, "DELETE", "/v3/domains/"+domainID, nil)
	c.must(404, "GET", "/v3/limits/"+below, nil)
	c.must(404, "GET", "/v3/limits/"+ofDomain, nil)
	c.must(204, "DELETE", "/v3/registered_limits/"+registered, nil)
}

func TestRelativesAreShownWithTheirLimits(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	userID, parentID := c.member("eve")
	child := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "child", "parent_id": parentID}}), "project", "id")
	c.must(204, "PUT", "/v3/projects/"+child+"/users/"+userID+"/roles/"+c.role("member"), nil)
	c.limit("project_id", child, "cores", 7)
	eve := c.signIn("eve", "eve", project("eve"))
	shown := c.ask("GET", "/v3/projects/"+parentID+"?subtree_as_list&parents_as_list&include_limits", eve, nil).body
	if fmt.Sprint(at(shown, "project", "subtree", 0, "project", "limits", 0, "resource_limit")) != "7" || at(shown, "project", "limits") != nil {
		t.Errorf("with limits it is %v", shown)
	}
	child = "/v3/projects/" + child
	shown = c.ask("GET", child+"?parents_as_list&include_limits", c.signIn("eve", "eve", project("child")), nil).body
	if limits, ok := at(shown, "project", "parents", 0, "project", "limits").([]any); !ok || len(limits) != 0 {
		t.Errorf("a parent without limits is %v", shown)
	}
	shown = c.ask("GET", "/v3/projects/"+parentID+"?subtree_as_list", eve, nil).body
	if of := at(shown, "project", "subtree", 0, "project"); of == nil || at(of, "limits") != nil {
		t.Errorf("unasked it is %v", of)
	}
}

// TestLimitsAreRecorded: each change is in the log of events, and what was refused is not.
func TestLimitsAreRecorded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	last, err := c.DB.LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	registered := "/v3/registered_limits/" + c.register("cores", 20)
	c.must(200, "PATCH", registered, object{"registered_limit": object{"default_limit": 10}})
	projectID := word(c.must(200, "GET", "/v3/projects?name=admin", nil), "projects", 0, "id")
	limitID := c.limit("project_id", projectID, "cores", 5)
	c.must(403, "DELETE", registered, nil)
	c.must(409, "POST", "/v3/limits", object{"limits": []object{c.given("project_id", projectID, "cores", 5)}})
	c.must(200, "PATCH", "/v3/limits/"+limitID, object{"limit": object{"resource_limit": 6}})
	c.must(204, "DELETE", "/v3/limits/"+limitID, nil)
	c.must(204, "DELETE", registered, nil)
	events, err := c.DB.Events(t.Context(), last, 100)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range events {
		names = append(names, strings.TrimPrefix(e.Name, "identity."))
		if strings.HasPrefix(e.Name, "identity.limit.") && (e.Resource != limitID || e.ProjectID != projectID) {
			t.Errorf("%s is of %s in %s", e.Name, e.Resource, e.ProjectID)
		}
	}
	want := "registered_limit.created registered_limit.updated limit.created limit.updated limit.deleted registered_limit.deleted"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("recorded are %s, want %s", got, want)
	}
}

func TestAServiceReadsWhatItHoldsProjectsTo(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	_, projectID := c.member("eve")
	c.limit("project_id", projectID, "cores", 5)
	service := c.signIn("nova", "n", object{"system": object{"all": true}})
	path := "/v3/limits?project_id=" + projectID + "&service_id=" + c.nova()
	if got := each(c.ask("GET", path, service, nil).body, "limits", "resource_name"); got != "cores" {
		t.Errorf("it sees %q", got)
	}
}
