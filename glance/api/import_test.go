package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/store"
)

// fetching has a cloud fetch from servers of this machine.
func fetching(config *glance.Config) {
	config.Web.PrivateNetworks, config.Web.AllowedPorts = []string{"127.0.0.0/8"}, nil
}

// await waits until a property of an image is as it shall be, and gives the image.
func (c *cloud) await(id, property, value string) map[string]any {
	c.t.Helper()
	late := time.After(30 * time.Second)
	for {
		changed := c.registry.DB.Changed()
		i := c.want(200, member, "GET /v2/images/"+id, "", nil).json(c.t)
		if fmt.Sprint(i[property]) == value {
			return i
		}
		select {
		case <-changed:
		case <-late:
			c.t.Fatalf("%s of the image is not %s: %v", property, value, i)
		}
	}
}

// ended waits until nothing imports an image, and gives it and its last task.
func (c *cloud) ended(id string) (image, task map[string]any) {
	c.t.Helper()
	c.await(id, glance.ImportTaskID, "<nil>")
	image = c.want(200, member, "GET /v2/images/"+id, "", nil).json(c.t) // its row was perhaps read before its properties
	tasks := c.want(200, member, "GET /v2/images/"+id+"/tasks", "", nil).json(c.t)["tasks"].([]any)
	if len(tasks) == 0 {
		return image, nil
	}
	return image, tasks[0].(map[string]any)
}

