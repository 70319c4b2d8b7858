package api_test

import (
	"strings"
	"testing"
)

const member, other, admin = "acme:member", "rival:member", "ops:admin"

func TestImageHasItsLife(t *testing.T) {
	c := newCloud(t)
	made := c.want(201, member, "POST /v2/images", jsonType,
		`{"name":"x","disk_format":"raw","container_format":"bare","foo":"bar","tags":["b","a","a"],"visibility":"private"}`)
	i := made.json(t)
	id := i["id"].(string)
	if loc := made.header.Get("Location"); loc != c.url+"/v2/images/"+id {
		t.Errorf("Location %q", loc)
	}
	for name, want := range map[string]any{
		"name": "x", "status": "queued", "foo": "bar", "owner": "acme", "size": nil, "checksum": nil, "os_hash_algo": nil,
		"virtual_size": nil, "min_disk": 0.0, "protected": false, "os_hidden": false, "visibility": "private",
		"self": "/v2/images/" + id, "file": "/v2/images/" + id + "/file", "schema": "/v2/schemas/image",
		"created_at": "2026-01-02T03:04:06Z",
	} {
		if got, there := i[name]; !there || got != want {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	if tags := i["tags"].([]any); len(tags) != 2 || tags[0] != "a" {
		t.Errorf("tags %v", tags)
	}
	c.want(204, member, "GET /v2/images/"+id+"/file", "", nil)
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "hello world")
	i = c.want(200, member, "GET /v2/images/"+id, "", nil).json(t)
	for name, want := range map[string]any{
		"status": "active", "size": 11.0, "virtual_size": 11.0, "checksum": "5eb63bbbe01eeed093cb22bb8f5acdc3",
		"os_hash_algo": "sha512", "stores": "file",
		"os_hash_value": "309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f",
	} {
		if i[name] != want {
			t.Errorf("%s is %v, not %v", name, i[name], want)
		}
	}
	again := c.want(409, member, "PUT /v2/images/"+id+"/file", bitsType, "hello world")
	if !strings.Contains(again.body, "Image status transition from active to saving is not allowed") {
		t.Error(again.body)
	}
	got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil)
	if got.body != "hello world" || got.header.Get("Content-MD5") != "5eb63bbbe01eeed093cb22bb8f5acdc3" || got.header.Get("Content-Length") != "11" {
		t.Errorf("%q %v", got.body, got.header)
	}
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	c.want(404, member, "GET /v2/images/"+id, "", nil)
	gone := c.want(404, member, "DELETE /v2/images/"+id, "", nil)
	c.want(404, member, "GET /v2/images/", "", nil) // which is the image of no id, not the list
	c.want(404, member, "DELETE /v2/images/", "", nil)
	if !strings.Contains(gone.body, "Failed to find image "+id+" to delete") {
		t.Error(gone.body)
	}
	if n := c.keys(); n != 0 {
		t.Errorf("%d left in the store", n)
	}
}

func TestStretchesOfAnImageAreRead(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "hello world")
	for _, one := range []struct {
		header, value string
		status        int
		body, is      string
	}{
		{"Range", "bytes=2-4", 206, "llo", "bytes 2-4/11"},
		{"Range", "bytes=-4", 206, "orld", "bytes 7-10/11"},
		{"Range", "bytes=-400", 206, "hello world", "bytes 0-10/11"},
		{"Range", "bytes=4-", 206, "o world", "bytes 4-10/11"},
		{"Range", "bytes=4-100", 206, "o world", "bytes 4-10/11"},
		{"Range", "bytes=40-", 416, "", ""},
		{"Range", "bytes=4-2", 416, "", ""},
		{"Range", "bytes=foo", 416, "", ""},
		{"Range", "bytes=1-2,4-5", 400, "", ""},
		{"Range", "bytes=99999999999999999999-", 416, "", ""},
		{"Content-Range", "bytes 1-3/11", 206, "ell", "bytes 1-3/11"},
		{"Content-Range", "bytes 1-30/11", 416, "", ""},
		{"Content-Range", "bytes 3-1/11", 416, "", ""},
	} {
		got := c.ask(member, "GET /v2/images/"+id+"/file", "", nil, one.header, one.value)
		if got.status != one.status || one.status == 206 && (got.body != one.body || got.header.Get("Content-Range") != one.is) {
			t.Errorf("%s: %s gives %d %q %q", one.header, one.value, got.status, got.body, got.header.Get("Content-Range"))
		}
	}
}

