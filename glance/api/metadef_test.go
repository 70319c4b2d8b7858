package api_test

import (
	"strings"
	"testing"
)

const namespaces = "/v2/metadefs/namespaces"

// whole is a namespace with one of everything.
const whole = `{"namespace": "OS::Test", "display_name": "Test", "visibility": "public",
	"resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "hw_"}, {"name": "OS::Own::Thing"}],
	"properties": {"bus": {"title": "Bus", "type": "string", "enum": ["scsi", "virtio"]}},
	"objects": [{"name": "disk", "required": ["bus"], "properties": {"bus": {"title": "Bus", "type": "string"}}}],
	"tags": [{"name": "Fast"}]}`

func TestANamespaceIsMadeWithAllThatItHolds(t *testing.T) {
	c := newCloud(t)
	made := c.want(201, admin, "POST "+namespaces, jsonType, whole)
	if made.header.Get("Location") != c.url+namespaces+"/OS::Test" || made.json(t)["self"] != namespaces+"/OS::Test" || made.json(t)["protected"] != false {
		t.Errorf("%v %s", made.header, made.body)
	}
	shown := c.want(200, member, "GET "+namespaces+"/OS::Test", "", nil)
	for _, part := range []string{`"bus":{`, `"required":["bus"]`, `"tags":[{"name":"Fast"}]`, `"prefix":"hw_"`, `"name":"OS::Own::Thing"`, `"self":"/v2/metadefs/namespaces/OS::Test/objects/disk"`} {
		if !strings.Contains(shown.body, part) {
			t.Errorf("%s is not in %s", part, shown.body)
		}
	}
	prefixed := c.want(200, member, "GET "+namespaces+"/OS::Test?resource_type=OS::Glance::Image", "", nil)
	if !strings.Contains(prefixed.body, `"hw_bus":{`) || !strings.Contains(prefixed.body, `"required":["hw_bus"]`) || strings.Contains(prefixed.body, `"bus":{`) {
		t.Errorf("%s", prefixed.body)
	}
	c.want(200, member, "GET "+namespaces+"/OS::Test/properties/hw_bus?resource_type=OS::Glance::Image", "", nil)
	c.want(404, member, "GET "+namespaces+"/OS::Test/properties/bus?resource_type=OS::Glance::Image", "", nil)
	c.want(404, member, "GET "+namespaces+"/OS::Test/properties/bus?resource_type=OS::Nova::Flavor", "", nil)
	if types := c.want(200, member, "GET /v2/metadefs/resource_types", "", nil); !strings.Contains(types.body, "OS::Own::Thing") || !strings.Contains(types.body, "OS::Nova::Flavor") {
		t.Errorf("%s", types.body)
	}
	c.want(409, admin, "POST "+namespaces, jsonType, whole)
	c.want(204, admin, "DELETE "+namespaces+"/OS::Test", "", nil)
	c.want(404, admin, "GET "+namespaces+"/OS::Test", "", nil)
	c.want(201, admin, "POST "+namespaces, jsonType, whole)
}

func TestNamespacesAreTheirOwnersOrEverybodys(t *testing.T) {
	c := newCloud(t)
	c.want(403, member, "POST "+namespaces, jsonType, `{"namespace": "mine"}`)
	for _, body := range []string{`{"namespace": "hidden"}`, `{"namespace": "open", "visibility": "public"}`, `{"namespace": "given", "owner": "demo"}`} {
		c.want(201, admin, "POST "+namespaces, jsonType, body)
	}
	c.want(404, member, "GET "+namespaces+"/hidden", "", nil)
	c.want(404, member, "PUT "+namespaces+"/hidden", jsonType, `{"namespace": "x"}`)
	c.want(404, member, "DELETE "+namespaces+"/hidden", "", nil)
	c.want(404, member, "POST "+namespaces+"/hidden/objects", jsonType, `{"name": "x"}`)
	c.want(200, member, "GET "+namespaces+"/open", "", nil)
	c.want(403, member, "DELETE "+namespaces+"/open", "", nil)
	c.want(403, member, "POST "+namespaces+"/open/tags/x", "", nil)
	for query, want := range map[string]int{"": 3, "?visibility=public": 1, "?visibility=private": 2, "?limit=2": 2, "?marker=open": 1, "?resource_types=OS::Glance::Image": 0, "?sort_key=namespace&sort_dir=asc": 3} {
		list, _ := c.want(200, admin, "GET "+namespaces+query, "", nil).json(t)["namespaces"].([]any)
		if len(list) != want {
			t.Errorf("%s: %v", query, list)
		}
	}
	first := c.want(200, admin, "GET "+namespaces+"?limit=2", "", nil)
	if next, _ := first.json(t)["next"].(string); !strings.Contains(next, "marker=open") || !strings.Contains(next, "limit=2") {
		t.Errorf("%s", first.body)
	}
	for _, query := range []string{"?visibility=shared", "?sort_dir=up", "?limit=x", "?limit=-1"} {
		c.want(400, admin, "GET "+namespaces+query, "", nil)
	}
	c.want(404, admin, "GET "+namespaces+"?marker=none", "", nil)
}

