package api_test

import (
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/store"
	web2 "cumulet/glance/store/http"
	"cumulet/oslo/outbound"
)

// locating is a cloud that shows locations and fetches from servers of this machine.
func locating(config *glance.Config) {
	config.ShowLocations, config.ShowDirectURL = true, true
	fetching(config)
}

// addWeb gives the cloud a store of the web, whose servers may be of this machine where private says so.
func (c *cloud) addWeb(private ...netip.Prefix) {
	c.t.Helper()
	s := &web2.Store{StoreName: "web", Client: outbound.Guard{Private: private}.Client()}
	c.transfer.Stores = append(c.transfer.Stores, store.Backend{Store: s, ReadOnly: true})
	c.api.Stores = c.transfer.Stores
}

func newWebCloud(t *testing.T, change ...func(*glance.Config)) *cloud {
	t.Helper()
	c := newCloud(t, append([]func(*glance.Config){locating}, change...)...)
	c.addWeb(netip.MustParsePrefix("127.0.0.0/8"))
	return c
}

// page is a server of one thing, which may change.
type page struct {
	url  string
	bits atomic.Pointer[string]
}

func serving(t *testing.T, bits string) *page {
	t.Helper()
	p := &page{}
	p.bits.Store(&bits)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inner" {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(*p.bits.Load()))
	}))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// patch changes locations: "add /locations/-" with a value.
func (c *cloud) patch(status int, who, id, what string, value any) answer {
	c.t.Helper()
	op, path, _ := strings.Cut(what, " ")
	change := map[string]any{"op": op, "path": path}
	if value != nil {
		change["value"] = value
	}
	b, err := json.Marshal([]any{change})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.want(status, who, "PATCH /v2/images/"+id, patchType, b)
}

func at(url string, data ...string) map[string]any {
	l := map[string]any{"url": url, "metadata": map[string]any{}}
	if len(data) == 2 {
		l["validation_data"] = map[string]any{"os_hash_algo": "sha512", "os_hash_value": data[0], "checksum": data[1]}
	}
	return l
}

func digests(bits string) []string {
	long, short := sha512.Sum512([]byte(bits)), md5.Sum([]byte(bits))
	return []string{hex.EncodeToString(long[:]), hex.EncodeToString(short[:])}
}

const noImage = `{"disk_format":"raw","container_format":"bare"}`