func TestWrongBodiesAreRefused(t *testing.T) {
	c := newCloud(t)
	taken := c.create(member, `{}`)
	for body, want := range map[string]struct {
		status int
		text   string
	}{
		`{bad`:                    {400, "Malformed JSON in request body."},
		``:                        {400, "Body expected in request."},
		`[]`:                      {400, "must be a JSON object"},
		`{"name":5}`:              {400, "Provided object does not match schema 'image': 5 is not of type 'null', 'string'"},
		`{"foo":5}`:               {400, "5 is not of type 'string'"},
		`{"size":5}`:              {403, "Attribute 'size' is read-only."},
		`{"self":"x"}`:            {403, "Attribute 'self' is read-only."},
		`{"deleted":"x"}`:         {403, "Attribute 'deleted' is reserved."},
		`{"os_glance_x":"x"}`:     {403, "Attribute 'os_glance_x' is reserved."},
		`{"id":"5"}`:              {400, "does not match"},
		`{"id":"` + taken + `"}`:  {409, "Image ID " + taken + " already exists!"},
		`{"min_disk":-1}`:         {400, "Invalid value '-1' for parameter 'min_disk': Cannot be a negative value"},
		`{"min_ram":99999999999}`: {400, "min_ram"},
		`{"disk_format":"foo"}`:   {400, "is not one of"},
		`{"visibility":"secret"}`: {400, "is not one of"},
		`{"visibility":"public"}`: {403, "You are not authorized to complete publicize_image action."},
		`{"owner":"rival"}`:       {403, "You are not permitted to create images owned by 'rival'"},
		`{"name":"` + strings.Repeat("n", 256) + `"}`:         {400, "is too long"},
		`{"` + strings.Repeat("n", 256) + `":"v"}`:            {400, "Custom property should not be greater than 255 characters."},
		`{"p":"` + strings.Repeat("v", 70000) + `"}`:          {400, "longer than"},
		`{"tags":["` + strings.Repeat("v", 256) + `"]}`:       {400, "is too long"},
		`{"locations":[{"url":"file:///etc","metadata":{}}]}`: {403, "reserved"},
	} {
		got := c.ask(member, "POST /v2/images", jsonType, body)
		if got.status != want.status || !strings.Contains(got.body, want.text) {
			t.Errorf("%.60s: %d %s", body, got.status, got.body)
		}
	}
	var many strings.Builder
	for n := range 129 {
		many.WriteString(`,"p` + strings.Repeat("x", n) + `":"v"`)
	}
	if got := c.ask(member, "POST /v2/images", jsonType, `{"name":"x"`+many.String()+`}`); got.status != 413 || !strings.Contains(got.body, "Attempted: 129, Maximum: 128") {
		t.Errorf("129 properties: %d %s", got.status, got.body)
	}
	if n := len(c.want(200, member, "GET /v2/images", "", nil).json(t)["images"].([]any)); n != 1 {
		t.Errorf("%d images after refusals of all but one", n)
	}
}

func TestForeignImagesDoNotExist(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "secret")
	for _, do := range []string{"GET /v2/images/", "DELETE /v2/images/", "GET /v2/images/%s/file", "GET /v2/images/%s/members",
		"POST /v2/images/%s/actions/deactivate", "PUT /v2/images/%s/tags/x", "DELETE /v2/images/%s/tags/x"} {
		path := do + id
		if strings.Contains(do, "%s") {
			path = strings.Replace(do, "%s", id, 1)
		}
		c.want(404, other, path, "", nil)
	}
	c.want(404, other, "PUT /v2/images/"+id+"/file", bitsType, "other")
	c.want(404, other, "PATCH /v2/images/"+id, patchType, `[{"op":"replace","path":"/name","value":"x"}]`)
	c.want(404, other, "POST /v2/images/"+id+"/members", jsonType, `{"member":"rival"}`)
	if got := c.status(member, id); got != "active" {
		t.Error(got)
	}
	c.want(200, admin, "GET /v2/images/"+id, "", nil)
	c.want(401, "", "GET /v2/images/"+id, "", nil)
	c.want(403, "acme:reader", "DELETE /v2/images/"+id, "", nil)
	c.want(403, "acme:reader", "GET /v2/images/"+id+"/file", "", nil)
	c.want(403, "acme:reader", "POST /v2/images", jsonType, `{}`)
}

func TestPublicImagesAreReadByAllAndChangedByNone(t *testing.T) {
	c := newCloud(t)
	id := c.want(201, admin, "POST /v2/images", jsonType, `{"disk_format":"raw","container_format":"bare","visibility":"public"}`).json(t)["id"].(string)
	c.want(204, admin, "PUT /v2/images/"+id+"/file", bitsType, "bits")
	c.want(200, member, "GET /v2/images/"+id+"/file", "", nil)
	c.want(403, member, "DELETE /v2/images/"+id, "", nil)
	c.want(403, member, "PUT /v2/images/"+id+"/file", bitsType, "x")
	c.want(403, member, "PATCH /v2/images/"+id, patchType, `[{"op":"replace","path":"/name","value":"x"}]`)
}

