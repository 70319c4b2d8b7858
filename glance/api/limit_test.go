package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cumulet/glance"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/limit/limittest"
)

// limits are what projects may have, in the order of glance.LimitedResources.
func limits(size, stage, count, uploading int) map[string]int {
	return map[string]int{
		glance.ImageSizeTotal: size, glance.ImageStageTotal: stage, glance.ImageCountTotal: count, glance.ImageCountUploading: uploading,
	}
}

// limited holds a cloud's projects to limits.
func limited(c *cloud, registered map[string]int) *limittest.Keystone {
	k := limittest.New(c.t, registered)
	c.registry.Unified = k.Limits()
	return k
}

// over is what a refusal says, or a task that failed.
func over(resource string, most, used, delta int) string {
	return fmt.Sprintf("The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota threshold was breached."+
		"\n\nThe response body:\nProject acme is over a limit for [Resource %s is over limit of %d due to current usage %d and delta %d]", resource, most, used, delta)
}

// refused checks a refusal and its text.
func (c *cloud) refused(do, contentType string, body any, text string) {
	c.t.Helper()
	a := c.want(413, member, do, contentType, body, "Accept", jsonType)
	if got := fmt.Sprint(a.json(c.t)["message"]); !strings.HasPrefix(got, text) {
		c.t.Errorf("%s: %s\nnot %s", do, got, text)
	}
}

// usage is what the caller's project has, in the order of glance.LimitedResources.
func (c *cloud) usage() string {
	c.t.Helper()
	var v struct {
		Usage map[string]glance.Usage `json:"usage"`
	}
	if err := json.Unmarshal([]byte(c.want(200, member, "GET /v2/info/usage", "", nil).body), &v); err != nil {
		c.t.Fatal(err)
	}
	all := []string{}
	for _, resource := range glance.LimitedResources() {
		all = append(all, fmt.Sprintf("%d/%d", v.Usage[resource].Usage, v.Usage[resource].Limit))
	}
	return strings.Join(all, " ")
}

// mebi are bits of so many MiB.
func mebi(n int) string { return strings.Repeat("x", n<<20) }

const twoHundred = 200

func TestTwoHundredImagesAtOnceAgainstALimitOfFiftyMakeFifty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := cloudOn(t, e.URL(t))
		limited(c, limits(1, 1, 50, 1))
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for range twoHundred {
			all.Go(func() {
				a := c.ask(member, "POST /v2/images", jsonType, `{"name": "one of many"}`)
				switch a.status {
				case http.StatusCreated:
					made.Add(1)
				case http.StatusRequestEntityTooLarge:
					refused.Add(1)
				default:
					t.Error(a.status, a.body)
				}
			})
		}
		all.Wait()
		if made.Load() != 50 || refused.Load() != 150 {
			t.Errorf("%d made, %d refused", made.Load(), refused.Load())
		}
		if got := c.usage(); got != "0/1 0/1 50/50 0/1" {
			t.Error(got)
		}
		c.refused("POST /v2/images", jsonType, `{}`, over("image_count_total", 50, 50, 1))
	})
}

func TestUsageIsEmptyWithoutLimits(t *testing.T) {
	c := newCloud(t)
	if got := c.want(200, member, "GET /v2/info/usage", "", nil).body; got != `{"usage":{}}` {
		t.Error(got)
	}
}

func TestALimitOfSizeHoldsOnceItIsPassed(t *testing.T) {
	c := newCloud(t)
	k := limited(c, limits(1, 0, 10, 1))
	c.upload(member, mebi(1))
	c.upload(member, mebi(2)) // the project had no more than it may
	id := c.image()
	c.refused("PUT /v2/images/"+id+"/file", bitsType, "x", over("image_size_total", 1, 3, 0))
	c.refused("POST /v2/images/"+id+"/import", jsonType, `{"method": {"name": "web-download", "uri": "http://example.org/"}}`, over("image_size_total", 1, 3, 0))
	if got := c.usage() + " " + c.status(member, id); got != "3/1 0/0 3/10 0/1 queued" {
		t.Error(got)
	}
	k.Set("acme", limits(-1, 0, 10, 1))
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "x")
	c.tidy(3)
}

func TestALimitOfUploadsHoldsWhileBitsArrive(t *testing.T) {
	c := newCloud(t)
	limited(c, limits(10, 10, 10, 1))
	staged, next := c.image(), c.image()
	c.want(204, member, "PUT /v2/images/"+staged+"/stage", bitsType, mebi(2))
	if got := c.usage(); got != "0/10 2/10 2/10 1/1" {
		t.Error(got)
	}
	text := over("image_count_uploading", 1, 2, 0)
	c.refused("PUT /v2/images/"+next+"/file", bitsType, "x", text)
	c.refused("PUT /v2/images/"+next+"/stage", bitsType, "x", text)
	c.imports(202, member, next, `{"method": {"name": "web-download", "uri": "http://example.org/"}}`)
	if i, task := c.ended(next); i["status"] != "queued" || task["status"] != "failure" || task["message"] != text {
		t.Errorf("%v %v", i, task)
	}
	c.want(204, member, "DELETE /v2/images/"+staged, "", nil)
	c.want(204, member, "PUT /v2/images/"+next+"/file", bitsType, "x")
	c.tidy(1)
}