func TestDefinitionsAreMadeChangedAndDeleted(t *testing.T) {
	c := newCloud(t)
	c.want(201, admin, "POST "+namespaces, jsonType, `{"namespace": "n", "visibility": "public"}`)
	const in = namespaces + "/n"
	property := `{"name": "size", "title": "Size", "type": "integer", "minimum": 1}`
	for _, step := range []struct {
		status   int
		do, body string
		want     string
	}{
		{201, "POST " + in + "/objects", `{"name": "disk", "description": "d", "properties": {"size": {"title": "Size", "type": "integer"}}}`, `"schema":"/v2/schemas/metadefs/object"`},
		{409, "POST " + in + "/objects", `{"name": "disk"}`, "already exists in namespace=n"},
		{200, "PUT " + in + "/objects/disk", `{"name": "drive"}`, `"name":"drive"`},
		{404, "GET " + in + "/objects/disk", "", "Could not find metadata object disk"},
		{200, "GET " + in + "/objects", "", `"schema":"v2/schemas/metadefs/objects"`},
		{201, "POST " + in + "/properties", property, `"minimum":1`},
		{409, "POST " + in + "/properties", property, "already exists"},
		{200, "GET " + in + "/properties", "", `"properties":{"size":{`},
		{200, "PUT " + in + "/properties/size", `{"name": "size", "title": "S", "type": "number"}`, `"type":"number"`},
		{201, "POST " + in + "/tags/Fast", "", `"name":"Fast"`},
		{409, "POST " + in + "/tags/fast", "", "case insensitive"},
		{201, "POST " + in + "/tags", `{"tags": [{"name": "a"}, {"name": "b"}]}`, `{"name":"b"}`},
		{404, "GET " + in + "/tags/Fast", "", "Could not find metadata tag Fast"},
		{200, "PUT " + in + "/tags/a", `{"name": "c"}`, `"name":"c"`},
		{200, "GET " + in + "/tags?sort_key=name&sort_dir=asc", "", `"tags":[{"name":"b"},{"name":"c"}]`},
		{200, "GET " + in + "/tags?sort_key=name&sort_dir=asc&marker=b", "", `"tags":[{"name":"c"}]`},
		{204, "DELETE " + in + "/tags/c", "", ""},
		{204, "DELETE " + in + "/tags", "", ""},
		{201, "POST " + in + "/resource_types", `{"name": "OS::Glance::Image", "prefix": "p:"}`, `"prefix":"p:"`},
		{409, "POST " + in + "/resource_types", `{"name": "OS::Glance::Image"}`, "already exists"},
		{200, "GET " + in + "/resource_types", "", `"resource_type_associations":[{`},
		{204, "DELETE " + in + "/resource_types/OS::Glance::Image", "", ""},
		{404, "DELETE " + in + "/resource_types/OS::Glance::Image", "", "Failed to find resource type OS::Glance::Image to delete"},
		{200, "PUT " + in, `{"namespace": "m", "visibility": "public", "protected": true}`, `"namespace":"m"`},
		{404, "GET " + in, "", "namespace=n was not found"},
		{403, "DELETE " + namespaces + "/m", "", "Metadata definition namespace m is protected and cannot be deleted."},
		{403, "DELETE " + namespaces + "/m/objects/drive", "", "Metadata definition object drive is protected and cannot be deleted."},
		{403, "DELETE " + namespaces + "/m/properties", "", "is protected"},
		{200, "PUT " + namespaces + "/m", `{"namespace": "m"}`, `"protected":false`},
		{204, "DELETE " + namespaces + "/m/properties/size", "", ""},
		{204, "DELETE " + namespaces + "/m/objects", "", ""},
		{204, "DELETE " + namespaces + "/m", "", ""},
	} {
		var body any
		if step.body != "" {
			body = step.body
		}
		a := c.want(step.status, admin, step.do, jsonType, body, "Accept", "application/json")
		if !strings.Contains(a.body, step.want) {
			t.Errorf("%s: %s, want %s", step.do, a.body, step.want)
		}
	}
}

func TestDefinitionsThatMakeNoSenseAreRefused(t *testing.T) {
	c := newCloud(t)
	c.want(201, admin, "POST "+namespaces, jsonType, `{"namespace": "n"}`)
	long := strings.Repeat("x", 81)
	for _, try := range []struct {
		status   int
		do, body string
	}{
		{400, namespaces, `{}`}, {400, namespaces, `[]`}, {400, namespaces, `{"namespace": ""}`}, {400, namespaces, `{"namespace": "a/b"}`},
		{400, namespaces, `{"namespace": "` + long + `"}`}, {400, namespaces, `{"namespace": "x", "color": "red"}`}, {403, namespaces, `{"namespace": "x", "created_at": "now"}`},
		{400, namespaces, `{"namespace": "x", "visibility": "shared"}`}, {400, namespaces, `{"namespace": "x", "protected": "yes"}`},
		{400, namespaces, `{"namespace": "x", "objects": [{}]}`}, {400, namespaces, `{"namespace": "x", "tags": [{"name": "` + long + `"}]}`},
		{400, namespaces, `{"namespace": "x", "resource_type_associations": [{}]}`}, {400, namespaces, `{"namespace": "x", "properties": {"p": {"title": "t"}}}`},
		{400, namespaces, `{"namespace": "x", "properties": {"p": {"title": "t", "type": "string", "color": 1}}}`},
		{400, namespaces, `{"namespace": "x", "properties": {"p": {"title": "t", "type": "thing"}}}`},
		{400, namespaces + "/n/objects", `{"description": "d"}`}, {400, namespaces + "/n/properties", `{"name": "p"}`},
		{400, namespaces + "/n/tags", `{"tags": [{}]}`}, {409, namespaces + "/n/tags", `{"tags": [{"name": "a"}, {"name": "A"}]}`}, {400, namespaces + "/n/tags/" + long, ``},
		{400, namespaces + "/n/resource_types", `{"name": "` + long + `"}`}, {404, namespaces + "/none/objects", `{"name": "x"}`},
	} {
		c.want(try.status, admin, "POST "+try.do, jsonType, try.body)
	}
	list, _ := c.want(200, admin, "GET "+namespaces, "", nil).json(t)["namespaces"].([]any)
	if len(list) != 1 {
		t.Errorf("what was refused is there: %v", list)
	}
}