func TestPatchesChangeWhatTheyMay(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"name":"x","foo":"bar"}`)
	patch := func(status int, body string) answer {
		t.Helper()
		return c.want(status, member, "PATCH /v2/images/"+id, patchType, body)
	}
	i := patch(200, `[{"op":"replace","path":"/name","value":"y"},{"op":"add","path":"/a~1b","value":"c"},{"op":"remove","path":"/foo"},
		{"op":"add","path":"/min_disk","value":3},{"op":"add","path":"/tags","value":["t"]},{"op":"add","path":"/disk_format","value":"qcow2"}]`).json(t)
	if i["name"] != "y" || i["a/b"] != "c" || i["foo"] != nil || i["min_disk"] != 3.0 || i["disk_format"] != "qcow2" {
		t.Errorf("%v", i)
	}
	for body, want := range map[string]struct {
		status int
		text   string
	}{
		`{}`:                                                       {400, "Request body must be a JSON array of operation objects."},
		`[1]`:                                                      {400, "Operations must be JSON objects."},
		`[{"path":"/name"}]`:                                       {400, "Unable to find `op`"},
		`[{"op":"move","path":"/name"}]`:                           {400, "Invalid operation"},
		`[{"op":"add","value":1}]`:                                 {400, "Unable to find 'path'"},
		`[{"op":"add","path":5,"value":1}]`:                        {400, "does not start"},
		`[{"op":"add","path":"/","value":"1"}]`:                    {400, "valid token"},
		`[{"op":"add","path":"/a//b","value":"1"}]`:                {400, "adjacent"},
		`[{"op":"add","path":"/a/b","value":"1"}]`:                 {400, "Invalid JSON pointer for this resource: '/a/b'"},
		`[{"op":"add","path":"/a~2","value":"1"}]`:                 {400, "escape sequence"},
		`[{"op":"add","path":"/a"}]`:                               {400, "requires a member named \"value\""},
		`[{"op":"replace","path":"/nope","value":"x"}]`:            {409, "Property nope does not exist."},
		`[{"op":"remove","path":"/nope"}]`:                         {409, "Property nope does not exist."},
		`[{"op":"remove","path":"/name"}]`:                         {403, "Property name may not be removed."},
		`[{"op":"replace","path":"/status","value":"active"}]`:     {403, "Attribute 'status' is read-only."},
		`[{"op":"replace","path":"/owner","value":"rival"}]`:       {403, "Owner can't be updated by non admin."},
		`[{"op":"replace","path":"/visibility","value":"public"}]`: {403, "publicize_image"},
		`[{"op":"replace","path":"/locations","value":[]}]`:        {403, "Cannot set locations to empty list."},
		`[{"op":"add","path":"/locations/-","value":{"url":"file:///etc/passwd","metadata":{}}}]`: {403, "allowed to add locations"},
		`[{"op":"replace","path":"/min_disk","value":-1}]`:                                        {400, "negative"},
		`[{"op":"replace","path":"/min_disk","value":1e30}]`:                                      {400, ""},
		`[{"op":"add","path":"/foo","value":5}]`:                                                  {400, "is not of type"},
		`[{"op":"replace","path":"/name","value":"z"},{"op":"remove","path":"/nope"}]`:            {409, "nope"},
	} {
		got := c.ask(member, "PATCH /v2/images/"+id, patchType, body)
		if got.status != want.status || !strings.Contains(got.body, want.text) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if i := patch(200, `[]`).json(t); i["name"] != "y" {
		t.Errorf("a refused patch changed the name to %v", i["name"])
	}
	got := c.want(415, member, "PATCH /v2/images/"+id, jsonType, `[]`)
	if got.header.Get("Accept-Patch") == "" {
		t.Error("no Accept-Patch")
	}
	old := "application/openstack-images-v2.0-json-patch"
	if i := c.want(200, member, "PATCH /v2/images/"+id, old, `[{"replace":"/name","value":"old"},{"add":"/q","value":"1"}]`).json(t); i["name"] != "old" || i["q"] != "1" {
		t.Errorf("%v", i)
	}
	c.want(409, member, "PATCH /v2/images/"+id, old, `[{"add":"/q","value":"2"}]`)
	c.want(400, member, "PATCH /v2/images/"+id, old, `[{"add":"/q","remove":"/q","value":"2"}]`)
}

func TestProtectedImagesStay(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"protected":true}`)
	got := c.want(403, member, "DELETE /v2/images/"+id, "", nil)
	if !strings.Contains(got.body, "Image "+id+" is protected and cannot be deleted.") {
		t.Error(got.body)
	}
	c.want(200, member, "PATCH /v2/images/"+id, patchType, `[{"op":"replace","path":"/protected","value":false}]`)
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
}

