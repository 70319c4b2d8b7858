package api_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cumulet/glance"
	"cumulet/oslo/format/formattest"
)

func TestAnUploadThatBreaksOffLeavesAQueuedImageAndNothingElse(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	r, w := io.Pipe()
	q, err := http.NewRequestWithContext(t.Context(), "PUT", c.url+"/v2/images/"+id+"/file", r)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Auth-Token", member)
	q.Header.Set("Content-Type", bitsType)
	broken := make(chan error, 1)
	go func() {
		answer, err := http.DefaultTransport.RoundTrip(q)
		if err == nil {
			answer.Body.Close()
		}
		broken <- err
	}()
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	for c.status(member, id) != "saving" {
	}
	c.want(409, member, "PUT /v2/images/"+id+"/file", bitsType, "second")
	w.CloseWithError(errors.New("the client hangs up"))
	if err := <-broken; err == nil {
		t.Error("the client saw no error")
	}
	for c.status(member, id) != "queued" || c.keys() != 0 {
		if t.Context().Err() != nil {
			t.Fatal("never queued again")
		}
	}
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "again")
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "again" {
		t.Error(got)
	}
}

func TestOfTwoUploadsOneIsRefused(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	var all sync.WaitGroup
	statuses := make([]int, 8)
	for n := range statuses {
		all.Go(func() {
			statuses[n] = c.ask(member, "PUT /v2/images/"+id+"/file", bitsType, strings.Repeat("x", n+1)).status
		})
	}
	all.Wait()
	good := 0
	for _, s := range statuses {
		switch s {
		case 204:
			good++
		case 409:
		default:
			t.Errorf("status %d", s)
		}
	}
	if good != 1 || c.keys() != 1 {
		t.Errorf("%d uploads went through, %d keys", good, c.keys())
	}
}

func TestUploadNeedsFormats(t *testing.T) {
	c := newCloud(t)
	for body, text := range map[string]string{
		`{}`:                          "Properties disk_format, container_format must be set prior to saving data.",
		`{"disk_format":"raw"}`:       "Property container_format must be set prior to saving data.",
		`{"container_format":"bare"}`: "Property disk_format must be set prior to saving data.",
	} {
		id := c.create(member, body)
		got := c.want(400, member, "PUT /v2/images/"+id+"/file", bitsType, "x")
		if !strings.Contains(got.body, text) {
			t.Error(got.body)
		}
		if got := c.status(member, id); got != "queued" {
			t.Error(got)
		}
	}
}

func TestImagesBeyondTheCapAreRefused(t *testing.T) {
	c := newCloud(t, func(g *glance.Config) { g.SizeCapBytes = 1000 })
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	c.want(413, member, "PUT /v2/images/"+id+"/file", bitsType, strings.Repeat("x", 1001))
	// A chunked body does not announce its size.
	c.want(413, member, "PUT /v2/images/"+id+"/file", bitsType, io.MultiReader(strings.NewReader(strings.Repeat("x", 1001))))
	if got := c.status(member, id); got != "queued" || c.keys() != 0 {
		t.Errorf("%s, %d keys", got, c.keys())
	}
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, strings.Repeat("x", 1000))
}

func TestAFullStoreRefusesAndIsCleanedUp(t *testing.T) {
	c := newCloud(t)
	c.store.Free = func(string) (int64, error) { return 10, nil }
	c.store.Reserve = 100
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	got := c.want(413, member, "PUT /v2/images/"+id+"/file", bitsType, "bits")
	if !strings.Contains(got.body, "Image storage media is full") {
		t.Error(got.body)
	}
	if got := c.status(member, id); got != "queued" || c.keys() != 0 {
		t.Errorf("%s, %d keys", got, c.keys())
	}
}

func TestHostileImagesAreRefusedAndLeaveNothing(t *testing.T) {
	c := newCloud(t, func(g *glance.Config) { g.StrictFormat = true })
	for _, image := range formattest.Hostile() {
		id := c.create(member, `{"disk_format":"`+string(image.Declared)+`","container_format":"bare"}`)
		got := c.ask(member, "PUT /v2/images/"+id+"/file", bitsType, bytes.NewReader(image.Bits))
		if got.status != 415 || !strings.Contains(got.body, image.Fault) {
			t.Errorf("%s: %d %s, not %q", image.Name, got.status, got.body, image.Fault)
		}
		if status := c.status(member, id); status != "queued" || c.keys() != 0 {
			t.Errorf("after %s the image is %s, with %d keys in the store", image.Name, status, c.keys())
		}
	}
}

func TestSoundImagesHaveTheSizeInTheirHeader(t *testing.T) {
	c := newCloud(t)
	for _, image := range formattest.Sound() {
		id := c.create(member, `{"disk_format":"`+string(image.Declared)+`","container_format":"bare"}`)
		got := c.ask(member, "PUT /v2/images/"+id+"/file", bitsType, bytes.NewReader(image.Bits))
		if got.status != 204 {
			t.Errorf("%s: %d %s", image.Name, got.status, got.body)
			continue
		}
		shown := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t)
		if shown["virtual_size"] != float64(image.Size) || shown["size"] != float64(len(image.Bits)) {
			t.Errorf("%s: virtual_size %v, size %v", image.Name, shown["virtual_size"], shown["size"])
		}
	}
}

func TestUnknownBitsAreTakenUnlessStrict(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"qcow2","container_format":"bare"}`)
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "anything at all")
	if shown := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t); shown["virtual_size"] != nil {
		t.Errorf("its virtual size is %v", shown["virtual_size"])
	}
}

func TestBitsGoToTheStoreAskedFor(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	c.want(400, member, "PUT /v2/images/"+id+"/file", bitsType, "x", "X-Image-Meta-Store", "nowhere")
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "x", "X-Image-Meta-Store", "file")
}

func TestLostBitsAreNoContent(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "bits")
	for key, err := range c.store.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if err := c.store.Delete(t.Context(), key.Name); err != nil {
			t.Fatal(err)
		}
	}
	c.want(204, member, "GET /v2/images/"+id+"/file", "", nil)
}

func TestAnUploadWhoseImageIsDeletedIsGone(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() { done <- c.ask(member, "PUT /v2/images/"+id+"/file", bitsType, io.Reader(r)).status }()
	if _, err := w.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for c.status(member, id) != "saving" {
	}
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	w.Close()
	if got := <-done; got != 410 {
		t.Errorf("status %d", got)
	}
	if n := c.keys(); n != 0 {
		t.Errorf("%d keys left", n)
	}
}