func TestBitsMayLieOnTheWeb(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	id := c.create(member, noImage)
	i := c.patch(200, member, id, "add /locations/-", at(p.url+"/a", digests("hello")...)).json(t)
	if i["status"] != "active" || i["size"] != 5.0 || i["os_hash_value"] != digests("hello")[0] || i["checksum"] != digests("hello")[1] ||
		i["stores"] != "web" || i["direct_url"] != p.url+"/a" || fmt.Sprint(i["locations"]) != fmt.Sprintf("[map[metadata:map[store:web] url:%s/a]]", p.url) {
		t.Errorf("%v", i)
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	if got := c.want(206, member, "GET /v2/images/"+id+"/file", "", nil, "Range", "bytes=1-2").body; got != "el" {
		t.Error(got)
	}
	// A second place of the same bits comes first; then they change places, and the first goes.
	c.patch(200, member, id, "add /locations/0", at(p.url+"/b"))
	c.patch(400, member, id, "add /locations/0", at(p.url+"/b"))
	i = c.patch(200, member, id, "replace /locations", []any{at(p.url + "/a"), at(p.url + "/b")}).json(t)
	if got := i["locations"].([]any)[0].(map[string]any)["url"]; got != p.url+"/a" {
		t.Errorf("%v", i)
	}
	c.patch(403, member, id, "remove /locations/0", nil) // delete_image_location
	c.patch(400, admin, id, "remove /locations/2", nil)
	i = c.patch(200, admin, id, "remove /locations/0", nil).json(t)
	if i["direct_url"] != p.url+"/b" || i["status"] != "active" {
		t.Errorf("%v", i)
	}
	c.patch(200, member, id, "add /locations/-", at(p.url+"/a")) // again
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	c.tidy(0)
	if doomed, err := c.transfer.Registry.Doomed(t.Context(), "file", 10); err != nil || len(doomed) != 0 {
		t.Errorf("%v, %v", doomed, err)
	}
}

func TestTheSamePlaceIsTwoImages(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	first, second := c.create(member, noImage), c.create("rival:member", noImage)
	c.patch(200, member, first, "replace /locations", []any{at(p.url)})
	c.patch(200, "rival:member", second, "replace /locations", []any{at(p.url)})
	c.want(204, member, "DELETE /v2/images/"+first, "", nil)
	c.tidy(0)
	if got := c.want(200, "rival:member", "GET /v2/images/"+second+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
}

// What follows are upstream's holes, each by its number.

// CVE-2014-9493, CVE-2015-1195 (OSSA-2015-003), CVE-2014-5356: a path, a store's configuration, another image's bits.
func TestNoPathsAndNobodyElsesBitsAreTaken(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	theirs := c.upload("rival:member", "secret")
	location, err := c.registry.DB.Image(t.Context(), theirs, "")
	if err != nil {
		t.Fatal(err)
	}
	key := location.Locations[0].Key
	for _, who := range []string{member, admin} {
		for _, url := range []string{
			"file:///etc/passwd", "FILE:///etc/passwd", "filesystem:///etc/passwd", "swift+config://ref/glance/" + key, "swift://u:p@h/c/o", "s3://k:s@h/b/o",
			"rbd://fsid/images/" + key + "/snap", "cinder://volume", c.store.URL(key), "file://" + key, key, "", "//127.0.0.1/x", "ftp://127.0.0.1/x",
			"http:///x", "http:x", strings.Replace(p.url, "http://", "http://user:password@", 1), p.url + "#x", p.url + "/inner",
		} {
			id := c.create(who, noImage)
			if a := c.patch(400, who, id, "add /locations/-", at(url)); !strings.Contains(a.body, "Invalid location") {
				t.Errorf("%s: %s", url, a.body)
			}
			if got := c.status(who, id); got != "queued" {
				t.Errorf("%s: %s", url, got)
			}
		}
	}
	for _, name := range []string{"file", "second", "os_glance_staging_store", "nowhere"} {
		id := c.create(member, noImage)
		c.patch(400, member, id, "add /locations/-", map[string]any{"url": p.url, "metadata": map[string]any{"store": name}})
	}
}

func TestLocationsReachNoInnerAddress(t *testing.T) {
	c := newCloud(t, locating)
	c.addWeb() // nothing but the Internet
	p := serving(t, "hello")
	id := c.create(member, noImage)
	c.patch(400, member, id, "add /locations/-", at(p.url))
	c.patch(400, member, id, "add /locations/-", at("http://169.254.169.254/latest/meta-data"))
}

// CVE-2015-5251 and CVE-2016-0757 (OSSN-0065): by changing locations nobody makes an active image queued, to put other bits there.
func TestAnActiveImageStaysSo(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	id := c.upload(member, "hello")
	own := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t)["direct_url"].(string)
	for _, who := range []string{member, admin} {
		c.patch(403, who, id, "replace /status", "queued")
		c.patch(403, who, id, "replace /locations", []any{})
		c.patch(403, who, id, "remove /locations/0", nil)
		c.patch(400, who, id, "remove /locations", nil)
		c.patch(400, who, id, "replace /locations", []any{at(p.url)})
		c.patch(400, who, id, "replace /locations", []any{at(own), at(p.url)})
		c.patch(400, who, id, "replace /locations", []any{at(own), at(own)})
		c.patch(400, who, id, "add /locations/-", at(own))
	}
	c.patch(200, admin, id, "replace /locations", []any{at(own)})
	c.want(409, member, "PUT /v2/images/"+id+"/file", bitsType, "other")
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	c.want(204, member, "POST /v2/images/"+id+"/actions/deactivate", "", nil)
	c.patch(409, member, id, "add /locations/-", at(p.url))
	c.patch(409, admin, id, "remove /locations/0", nil)
}

func TestOtherBitsAreNotPutUnderAVerifiedHash(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "jello")
	id := c.upload(member, "hello")
	if a := c.patch(409, member, id, "add /locations/0", at(p.url)); !strings.Contains(a.body, "not those of image") {
		t.Error(a.body)
	}
	c.patch(409, member, id, "add /locations/0", at(p.url, digests("jello")...))
	bits := "hello"
	p.bits.Store(&bits)
	c.patch(200, member, id, "add /locations/0", at(p.url, digests("hello")...))

	// What changes where it lies is not passed off as what it was.
	id = c.create(member, noImage)
	c.patch(200, member, id, "add /locations/-", at(p.url))
	for _, other := range []string{"jello", "hell"} {
		p.bits.Store(&other)
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/v2/images/"+id+"/file", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-Auth-Token", member)
		if got, ok := readWhole(t, q); ok {
			t.Errorf("%q was read for \"hello\"", got)
		}
	}
}

