package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// policy makes one.
func (c *cloud) policy(blob string) string {
	c.Helper()
	return word(c.must(201, "POST", "/v3/policies", object{"policy": object{"blob": blob, "type": "application/json"}}), "policy", "id")
}

func TestPolicyLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	given := object{"blob": `{"a": "@"}`, "type": "application/json", "color": "red"}
	made := at(c.must(201, "POST", "/v3/policies", object{"policy": given}), "policy")
	id := word(made, "id")
	want := object{"id": id, "links": object{"self": c.url + "/v3/policies/" + id}}
	maps.Copy(want, given)
	if fmt.Sprint(made) != fmt.Sprint(want) {
		t.Errorf("made is %v, want %v", made, want)
	}
	one := "/v3/policies/" + id
	c.must(200, "PATCH", one, object{"policy": object{"blob": "", "color": "blue"}})
	want["blob"], want["color"] = "", "blue"
	if shown := at(c.must(200, "GET", one, nil), "policy"); fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("changed it is %v, want %v", shown, want)
	}
	c.must(201, "POST", "/v3/policies", object{"policy": object{"blob": "b", "type": "text/plain"}})
	for query, want := range map[string]int{"": 2, "?type=text/plain": 1, "?type__contains=application": 1, "?type=none": 0} {
		if got := len(at(c.must(200, "GET", "/v3/policies"+query, nil), "policies").([]any)); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	c.must(204, "DELETE", one, nil)
	if gone := c.must(404, "GET", one, nil); word(gone, "error", "message") != "Could not find policy: "+id+"." {
		t.Errorf("%v", gone)
	}
}

func TestPolicyRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := "/v3/policies/" + c.policy("b")
	for _, r := range []struct {
		method, path string
		given        object
		text         string
	}{
		{"POST", "/v3/policies", object{"type": "t"}, "'blob' is a required property"},
		{"POST", "/v3/policies", object{"blob": "b"}, "'type' is a required property"},
		{"POST", "/v3/policies", object{"blob": object{}, "type": "t"}, "Invalid input for field 'blob'"},
		{"POST", "/v3/policies", object{"blob": "b", "type": strings.Repeat("t", 256)}, "Invalid input for field 'type'"},
		{"PATCH", one, object{}, ""},
		{"PATCH", one, object{"id": "other"}, "Cannot change policy ID"},
	} {
		got := c.must(400, r.method, r.path, object{"policy": r.given})
		if !strings.Contains(word(got, "error", "message"), r.text) {
			t.Errorf("%s %v: %v, want %q", r.method, r.given, got, r.text)
		}
	}
}

// places are an endpoint of compute in a region below another, and what is around it.
func (c *cloud) places() *strings.Replacer {
	c.Helper()
	c.must(201, "POST", "/v3/regions", object{"region": object{"id": "top"}})
	c.must(201, "POST", "/v3/regions", object{"region": object{"id": "middle", "parent_region_id": "top"}})
	c.must(201, "POST", "/v3/regions", object{"region": object{"id": "low", "parent_region_id": "middle"}})
	made := c.must(201, "POST", "/v3/endpoints", object{"endpoint": object{
		"service_id": c.service("compute"), "interface": "public", "url": "http://low", "region_id": "low"}})
	return strings.NewReplacer("{e}", word(made, "endpoint", "id"), "{s}", c.service("compute"), "{other}", c.service("identity"))
}

// TestClosestPolicyCounts associates from the farthest to the closest, and ends that again.
func TestClosestPolicyCounts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := c.places()
	counts := in.Replace("/v3/endpoints/{e}/OS-ENDPOINT-POLICY/policy")
	none := c.must(404, "GET", counts, nil)
	if word(none, "error", "message") != in.Replace("No policy is associated with endpoint {e}.") {
		t.Errorf("%v", none)
	}
	ways := []string{"/services/{s}", "/services/{s}/regions/top", "/services/{s}/regions/low", "/endpoints/{e}"}
	var policies []string
	for _, way := range ways {
		id := c.policy(way)
		policies = append(policies, id)
		c.must(204, "PUT", in.Replace("/v3/policies/"+id+"/OS-ENDPOINT-POLICY"+way), nil)
		got := at(c.must(200, "GET", counts, nil), "policy")
		if word(got, "id") != id || word(got, "blob") != way || word(got, "links", "self") != c.url+"/v3/endpoints/"+id {
			t.Errorf("with %s it is %v", way, got)
		}
	}
	c.must(200, "HEAD", counts, nil)
	for i := len(ways) - 1; i > 0; i-- {
		one := in.Replace("/v3/policies/" + policies[i] + "/OS-ENDPOINT-POLICY" + ways[i])
		c.must(204, "DELETE", one, nil)
		c.must(204, "DELETE", one, nil) // it is no more, and that is fine
		if got := word(c.must(200, "GET", counts, nil), "policy", "id"); got != policies[i-1] {
			t.Errorf("without %s it is %s, want %s", ways[i], got, policies[i-1])
		}
	}
	c.must(404, "GET", "/v3/endpoints/none/OS-ENDPOINT-POLICY/policy", nil)
}

func TestPolicyListsItsEndpointsOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := c.places()
	id := c.policy("b")
	path := "/v3/policies/" + id + "/OS-ENDPOINT-POLICY"
	for _, step := range []struct {
		way  string
		want int
	}{
		{"/services/{other}/regions/middle", 0}, {"/services/{s}/regions/middle", 1}, {"/endpoints/{e}", 1},
		{"/services/{s}", 4}, {"/services/{other}", 7},
	} {
		c.must(204, "PUT", path+in.Replace(step.way), nil)
		list := c.must(200, "GET", path+"/endpoints", nil)
		endpoints := at(list, "endpoints").([]any)
		if len(endpoints) != step.want {
			t.Errorf("with %s it is for %v, want %d", step.way, endpoints, step.want)
		}
		for _, e := range endpoints {
			if _, old := e.(object)["region"]; old || word(e, "links", "self") != c.url+"/v3/endpoints/"+word(e, "id") {
				t.Errorf("%v", e)
			}
		}
	}
	c.must(404, "GET", "/v3/policies/none/OS-ENDPOINT-POLICY/endpoints", nil)
}

func TestAnotherPolicyTakesTheFirstsPlace(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := c.places()
	for _, way := range []string{"/endpoints/{e}", "/services/{s}", "/services/{s}/regions/top"} {
		path := func(id string) string { return in.Replace("/v3/policies/" + id + "/OS-ENDPOINT-POLICY" + way) }
		first, second := path(c.policy("first")), path(c.policy("second"))
		missing := c.must(404, "GET", first, nil)
		if word(missing, "error", "message") != "Could not find policy association." {
			t.Errorf("%s: %v", way, missing)
		}
		c.must(204, "PUT", first, nil)
		c.must(204, "PUT", first, nil)
		c.must(204, "HEAD", first, nil)
		c.must(204, "PUT", second, nil)
		c.must(404, "GET", first, nil)
		c.must(204, "GET", second, nil)
		c.must(204, "DELETE", first, nil) // is not the one that counts
		c.must(204, "GET", second, nil)
	}
}

func TestAssociationsRefuseWhatIsNotThere(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := c.places()
	p := c.policy("b")
	for way, text := range map[string]string{
		"none/OS-ENDPOINT-POLICY/endpoints/{e}":                  "Could not find policy: none.",
		p + "/OS-ENDPOINT-POLICY/endpoints/none":                 "Could not find endpoint: none.",
		p + "/OS-ENDPOINT-POLICY/services/none":                  "Could not find service: none.",
		p + "/OS-ENDPOINT-POLICY/services/none/regions/top":      "Could not find service: none.",
		p + "/OS-ENDPOINT-POLICY/services/{s}/regions/elsewhere": "Could not find region: elsewhere.",
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			if got := c.must(404, method, "/v3/policies/"+in.Replace(way), nil); word(got, "error", "message") != text {
				t.Errorf("%s %s: %v, want %q", method, way, got, text)
			}
		}
	}
}

// TestAssociationsEndWithWhatTheySpeakOf deletes one thing and counts the associations that are left.
func TestAssociationsEndWithWhatTheySpeakOf(t *testing.T) {
	t.Parallel()
	for _, d := range []struct {
		delete string
		left   int
	}{
		{"/v3/policies/{p}", 0}, {"/v3/endpoints/{e}", 3}, {"/v3/services/{s}", 1}, {"/v3/regions/outer", 3},
	} {
		c := newCloud(t)
		in := c.places()
		p := c.policy("b")
		c.must(201, "POST", "/v3/regions", object{"region": object{"id": "outer"}})
		c.must(201, "POST", "/v3/regions", object{"region": object{"id": "inner", "parent_region_id": "outer"}})
		for _, way := range []string{"/endpoints/{e}", "/services/{s}", "/services/{s}/regions/inner", "/services/{other}"} {
			c.must(204, "PUT", in.Replace("/v3/policies/"+p+"/OS-ENDPOINT-POLICY"+way), nil)
		}
		c.must(204, "DELETE", in.Replace(strings.Replace(d.delete, "{p}", p, 1)), nil)
		var rows int
		if err := c.DB.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM policy_association").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows != d.left {
			t.Errorf("after %s there are %d, want %d", d.delete, rows, d.left)
		}
	}
}

func TestCertificatesAreGone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, path := range []string{"ca", "certificates"} {
		a := c.ask("GET", "/v3/OS-SIMPLE-CERT/"+path, "", nil)
		want := object{"code": 410.0, "title": "Gone", "message": "This API is no longer available due to the removal of support for PKI tokens."}
		if a.status != 410 || fmt.Sprint(a.body) != fmt.Sprint(object{"error": want}) {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
}

func TestPolicyChangesAreRecorded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := c.places()
	p := c.policy("b")
	way := in.Replace("/v3/policies/" + p + "/OS-ENDPOINT-POLICY/services/{s}")
	c.must(200, "PATCH", "/v3/policies/"+p, object{"policy": object{"blob": "c"}})
	c.must(204, "PUT", way, nil)
	c.must(204, "DELETE", way, nil)
	c.must(204, "DELETE", way, nil) // changes nothing
	c.must(204, "DELETE", "/v3/policies/"+p, nil)
	events, err := c.DB.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range events {
		if e.Resource == p {
			names = append(names, strings.TrimPrefix(e.Name, "identity."))
		}
	}
	want := "policy.created policy.updated policy_association.created policy_association.deleted policy.deleted"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("recorded are %s, want %s", got, want)
	}
}
