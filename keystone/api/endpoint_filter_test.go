package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/telemetry"
)

const filter = "/v3/OS-EP-FILTER/"

// endpoint is the id of a service's endpoint for an interface.
func (c *cloud) endpoint(serviceType, at string) string {
	c.Helper()
	return word(c.must(200, "GET", "/v3/endpoints?interface="+at+"&service_id="+c.service(serviceType), nil), "endpoints", 0, "id")
}

func (c *cloud) service(serviceType string) string {
	c.Helper()
	return word(c.must(200, "GET", "/v3/services?type="+serviceType, nil), "services", 0, "id")
}

// endpointGroup makes one.
func (c *cloud) endpointGroup(name string, filters object) string {
	c.Helper()
	made := c.must(201, "POST", filter+"endpoint_groups", object{"endpoint_group": object{"name": name, "filters": filters}})
	return word(made, "endpoint_group", "id")
}

// sees tells what is in the catalog of a token, and of GET /v3/auth/catalog with it, as "compute/public …".
func (c *cloud) sees(who string, scope any) string {
	c.Helper()
	a := c.ask("POST", "/v3/auth/tokens", "", login(who, who, scope))
	if a.status != 201 {
		c.Fatalf("%s cannot sign in: %d %s", who, a.status, a.text)
	}
	token := a.header.Get("X-Subject-Token")
	inToken := offered(at(a.body, "token", "catalog"))
	confirmed := c.ask("GET", "/v3/auth/tokens", token, nil, "X-Subject-Token", token)
	if confirmed := offered(at(confirmed.body, "token", "catalog")); confirmed != inToken {
		c.Errorf("confirmed, the token shows %q instead of %q", confirmed, inToken)
	}
	if at(a.body, "token", "project") != nil {
		if alone := offered(at(c.ask("GET", "/v3/auth/catalog", token, nil).body, "catalog")); alone != inToken {
			c.Errorf("the catalog is %q, in the token %q", alone, inToken)
		}
	}
	return inToken
}