// tidy scrubs, and holds that no store has what no image has.
func (c *cloud) tidy(keys int) {
	c.t.Helper()
	if err := c.transfer.Scrub(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	found := 0
	for _, s := range []store.Store{c.store, c.second, c.staging} {
		for _, err := range s.Keys(c.t.Context()) {
			if err != nil {
				c.t.Fatal(err)
			}
			found++
		}
	}
	if found != keys {
		c.t.Errorf("%d things lie in the stores, not %d", found, keys)
	}
}

func (c *cloud) image() string {
	c.t.Helper()
	return c.want(201, member, "POST /v2/images", jsonType, `{"name": "x", "disk_format": "raw", "container_format": "bare"}`).json(c.t)["id"].(string)
}

func (c *cloud) imports(status int, who, id, body string, headers ...string) answer {
	c.t.Helper()
	return c.want(status, who, "POST /v2/images/"+id+"/import", jsonType, body, headers...)
}

const direct = `{"method": {"name": "glance-direct"}}`

func TestStagedBitsAreImported(t *testing.T) {
	c := newCloud(t)
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	if i := c.await(id, "status", "uploading"); i["size"] != 5.0 || i["checksum"] != nil {
		t.Errorf("%v", i)
	}
	c.want(409, member, "PUT /v2/images/"+id+"/stage", bitsType, "again")
	c.want(409, member, "PUT /v2/images/"+id+"/file", bitsType, "again")
	c.tidy(1) // staged bits are somebody's
	c.imports(202, member, id, direct)
	i, task := c.ended(id)
	if i["status"] != "active" || i["size"] != 5.0 || i["checksum"] != "5d41402abc4b2a76b9719d911017c592" ||
		i[glance.ImportingStores] != "" || i[glance.FailedStores] != "" || i["stores"] != "file" {
		t.Errorf("%v", i)
	}
	if task["status"] != "success" || task["type"] != "api_image_import" || task["image_id"] != id ||
		fmt.Sprint(task["result"]) != fmt.Sprintf("map[image_id:%s]", id) {
		t.Errorf("%v", task)
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	c.tidy(1)
}

func TestStagedBitsGoWithTheirImage(t *testing.T) {
	c := newCloud(t)
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	c.tidy(0)
}

func TestStagingThatBreaksOffQueuesTheImageAgain(t *testing.T) {
	c := newCloud(t, func(config *glance.Config) { config.SizeCapBytes = 4 })
	id := c.image()
	c.want(413, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	c.await(id, "status", "queued")
	c.tidy(0)
}

// web serves some paths that images are fetched from.
func web(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/image":
			fmt.Fprint(w, "hello")
		case "/long": // breaks off before its length
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "hello")
		case "/away":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func download(uri string) string {
	return `{"method": {"name": "web-download", "uri": ` + strconv.Quote(uri) + `}}`
}

func TestImagesAreFetchedFromTheWeb(t *testing.T) {
	c := newCloud(t, fetching)
	id := c.image()
	c.imports(202, member, id, download(web(t)+"/image"))
	i, task := c.ended(id)
	if i["status"] != "active" || i["size"] != 5.0 || task["status"] != "success" {
		t.Errorf("%v %v", i, task)
	}
	c.tidy(1)
}

func TestAnImageThatCannotBeFetchedIsQueuedAgain(t *testing.T) {
	c := newCloud(t, fetching)
	from := web(t)
	for path, why := range map[string]string{
		"/nothing": "the answer is 404 Not Found", "/away": "does not connect to", "/file": "does not connect to",
		"/long": "ended before its length",
	} {
		id := c.image()
		c.imports(202, member, id, download(from+path))
		i, task := c.ended(id)
		message, _ := task["message"].(string)
		if i["status"] != "queued" || i["size"] != nil || i[glance.FailedStores] != "file" || task["status"] != "failure" ||
			!strings.Contains(message, why) {
			t.Errorf("%s: %v %v", path, i, task)
		}
		c.imports(202, member, id, download(from+"/image")) // and may be imported after all
		if i, _ := c.ended(id); i["status"] != "active" {
			t.Errorf("%s, again: %v", path, i)
		}
	}
	c.tidy(4)
}

func TestTheCloudsOwnAddressesAreNotFetchedFrom(t *testing.T) {
	c := newCloud(t, func(config *glance.Config) { config.Web.AllowedPorts = nil })
	u, err := url.Parse(web(t))
	if err != nil {
		t.Fatal(err)
	}
	id := c.image()
	for _, host := range []string{u.Host, "localhost:" + u.Port()} {
		c.imports(202, member, id, download("http://"+host+"/image"))
		i, task := c.ended(id)
		if message, _ := task["message"].(string); i["status"] != "queued" || !strings.Contains(message, "does not connect to") {
			t.Errorf("%s: %v %v", host, i, task)
		}
	}
	for _, uri := range []string{"", "file:///etc/passwd", "ftp://example.org/image", "http://", "http://[::1", "gopher://example.org:70/"} {
		c.imports(400, member, id, download(uri))
	}
	if i, _ := c.ended(id); i["status"] != "queued" {
		t.Errorf("%v", i)
	}
	c.tidy(0)
}

func TestImagesAreCopiedToFurtherStores(t *testing.T) {
	c := newCloud(t)
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "hello")
	body := `{"method": {"name": "copy-image"}, "stores": ["second"]}`
	c.imports(403, member, id, body)
	c.imports(202, admin, id, body)
	i, _ := c.ended(id)
	if i["status"] != "active" || i["stores"] != "file,second" {
		t.Errorf("%v", i)
	}
	c.imports(400, admin, id, body)                                                     // it is there
	c.imports(202, admin, id, `{"method": {"name": "copy-image"}, "all_stores": true}`) // nothing to do
	c.tidy(2)
	// What one store has lost the other gives.
	for key, err := range c.store.Keys(t.Context()) {
		if err == nil {
			err = c.store.Delete(t.Context(), key.Name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
}

// fill leaves a store without room.
func (c *cloud) fill() {
	c.second.Reserve, c.second.Free = 1, func(string) (int64, error) { return 0, nil }
}

func TestAFullStoreUndoesAnImportUnlessTheOthersShallStay(t *testing.T) {
	c := newCloud(t)
	c.fill()
	for must, want := range map[string]struct{ status, stores, task string }{
		"true": {"queued", "<nil>", "failure"}, "false": {"active", "file", "success"},
	} {
		id := c.image()
		c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
		c.imports(202, member, id, `{"method": {"name": "glance-direct"}, "all_stores": true, "all_stores_must_succeed": `+must+`}`)
		i, task := c.ended(id)
		if i["status"] != want.status || fmt.Sprint(i["stores"]) != want.stores || task["status"] != want.task ||
			i[glance.FailedStores] != "second" || i[glance.ImportingStores] != "" {
			t.Errorf("%s: %v %v", must, i, task)
		}
	}
	c.tidy(1)
}

func TestBitsOfAnotherFormatAreNotImported(t *testing.T) {
	c := newCloud(t)
	id := c.want(201, member, "POST /v2/images", jsonType, `{"disk_format": "raw", "container_format": "bare"}`).json(t)["id"].(string)
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "QFI\xfb\x00\x00\x00\x03"+strings.Repeat("\x00", 1024))
	c.imports(202, member, id, direct)
	i, task := c.ended(id)
	if i["status"] != "queued" || task["status"] != "failure" || task["message"] == "" {
		t.Errorf("%v %v", i, task)
	}
	c.tidy(0)
}

func TestImportsThatMakeNoSenseAreRefused(t *testing.T) {
	c := newCloud(t)
	queued, bare := c.image(), c.want(201, member, "POST /v2/images", jsonType, `{"name": "x"}`).json(t)["id"].(string)
	ready := c.image()
	c.want(204, member, "PUT /v2/images/"+ready+"/file", bitsType, "hello")
	for _, wrong := range []struct {
		status     int
		who, id    string
		body, says string
	}{
		{400, member, queued, ``, "Body expected"},
		{400, member, queued, `[]`, "not as it shall be"},
		{400, member, queued, `{}`, "requires a 'method' field"},
		{400, member, queued, `{"method": {}}`, "requires a 'name' field"},
		{400, member, queued, `{"method": {"name": "magic"}}`, "Unknown import method name 'magic'."},
		{400, member, queued, `{"method": {"name": "glance-direct"}, "all_stores": "yes"}`, "'all_stores' must be boolean"},
		{400, member, queued, `{"method": {"name": "glance-direct"}, "all_stores_must_succeed": 1}`, "must be boolean"},
		{409, member, queued, direct, "needs to be staged"},
		{409, admin, queued, `{"method": {"name": "copy-image"}}`, "Only images with status active"},
		{409, member, ready, direct, "status active cannot be target"},
		{409, member, bare, download("http://example.org"), "'container_format' needs to be set"},
		{409, member, queued, `{"method": {"name": "web-download", "uri": "http://example.org"}, "stores": ["moon"]}`, "Unknown scheme"},
		{400, member, queued, `{"method": {"name": "web-download", "uri": "http://example.org"}, "stores": ["file"], "all_stores": true}`, "All_stores"},
		{400, member, queued, `{"method": {"name": "web-download", "uri": "http://example.org"}, "stores": ["file", "file"]}`, "named twice"},
		{404, "rival:member", queued, direct, "No image found"},
		{404, member, "nope", direct, "No image found"},
	} {
		if got := c.imports(wrong.status, wrong.who, wrong.id, wrong.body).body; !strings.Contains(got, wrong.says) {
			t.Errorf("%s: %s", wrong.body, got)
		}
	}
	c.want(415, member, "PUT /v2/images/"+queued+"/stage", jsonType, "{}")
	c.want(404, "rival:member", "PUT /v2/images/"+queued+"/stage", bitsType, "x")
	if tasks := c.want(200, admin, "GET /v2/tasks", "", nil).json(t)["tasks"].([]any); len(tasks) != 0 {
		t.Errorf("%v", tasks)
	}
}

func TestTasksAreShownToAdministratorsAndForgotten(t *testing.T) {
	c := newCloud(t, func(config *glance.Config) { config.TaskLife = time.Hour })
	var ids []string
	for range 3 {
		id := c.image()
		c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
		c.imports(202, member, id, direct)
		_, task := c.ended(id)
		ids = append(ids, task["id"].(string))
	}
	c.want(403, member, "GET /v2/tasks", "", nil)
	c.want(403, member, "GET /v2/tasks/"+ids[0], "", nil)
	page := c.want(200, admin, "GET /v2/tasks?limit=2&sort_dir=asc&status=success", "", nil).json(t)
	first := page["tasks"].([]any)[0].(map[string]any)
	if first["id"] != ids[0] || first["input"] != nil || page["next"] != "/v2/tasks?limit=2&sort_dir=asc&status=success&marker="+ids[1] {
		t.Errorf("%v", page)
	}
	next := c.want(200, admin, "GET "+page["next"].(string), "", nil).json(t)
	if rest := next["tasks"].([]any); len(rest) != 1 || rest[0].(map[string]any)["id"] != ids[2] || next["next"] != nil {
		t.Errorf("%v", next)
	}
	task := c.want(200, admin, "GET /v2/tasks/"+ids[0], "", nil).json(t)
	if task["status"] != "success" || task["expires_at"] == nil || task["input"].(map[string]any)["backend"] == nil {
		t.Errorf("%v", task)
	}
	for _, query := range []string{"sort_dir=up", "status=odd", "type=odd", "limit=x", "limit=-1", "marker=x", "sort_key=secret",
		"marker=1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11"} {
		c.want(400, admin, "GET /v2/tasks?"+query, "", nil)
	}
	c.want(404, admin, "GET /v2/tasks/1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11", "", nil)
	c.want(405, admin, "DELETE /v2/tasks/"+ids[0], "", nil)
	c.clock.Add(3600)
	if err := c.registry.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.clock.Add(60) // a jump of the clock is looked at once
	if err := c.registry.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := c.want(200, admin, "GET /v2/tasks", "", nil).json(t)["tasks"].([]any); len(left) != 0 {
		t.Errorf("%v", left)
	}
}

func TestAdministratorsStartTasksThatImport(t *testing.T) {
	c := newCloud(t, fetching)
	ask := func(input string) string { return `{"type": "import", "input": ` + input + `}` }
	body := ask(`{"import_from": "` + web(t) + `/image", "import_from_format": "raw", "image_properties":
		{"name": "old", "disk_format": "raw", "container_format": "bare", "os_distro": "debian"}}`)
	c.want(403, member, "POST /v2/tasks", jsonType, body)
	made := c.want(201, admin, "POST /v2/tasks", jsonType, body)
	task := made.json(t)
	if task["type"] != "import" || task["input"].(map[string]any)["import_from_format"] != "raw" ||
		!strings.HasSuffix(made.header.Get("Location"), "/v2/tasks/"+task["id"].(string)) {
		t.Errorf("%v", task)
	}
	id := task["image_id"].(string)
	changed := c.registry.DB.Changed
	for wait := changed(); ; wait = changed() {
		if i := c.want(200, admin, "GET /v2/images/"+id, "", nil).json(t); i["status"] == "active" && i["os_distro"] == "debian" {
			break
		}
		select {
		case <-wait:
		case <-time.After(30 * time.Second):
			t.Fatal("the image is never active")
		}
	}
	for body, says := range map[string]string{
		`{}`:                 "Task 'type' is required",
		`{"type": "import"}`: "Task 'input' is required",
		ask(`{}`):            "'import_from' field",
		strings.Replace(body, `"import",`, `"export",`, 1):                                                    "does not match schema",
		ask(`{"import_from": "", "import_from_format": "raw", "image_properties": {}}`):                       "Invalid location",
		ask(`{"import_from": "file:///etc/passwd", "import_from_format": "raw", "image_properties": {}}`):     "not allowed",
		ask(`{"import_from": "ftp://example.org", "import_from_format": "raw", "image_properties": {}}`):      "not valid",
		ask(`{"import_from": "http://example.org", "import_from_format": "raw", "image_properties": "none"}`): "must be a JSON object",
	} {
		if got := c.want(400, admin, "POST /v2/tasks", jsonType, body).body; !strings.Contains(got, says) {
			t.Errorf("%s: %s", body, got)
		}
	}
	// An image that cannot be imported is not registered either.
	c.want(409, admin, "POST /v2/tasks", jsonType, ask(`{"import_from": "`+web(t)+`/image", "import_from_format": "raw", "image_properties": {"name": "bare"}}`))
	if all := c.want(200, admin, "GET /v2/images", "", nil).json(t)["images"].([]any); len(all) != 1 {
		t.Errorf("%v", all)
	}
}

// A host's disk may be full, an image deactivated, a stage still running: none of it leaves an image that nobody can use or delete.
func TestAnImageInUseIsNotTakenBack(t *testing.T) {
	c := newCloud(t)
	entered, goOn := make(chan struct{}), make(chan struct{})
	c.second.Reserve = 1
	c.second.Free = func(string) (int64, error) { // the second store is slow
		select {
		case <-entered:
		default:
			close(entered)
			<-goOn
		}
		return 1 << 40, nil
	}
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	c.imports(202, member, id, `{"method": {"name": "glance-direct"}, "all_stores": true, "all_stores_must_succeed": false}`)
	<-entered
	c.want(204, member, "POST /v2/images/"+id+"/actions/deactivate", "", nil)
	close(goOn)
	i, task := c.ended(id)
	if i["status"] != "deactivated" || i["stores"] != "file,second" || task["status"] != "success" {
		t.Errorf("%v %v", i, task)
	}
	c.want(204, member, "POST /v2/images/"+id+"/actions/reactivate", "", nil)
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	c.tidy(2)
}

func TestWhatIsBeingStagedIsNotImported(t *testing.T) {
	c := newCloud(t)
	id := c.image()
	body, send := io.Pipe()
	staged := make(chan answer)
	go func() { staged <- c.ask(member, "PUT /v2/images/"+id+"/stage", bitsType, body) }()
	if _, err := send.Write([]byte("hel")); err != nil {
		t.Fatal(err)
	}
	c.await(id, "status", "uploading")
	if got := c.imports(409, member, id, direct).body; !strings.Contains(got, "needs to be staged") {
		t.Error(got)
	}
	if _, err := send.Write([]byte("lo")); err != nil {
		t.Fatal(err)
	}
	send.Close()
	if got := <-staged; got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c.imports(400, member, id, `{"method": {"name": "glance-direct"}, "stores": []}`)
	c.imports(202, member, id, direct)
	if i, _ := c.ended(id); i["status"] != "active" || i["size"] != 5.0 {
		t.Errorf("%v", i)
	}
	c.tidy(1)
}