func TestDeactivatedBitsAreWithheldFromAllButAdministrators(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "bits")
	for range 2 {
		c.want(204, member, "POST /v2/images/"+id+"/actions/deactivate", "", nil)
	}
	c.want(403, member, "GET /v2/images/"+id+"/file", "", nil)
	c.want(200, admin, "GET /v2/images/"+id+"/file", "", nil)
	c.want(204, member, "POST /v2/images/"+id+"/actions/reactivate", "", nil)
	c.want(200, member, "GET /v2/images/"+id+"/file", "", nil)
	queued := c.create(member, `{}`)
	got := c.want(403, member, "POST /v2/images/"+queued+"/actions/deactivate", "", nil)
	if !strings.Contains(got.body, "Not allowed to deactivate image in status 'queued'") {
		t.Error(got.body)
	}
}

func TestTagsComeAndGo(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{}`)
	c.want(204, member, "PUT /v2/images/"+id+"/tags/one%2Ftwo", "", nil)
	if i := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t); i["tags"].([]any)[0] != "one/two" {
		t.Errorf("%v", i["tags"])
	}
	c.want(404, member, "DELETE /v2/images/"+id+"/tags/none", "", nil)
	c.want(204, member, "DELETE /v2/images/"+id+"/tags/one%2Ftwo", "", nil)
	c.want(400, member, "PUT /v2/images/"+id+"/tags/"+strings.Repeat("t", 256), "", nil)
}

func TestRefusalsAreWordedAsAccepted(t *testing.T) {
	c := newCloud(t)
	for accept, want := range map[string]string{
		"*/*":              "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID nope<br /><br />\n\n\n\n </body>\n</html>",
		"":                 "404 Not Found\n\nNo image found with ID nope\n\n   ",
		"application/json": `{"code":"404 Not Found","message":"No image found with ID nope\u003cbr /\u003e\u003cbr /\u003e\n\n\n","title":"Not Found"}`,
		"text/plain":       "404 Not Found\n\nNo image found with ID nope\n\n   ",
	} {
		got := c.want(404, member, "GET /v2/images/nope", "", nil, "Accept", accept)
		if got.body != want {
			t.Errorf("Accept %q: %q", accept, got.body)
		}
	}
	got := c.want(405, member, "PUT /v2/images", "", nil, "Accept", "*/*")
	if got.header.Get("Allow") != "GET, POST" || !strings.Contains(got.body, "The method PUT is not allowed for this resource. <br /><br />\n\n </body>") {
		t.Errorf("%v %q", got.header, got.body)
	}
	got = c.want(401, "", "GET /v2/images", "", nil)
	if got.header.Get("WWW-Authenticate") != `Keystone uri="http://keystone"` || !strings.Contains(got.body, "This server could not verify") {
		t.Errorf("%v %q", got.header, got.body)
	}
	got = c.want(415, member, "PUT /v2/images/x/file", jsonType, "x", "Accept", "*/*")
	if !strings.Contains(got.body, "The request media type application/json is not supported by this server.\n<br /><br />\n\n </body>") {
		t.Errorf("%q", got.body)
	}
}

func TestVersionsSchemasAndInfoAreTold(t *testing.T) {
	c := newCloud(t)
	for do, status := range map[string]int{"GET /": 300, "GET /versions": 200} {
		v := c.want(status, "", do, "", nil).json(t)["versions"].([]any)
		first := v[0].(map[string]any)
		link := first["links"].([]any)[0].(map[string]any)
		if first["id"] != "v2.15" || first["status"] != "CURRENT" || link["href"] != c.url+"/v2/" || len(v) != 15 {
			t.Errorf("%s: %v", do, first)
		}
	}
	for _, name := range []string{"image", "images", "member", "members", "task", "tasks"} {
		if s := c.want(200, member, "GET /v2/schemas/"+name, "", nil).json(t); s["name"] != name {
			t.Errorf("%s: %v", name, s["name"])
		}
	}
	if got := c.want(200, member, "GET /v2/info/stores", "", nil).body; got != `{"stores":[{"id":"file","default":"true"},{"id":"second"}]}` {
		t.Error(got)
	}
	if got := c.want(200, member, "GET /v2/info/import", "", nil).body; !strings.Contains(got, `"value":["glance-direct","web-download","copy-image"]`) {
		t.Error(got)
	}
	c.want(200, member, "GET /v2/info/usage", "", nil)
	c.want(403, member, "GET /v2/info/stores/detail", "", nil)
	c.want(200, admin, "GET /v2/info/stores/detail", "", nil)
	c.want(401, "", "GET /v2/schemas/image", "", nil)
}