func offered(catalog any) string {
	list, _ := catalog.([]any)
	all := []string{}
	for _, s := range list {
		endpoints, _ := at(s, "endpoints").([]any)
		if len(endpoints) == 0 {
			all = append(all, word(s, "type"))
		}
		for _, e := range endpoints {
			all = append(all, word(s, "type")+"/"+word(e, "interface"))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

const (
	allCompute  = "compute/admin compute/internal compute/public"
	allIdentity = "identity/admin identity/internal identity/public"
)

func TestEndpointGroupLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	made := at(c.must(201, "POST", filter+"endpoint_groups", object{"endpoint_group": object{
		"name": "g", "filters": object{"interface": "public"}}}), "endpoint_group")
	id := word(made, "id")
	want := object{"id": id, "name": "g", "description": nil, "filters": object{"interface": "public"},
		"links": object{"self": c.url + filter + "endpoint_groups/" + id}}
	if fmt.Sprint(made) != fmt.Sprint(want) {
		t.Errorf("made is %v, want %v", made, want)
	}
	one := filter + "endpoint_groups/" + id
	c.must(200, "PATCH", one, object{"endpoint_group": object{"id": id, "description": "d"}})
	c.must(200, "PATCH", one, object{"endpoint_group": object{"filters": object{"region_id": "RegionOne"}}})
	want["description"], want["filters"] = "d", object{"region_id": "RegionOne"}
	if shown := at(c.must(200, "GET", one, nil), "endpoint_group"); fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("changed it is %v, want %v", shown, want)
	}
	c.endpointGroup("other", object{"interface": "admin"})
	for query, want := range map[string]int{"": 2, "?name=g": 1, "?name=none": 0} {
		if got := len(at(c.must(200, "GET", filter+"endpoint_groups"+query, nil), "endpoint_groups").([]any)); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	c.must(204, "DELETE", one, nil)
	gone := c.must(404, "GET", one, nil)
	if word(gone, "error", "message") != "Could not find Endpoint Group: "+id+"." {
		t.Errorf("%v", gone)
	}
}

func TestEndpointGroupRefusesWhatItCannotChooseBy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := filter + "endpoint_groups/" + c.endpointGroup("g", object{"interface": "public"})
	for _, r := range []struct {
		method, path string
		given        object
		text         string
	}{
		{"POST", filter + "endpoint_groups", object{"name": "n", "filters": object{}}, "filters field is required and cannot be empty"},
		{"POST", filter + "endpoint_groups", object{"name": "n", "filters": object{"url": "x"}},
			"Expecting to find service_id or region_id or interface in endpoint_group."},
		{"POST", filter + "endpoint_groups", object{"name": "n"}, "'filters' is a required property"},
		{"POST", filter + "endpoint_groups", object{"filters": object{"interface": "public"}}, "'name' is a required property"},
		{"POST", filter + "endpoint_groups", object{"name": "", "filters": object{"interface": "public"}}, "Invalid input for field 'name'"},
		{"POST", filter + "endpoint_groups", object{"name": "n", "filters": "public"}, "Invalid input for field 'filters'"},
		{"PATCH", one, object{}, ""},
		{"PATCH", one, object{"id": "other"}, "Cannot change ID"},
		{"PATCH", one, object{"filters": object{"region": "x"}}, "Expecting to find service_id or region_id or interface in endpoint_group."},
	} {
		got := c.must(400, r.method, r.path, object{"endpoint_group": r.given})
		if !strings.Contains(word(got, "error", "message"), r.text) {
			t.Errorf("%s %v: %v, want %q", r.method, r.given, got, r.text)
		}
	}
}

func TestEndpointGroupHasWhatItsFiltersFit(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	compute := c.service("compute")
	c.must(201, "POST", "/v3/endpoints", object{"endpoint": object{"service_id": compute, "interface": "public", "url": "http://nowhere"}})
	for _, g := range []struct {
		filters object
		want    int
	}{
		{object{"service_id": compute}, 4}, {object{"interface": "public"}, 3}, {object{"region_id": "RegionOne"}, 6},
		{object{"service_id": compute, "interface": "public", "region_id": "RegionOne"}, 1}, {object{"region_id": nil}, 1},
		{object{"interface": "none"}, 0}, {object{"interface": []string{"public"}}, 0}, {object{"region_id": ""}, 0},
	} {
		id := c.endpointGroup("g", g.filters)
		if got := len(at(c.must(200, "GET", filter+"endpoint_groups/"+id+"/endpoints", nil), "endpoints").([]any)); got != g.want {
			t.Errorf("%v has %d endpoints, want %d", g.filters, got, g.want)
		}
	}
	c.must(404, "GET", filter+"endpoint_groups/none/endpoints", nil)
}

// TestProjectSeesWhatItWasGiven holds for catalogs that are one for all until a project is given something, and for those that
// are each project's own by the URLs.
func TestProjectSeesWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for claim, url := range map[string]string{"one for all": "http://compute", "each project's own": "http://compute/%(project_id)s"} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			_, projectID := c.member("eve")
			c.member("ann")
			for _, at := range []string{"public", "internal", "admin"} {
				c.must(200, "PATCH", "/v3/endpoints/"+c.endpoint("compute", at), object{"endpoint": object{"url": url}})
			}
			public := filter + "projects/" + projectID + "/endpoints/" + c.endpoint("compute", "public")
			group := c.endpointGroup("identity", object{"service_id": c.service("identity")})
			group = filter + "endpoint_groups/" + group + "/projects/" + projectID
			all := allCompute + " " + allIdentity
			for _, step := range []struct {
				method, path string
				body         any
				want         string
			}{
				{"GET", "/v3/regions", nil, all},
				{"PUT", public, nil, "compute/public"},
				{"PUT", group, nil, "compute/public " + allIdentity},
				{"DELETE", public, nil, allIdentity},
				{"PATCH", "/v3/services/" + c.service("compute"), object{"service": object{"name": "n"}}, allIdentity},
				{"DELETE", group, nil, all},
			} {
				if a := c.ask(step.method, step.path, c.admin, step.body); a.status/100 != 2 {
					t.Fatalf("%s %s: %d %s", step.method, step.path, a.status, a.text)
				}
				for range 2 { // the second time it is remembered
					if got := c.sees("ann", project("ann")); got != all {
						t.Errorf("after %s %s another project sees %q", step.method, step.path, got)
					}
					if got := c.sees("eve", project("eve")); got != step.want {
						t.Errorf("after %s %s the project sees %q, want %q", step.method, step.path, got, step.want)
					}
				}
			}
		})
	}
}

func TestOnlyProjectsAreFiltered(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	userID, projectID := c.member("eve")
	c.must(204, "PUT", "/v3/domains/default/users/"+userID+"/roles/"+c.role("member"), nil)
	c.must(204, "PUT", filter+"projects/"+projectID+"/endpoints/"+c.endpoint("identity", "public"), nil)
	// A domain fills no project's URL, and keeps the service.
	if got := c.sees("eve", object{"domain": object{"id": "default"}}); got != "compute "+allIdentity {
		t.Errorf("the domain sees %q", got)
	}
	if got := c.sees("eve", project("eve")); got != "identity/public" {
		t.Errorf("the project sees %q", got)
	}
}