func TestALimitOfStagingHoldsOnceItIsPassed(t *testing.T) {
	c := newCloud(t)
	limited(c, limits(10, 1, 10, 10))
	staged, next := c.image(), c.image()
	c.want(204, member, "PUT /v2/images/"+staged+"/stage", bitsType, mebi(2))
	c.refused("PUT /v2/images/"+next+"/stage", bitsType, "x", over("image_stage_total", 1, 2, 0))
	c.imports(202, member, next, `{"method": {"name": "web-download", "uri": "http://example.org/"}}`)
	if _, task := c.ended(next); task["message"] != over("image_stage_total", 1, 2, 0) {
		t.Error(task)
	}
	c.imports(202, member, staged, direct)
	if i, _ := c.ended(staged); i["status"] != "active" {
		t.Error(i)
	}
	if got := c.usage(); got != "2/10 0/1 2/10 0/10" {
		t.Error(got)
	}
}

func TestWhatIsStagedIsHeldAgainstTheLimitOfSize(t *testing.T) {
	c := newCloud(t)
	limited(c, limits(3, 10, 10, 10))
	c.upload(member, mebi(2))
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, mebi(2))
	c.imports(202, member, id, direct)
	if i, task := c.ended(id); i["status"] != "queued" || task["status"] != "failure" || task["message"] != over("image_size_total", 3, 2, 2) {
		t.Errorf("%v %v", i, task)
	}
	c.tidy(1)
}

func TestACopyIsCountedOnce(t *testing.T) {
	c := newCloud(t)
	k := limited(c, limits(10, 1, 10, 1))
	id := c.upload(member, mebi(2))
	const owner, body = "acme:admin", `{"method": {"name": "copy-image"}, "stores": ["second"]}`
	c.imports(202, owner, id, body)
	if i, task := c.ended(id); i["stores"] != "file" || i["status"] != "active" || task["message"] != over("image_stage_total", 1, 0, 2) {
		t.Errorf("%v %v", i, task)
	}
	k.Set("acme", limits(10, 2, 10, 1))
	c.imports(202, owner, id, body)
	if i, _ := c.ended(id); i["stores"] != "file,second" {
		t.Error(i)
	}
	if got := c.usage(); got != "4/10 0/2 1/10 0/1" {
		t.Error(got)
	}
}

func TestNothingIsAdmittedWhereKeystoneIsAway(t *testing.T) {
	c := newCloud(t)
	k := limited(c, limits(10, 10, 10, 10))
	id := c.image()
	k.Go(true)
	c.want(503, member, "POST /v2/images", jsonType, `{}`)
	c.want(503, member, "PUT /v2/images/"+id+"/file", bitsType, "x")
	c.want(503, member, "PUT /v2/images/"+id+"/stage", bitsType, "x")
	c.want(503, member, "GET /v2/info/usage", "", nil)
	c.want(200, member, "GET /v2/images/"+id, "", nil)
	k.Go(false)
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "x")
}

func TestWhatHasNoLimitMayNotBeHad(t *testing.T) {
	c := newCloud(t)
	limited(c, nil)
	c.refused("POST /v2/images", jsonType, `{}`, over("image_count_total", 0, 0, 1))
}

func TestAnotherProjectsImagesCountForIt(t *testing.T) {
	c := newCloud(t)
	k := limited(c, limits(10, 10, 1, 1))
	k.Set("q", limits(10, 10, 2, 1))
	c.image()
	c.create("q:member", `{}`)
	c.create("q:member", `{}`)
	c.want(413, "q:member", "POST /v2/images", jsonType, `{}`)
}

func TestAnUploadUnderWayCounts(t *testing.T) {
	c := newCloud(t, fetching)
	limited(c, limits(10, 10, 10, 1))
	begun, goOn := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-goOn
		fmt.Fprint(w, "hello")
	}))
	t.Cleanup(web.Close)
	id, next := c.image(), c.image()
	c.imports(202, member, id, `{"method": {"name": "web-download", "uri": "`+web.URL+`"}}`)
	<-begun
	c.refused("PUT /v2/images/"+next+"/file", bitsType, "x", over("image_count_uploading", 1, 2, 0))
	close(goOn)
	if i, _ := c.ended(id); i["status"] != "active" {
		t.Error(i)
	}
	c.want(204, member, "PUT /v2/images/"+next+"/file", bitsType, "x")
}