func TestValidationDataMustBeTrue(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	for name, l := range map[string]map[string]any{
		"not matched":                at(p.url, digests("jello")...),
		"valid hexadecimal":          at(p.url, strings.Repeat("x", 128), digests("hello")[1]),
		"correct size for sha512":    at(p.url, "abcd", digests("hello")[1]),
		"checksum: (":                at(p.url, digests("hello")[0], digests("jello")[1]),
		"os_hash_algo must be sha51": {"url": p.url, "metadata": map[string]any{}, "validation_data": map[string]any{"os_hash_algo": "md5", "os_hash_value": "abcd"}},
	} {
		id := c.create(member, noImage)
		if a := c.patch(409, member, id, "add /locations/-", l); !strings.Contains(a.body, name) {
			t.Errorf("%s: %s", name, a.body)
		}
		if got := c.status(member, id); got != "queued" {
			t.Error(got)
		}
	}
	id := c.create(member, noImage)
	c.patch(409, member, id, "replace /locations", []any{at(p.url+"/a", digests("hello")...), at(p.url+"/b", digests("jello")...)})
}

func TestNoBitsAreTakenUninspected(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, qcow2WithBackingFile())
	for _, format := range []string{"raw", "qcow2"} {
		id := c.create(member, `{"disk_format":"`+format+`","container_format":"bare"}`)
		c.patch(415, member, id, "add /locations/-", at(p.url))
		if got := c.status(member, id); got != "queued" {
			t.Error(got)
		}
	}
	hello := serving(t, "hello")
	id := c.create(member, `{}`)
	c.patch(400, member, id, "add /locations/-", at(hello.url)) // it has no format to be held against
	a := c.want(403, member, "PATCH /v2/images/"+c.create(member, noImage), patchType, fmt.Sprintf(
		`[{"op":"add","path":"/locations/-","value":{"url":%q,"metadata":{}}},{"op":"replace","path":"/disk_format","value":"qcow2"}]`, hello.url))
	if !strings.Contains(a.body, "disk_format") {
		t.Error(a.body)
	}
	c.want(200, member, "PATCH /v2/images/"+id, patchType, fmt.Sprintf(
		`[{"op":"add","path":"/disk_format","value":"raw"},{"op":"add","path":"/container_format","value":"bare"},
		  {"op":"add","path":"/locations/-","value":{"url":%q,"metadata":{}}}]`, hello.url))
}

// qcow2WithBackingFile begins as an image that has its hypervisor read a file of the host's.
func qcow2WithBackingFile() string {
	b := make([]byte, 66<<10)
	copy(b, "QFI\xfb\x00\x00\x00\x02")
	b[15], b[19] = 72, 11 // where the name stands, and how long it is
	b[23] = 16
	b[29] = 1
	copy(b[72:], "/etc/passwd")
	return string(b)
}

// CVE-2014-9684, CVE-2015-1881, CVE-2015-5286: what bounds images bounds these too.
func TestLocationsDodgeNoLimit(t *testing.T) {
	c := newWebCloud(t, func(config *glance.Config) { config.SizeCapBytes, config.LocationLimit = 4, 1 })
	p, small := serving(t, "hello"), serving(t, "hell")
	id := c.create(member, noImage)
	c.patch(413, member, id, "add /locations/-", at(p.url))
	c.patch(413, member, id, "replace /locations", []any{at(small.url), at(small.url + "/2")})
	c.patch(200, member, id, "add /locations/-", at(small.url))
	if a := c.patch(413, member, id, "add /locations/-", at(small.url+"/2")); !strings.Contains(a.body, "image locations") {
		t.Error(a.body)
	}
	empty := serving(t, "")
	c.patch(400, member, c.create(member, noImage), "add /locations/-", at(empty.url))
}

func TestWhoSeesWhereBitsLie(t *testing.T) {
	c := newWebCloud(t)
	id := c.upload(member, "hello")
	c.patch(200, admin, id, "replace /visibility", "public")
	if i := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t); !strings.HasPrefix(i["direct_url"].(string), "file:///") || len(i["locations"].([]any)) != 1 {
		t.Errorf("%v", i)
	}
	i := c.want(200, other, "GET /v2/images/"+id, "", nil).json(t)
	if _, shown := i["direct_url"]; shown || len(i["locations"].([]any)) != 0 {
		t.Errorf("%v", i)
	}
}