// What is given may be of no use: what is disabled leaves nothing, a group that has nothing is none.
func TestWhatIsGivenMayBeOfNoUse(t *testing.T) {
	t.Parallel()
	for _, config := range []struct {
		all  bool
		want string
	}{{true, allCompute + " " + allIdentity}, {false, ""}} {
		c := newCloud(t, func(k *keystone.Config) { k.ReturnAllEndpointsIfNoFilter = config.all })
		_, projectID := c.member("eve")
		endpoint := c.endpoint("identity", "public")
		group := c.endpointGroup("nothing", object{"interface": "none"})
		for _, step := range []struct {
			claim, method, path string
			body                any
			want                string
		}{
			{"given nothing", "GET", "/v3/regions", nil, config.want},
			{"given a group of nothing", "PUT", filter + "endpoint_groups/" + group + "/projects/" + projectID, nil, config.want},
			{"given an endpoint", "PUT", filter + "projects/" + projectID + "/endpoints/" + endpoint, nil, "identity/public"},
			{"given a disabled one", "PATCH", "/v3/endpoints/" + endpoint, object{"endpoint": object{"enabled": false}}, ""},
		} {
			if a := c.ask(step.method, step.path, c.admin, step.body); a.status/100 != 2 {
				t.Fatalf("%s: %d %s", step.claim, a.status, a.text)
			}
			if got := c.sees("eve", project("eve")); got != step.want {
				t.Errorf("all=%v, %s: it sees %q, want %q", config.all, step.claim, got, step.want)
			}
		}
	}
}

func TestProjectsAndEndpointsAreListedByOneAnother(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, projectID := c.member("eve")
	endpoint := c.endpoint("compute", "public")
	group := c.endpointGroup("g", object{"interface": "public"})
	c.must(204, "PUT", filter+"projects/"+projectID+"/endpoints/"+endpoint, nil)
	c.must(204, "HEAD", filter+"projects/"+projectID+"/endpoints/"+endpoint, nil)
	c.must(204, "PUT", filter+"endpoint_groups/"+group+"/projects/"+projectID, nil)
	for path, want := range map[string][]string{
		"projects/" + projectID + "/endpoints":       {endpoint, c.endpoint("identity", "public")}, // in both ways, and once
		"projects/" + projectID + "/endpoint_groups": {group},
		"endpoints/" + endpoint + "/projects":        {projectID},
		"endpoint_groups/" + group + "/projects":     {projectID},
		"endpoint_groups/none/projects":              nil,
	} {
		list := c.must(200, "GET", filter+path, nil)
		things, _ := at(list, path[strings.LastIndex(path, "/")+1:]).([]any)
		var got []string
		for _, thing := range things {
			got = append(got, word(thing, "id"))
		}
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) || word(list, "links", "self") != c.url+filter+path {
			t.Errorf("%s lists %v, want %v: %v", path, got, want, list)
		}
	}
	shown := at(c.must(200, "GET", filter+"endpoint_groups/"+group+"/projects/"+projectID, nil), "project_endpoint_group")
	want := object{"project_id": projectID, "endpoint_group_id": group,
		"links": object{"self": "/OS-EP-FILTER/endpoint_groups/" + group + "/projects/" + projectID}}
	if fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", shown, want)
	}
}

func TestFiltersRefuseWhatIsNotThere(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, p := c.member("eve")
	e := c.endpoint("compute", "public")
	g := c.endpointGroup("g", object{"interface": "public"})
	const noGroup = "Endpoint Group Project Association not found"
	for _, r := range []struct{ methods, path, text string }{
		{"GET PUT", "projects/" + p + "/endpoints/none", "Could not find endpoint: none."},
		{"GET PUT", "projects/none/endpoints/" + e, "Could not find project: none."},
		{"GET DELETE", "projects/" + p + "/endpoints/" + e, "Endpoint " + e + " not found in project " + p},
		{"DELETE", "projects/none/endpoints/none", "Endpoint none not found in project none"},
		{"GET", "projects/none/endpoints", "Could not find project: none."},
		{"GET", "projects/none/endpoint_groups", "Could not find project: none."},
		{"GET", "endpoints/none/projects", "Could not find endpoint: none."},
		{"GET PUT DELETE", "endpoint_groups/none/projects/" + p, "Could not find Endpoint Group: none."},
		{"GET PUT DELETE", "endpoint_groups/" + g + "/projects/none", "Could not find project: none."},
		{"GET DELETE", "endpoint_groups/" + g + "/projects/" + p, noGroup},
		{"PATCH DELETE", "endpoint_groups/none", "Could not find Endpoint Group: none."},
	} {
		for _, method := range strings.Fields(r.methods) {
			got := c.must(404, method, filter+r.path, object{"endpoint_group": object{"name": "n"}})
			if word(got, "error", "message") != r.text {
				t.Errorf("%s %s: %v, want %q", method, r.path, got, r.text)
			}
		}
	}
	for path, noun := range map[string]string{
		"projects/" + p + "/endpoints/" + e: "project_endpoint", "endpoint_groups/" + g + "/projects/" + p: "project_endpoint_group",
	} {
		c.must(204, "PUT", filter+path, nil)
		got := c.must(409, "PUT", filter+path, nil)
		if word(got, "error", "message") != "Conflict occurred attempting to store "+noun+" - Duplicate entry." {
			t.Errorf("%s twice: %v", path, got)
		}
	}
}

// TestWhatIsDeletedIsNoLongerGiven deletes one side of each association and asks the other.
func TestWhatIsDeletedIsNoLongerGiven(t *testing.T) {
	t.Parallel()
	for _, d := range []struct{ claim, delete, left, list string }{
		{"project of an endpoint", "/v3/projects/{p}", filter + "endpoints/{e}/projects", "projects"},
		{"project of a group", "/v3/projects/{p}", filter + "endpoint_groups/{g}/projects", "projects"},
		{"endpoint", "/v3/endpoints/{e}", filter + "projects/{p}/endpoints", "endpoints"},
		{"service", "/v3/services/{s}", filter + "projects/{p}/endpoints", "endpoints"},
		{"group", filter + "endpoint_groups/{g}", filter + "projects/{p}/endpoint_groups", "endpoint_groups"},
	} {
		c := newCloud(t)
		_, p := c.member("eve")
		e, s := c.endpoint("compute", "public"), c.service("compute")
		g := c.endpointGroup("g", object{"interface": "none"})
		in := strings.NewReplacer("{p}", p, "{e}", e, "{s}", s, "{g}", g).Replace
		c.must(204, "PUT", in(filter+"projects/{p}/endpoints/{e}"), nil)
		c.must(204, "PUT", in(filter+"endpoint_groups/{g}/projects/{p}"), nil)
		if before := at(c.must(200, "GET", in(d.left), nil), d.list).([]any); len(before) != 1 {
			t.Fatalf("%s: before there are %v", d.claim, before)
		}
		c.must(204, "DELETE", in(d.delete), nil)
		if after := at(c.must(200, "GET", in(d.left), nil), d.list).([]any); len(after) != 0 {
			t.Errorf("%s: what is left are %v", d.claim, after)
		}
		var rows int
		const count = `SELECT (SELECT COUNT(*) FROM project_endpoint) + (SELECT COUNT(*) FROM project_endpoint_group)`
		if err := c.DB.DB.QueryRowContext(t.Context(), count).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 0, false: 1}[strings.HasPrefix(d.claim, "project")]; rows != want {
			t.Errorf("%s: %d associations are left, want %d", d.claim, rows, want)
		}
	}
}

// TestFilteredCatalogIsCheap counts the queries: as many whatever a project was given, and but for the last event's number none
// once the catalog is remembered.
func TestFilteredCatalogIsCheap(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, projectID := c.member("eve")
	ring := telemetry.NewRing(1 << 20)
	observed := telemetry.With(t.Context(), telemetry.Telemetry{Tracer: telemetry.NewTracer("keystone", ring)})
	render := func(entries []keystone.CatalogEntry) (json.RawMessage, error) { return json.Marshal(len(entries)) }
	queries := func(request string) int {
		ctx, end := telemetry.Start(telemetry.WithRequestID(db.AtOneMoment(observed), request), "catalog")
		if _, err := c.Catalog.Catalog(ctx, "user", projectID, render); err != nil {
			t.Fatal(err)
		}
		end(nil)
		n, err := strconv.Atoi(ring.Spans(request)[0].Attributes["sql.queries"])
		if err != nil {
			return 0
		}
		return n
	}
	give := func(n int) {
		for i := range n {
			group := c.endpointGroup(strconv.Itoa(i), object{"interface": "public"})
			c.must(204, "PUT", filter+"endpoint_groups/"+group+"/projects/"+projectID, nil)
		}
	}
	give(1)
	c.must(204, "PUT", filter+"projects/"+projectID+"/endpoints/"+c.endpoint("compute", "admin"), nil)
	few := queries("few")
	if again := queries("few again"); again > 1 {
		t.Errorf("remembered, it takes %d queries", again)
	}
	give(10)
	c.must(204, "PUT", filter+"projects/"+projectID+"/endpoints/"+c.endpoint("compute", "internal"), nil)
	if many := queries("many"); many != few || few < 6 || few > 8 {
		t.Errorf("it takes %d queries for one group and %d for many", few, many)
	}
}