func TestLocationsAreNotShownUnlessThatIsWanted(t *testing.T) {
	c := newCloud(t, fetching)
	c.addWeb(netip.MustParsePrefix("127.0.0.0/8"))
	id := c.upload(member, "hello")
	for _, name := range []string{"locations", "direct_url"} {
		if v, shown := c.want(200, admin, "GET /v2/images/"+id, "", nil).json(t)[name]; shown {
			t.Errorf("%v", v)
		}
	}
	p := serving(t, "hello")
	c.patch(403, admin, id, "add /locations/-", at(p.url))
	c.patch(403, admin, id, "replace /locations", []any{at(p.url)})
	c.patch(403, admin, id, "remove /locations/0", nil)
}

func TestAPlaceIsLookedAtInTheBackground(t *testing.T) {
	c := newWebCloud(t)
	p := serving(t, "hello")
	id := c.create(member, noImage)
	path := "/v2/images/" + id + "/locations"
	c.want(202, member, "POST "+path, jsonType, fmt.Sprintf(`{"url":%q,"validation_data":{"os_hash_algo":"sha512","os_hash_value":%q}}`, p.url, digests("hello")[0]))
	_, task := c.ended(id)
	i := c.await(id, "status", "active")
	if i["os_hash_value"] != digests("hello")[0] || task["status"] != "success" || task["type"] != "location_import" {
		t.Errorf("%v, %v", i, task)
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	if a := c.want(200, admin, "GET "+path, "", nil); a.body != fmt.Sprintf(`[{"url":%q,"metadata":{"store":"web"}}]`, p.url) {
		t.Error(a.body)
	}
	c.want(403, member, "GET "+path, "", nil)
	c.want(404, other, "GET "+path, "", nil)
	if a := c.want(409, member, "POST "+path, jsonType, fmt.Sprintf(`{"url":%q}`, p.url)); !strings.Contains(a.body, "if image status is active.") {
		t.Error(a.body)
	}
}

func TestAPlaceOfOtherBitsLeavesTheImageQueued(t *testing.T) {
	c := newWebCloud(t)
	p, hostile := serving(t, "hello"), serving(t, qcow2WithBackingFile())
	for _, body := range []string{
		fmt.Sprintf(`{"url":%q,"validation_data":{"os_hash_algo":"sha512","os_hash_value":%q}}`, p.url, digests("jello")[0]),
		fmt.Sprintf(`{"url":%q}`, hostile.url), fmt.Sprintf(`{"url":%q}`, p.url+"/inner"),
	} {
		id := c.create(member, noImage)
		c.want(202, member, "POST /v2/images/"+id+"/locations", jsonType, body)
		_, task := c.ended(id)
		i := c.await(id, "status", "queued")
		if i["disk_format"] != "raw" || i["container_format"] != "bare" || len(i["locations"].([]any)) != 0 || i["os_hash_value"] != nil || task["status"] != "failure" {
			t.Errorf("%v, %v", i, task)
		}
	}
}

func TestPlacesThatAreNotTaken(t *testing.T) {
	c := newWebCloud(t)
	id := c.create(member, noImage)
	path := "POST /v2/images/" + id + "/locations"
	for body, status := range map[string]int{
		`{}`: 400, `[]`: 400, `{"url":5}`: 400, `{"url":"http://127.0.0.1","more":1}`: 400, `{"url":"file:///etc/passwd"}`: 400,
		`{"url":"swift+config://ref/c/o"}`: 400, `{"url":"http://127.0.0.1","validation_data":{"os_hash_algo":"md5","os_hash_value":"ab"}}`: 409,
	} {
		c.want(status, member, path, jsonType, body)
	}
	c.want(404, other, path, jsonType, `{"url":"http://127.0.0.1"}`)
	c.want(403, "acme:reader", path, jsonType, `{"url":"http://127.0.0.1"}`)
	c.transfer.Stores = c.transfer.Stores[:2]
	c.api.Stores = c.transfer.Stores
	c.want(403, member, path, jsonType, `{"url":"http://127.0.0.1"}`)
	c.want(400, admin, strings.Replace(path, id, c.create(admin, noImage), 1), jsonType, `[]`)
	if got := c.status(member, id); got != "queued" {
		t.Error(got)
	}
}
