package api_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/cache"
	"cumulet/glance/store"
)

// counted is a store far away: it tells how often it was asked.
type counted struct {
	store.Store
	opens atomic.Int64
}

func (s *counted) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	s.opens.Add(1)
	return s.Store.Open(ctx, key, offset, length)
}

// withCache gives a cloud a cache, and a default store that is worth it.
func withCache(t *testing.T) (*cloud, *counted) {
	t.Helper()
	c := newCloud(t)
	far := &counted{Store: c.store}
	c.api.Stores = store.Set{{Store: far, Cached: true}, {Store: c.second}}
	c.transfer.Stores = c.api.Stores
	c.transfer.Cache = &cache.Cache{
		Dir: t.TempDir(), MaxSize: 1 << 20, StallTime: time.Hour, Fetch: c.transfer.Open, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Image: func(ctx context.Context, id string) (glance.Image, error) {
			return c.transfer.Registry.Image(ctx, glance.Caller{Admin: true}, id)
		},
	}
	if err := c.transfer.Cache.Prepare(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.transfer.Cache.Close() })
	return c, far
}

// cached are the ids of the images that the cache holds and is to hold.
func (c *cloud) cached() (whole, queued []string) {
	c.t.Helper()
	state := c.want(200, admin, "GET /v2/cache", "", nil).json(c.t)
	for _, one := range state["cached_images"].([]any) {
		whole = append(whole, one.(map[string]any)["image_id"].(string))
	}
	for _, one := range state["queued_images"].([]any) {
		queued = append(queued, one.(string))
	}
	return whole, queued
}

// awaitCached waits until the cache holds an image.
func (c *cloud) awaitCached(id string) {
	c.t.Helper()
	for {
		if whole, _ := c.cached(); slices.Contains(whole, id) {
			return
		}
		if c.t.Context().Err() != nil {
			c.t.Fatal("it is never cached")
		}
	}
}

func TestDownloadsOfOneImageCostTheStoreOneFetch(t *testing.T) {
	c, far := withCache(t)
	bits := strings.Repeat("0123456789", 50_000)
	id := c.upload(member, bits)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := c.ask(member, "GET /v2/images/"+id+"/file", "", nil); got.status != 200 || got.body != bits || got.header.Get("Content-MD5") == "" {
				t.Errorf("%d, %d bytes", got.status, len(got.body))
			}
			if got := c.ask(member, "GET /v2/images/"+id+"/file", "", nil, "Range", "bytes=123-456").body; got != bits[123:457] {
				t.Errorf("of a range came %d bytes", len(got))
			}
		})
	}
	all.Wait()
	c.awaitCached(id)
	if got := c.want(206, member, "GET /v2/images/"+id+"/file", "", nil, "Range", "bytes=-10").body; got != "0123456789" {
		t.Errorf("the end is %q", got)
	}
	if n := far.opens.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
	one := c.want(200, admin, "GET /v2/cache", "", nil).json(t)["cached_images"].([]any)[0].(map[string]any)
	if one["size"] != float64(len(bits)) || one["hits"].(float64) < 1 || one["last_accessed"].(float64) < one["last_modified"].(float64) || len(one) != 5 {
		t.Errorf("%v", one)
	}
	c.want(404, "rival:member", "GET /v2/images/"+id+"/file", "", nil)
}

func TestWhatIsDeletedOrDeactivatedLeavesTheCache(t *testing.T) {
	c, far := withCache(t)
	deleted, withheld := c.upload(member, "one"), c.upload(member, "two")
	for _, id := range []string{deleted, withheld} {
		c.want(200, member, "GET /v2/images/"+id+"/file", "", nil)
		c.awaitCached(id)
	}
	c.want(204, member, "DELETE /v2/images/"+deleted, "", nil)
	c.want(404, member, "GET /v2/images/"+deleted+"/file", "", nil)
	c.want(204, member, "POST /v2/images/"+withheld+"/actions/deactivate", "", nil)
	c.want(403, member, "GET /v2/images/"+withheld+"/file", "", nil)
	if got := c.want(200, admin, "GET /v2/images/"+withheld+"/file", "", nil).body; got != "two" || far.opens.Load() != 3 {
		t.Errorf("%q after %d fetches", got, far.opens.Load())
	}
	if whole, _ := c.cached(); len(whole) > 0 {
		t.Errorf("still cached: %v", whole)
	}
}

func TestStoresNearbyAreReadWithoutTheCache(t *testing.T) {
	c, _ := withCache(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "near", "X-Image-Meta-Store", "second")
	c.want(200, member, "GET /v2/images/"+id+"/file", "", nil)
	if c.transfer.Cache.Has(id) {
		t.Error("it is cached")
	}
}

func TestBitsThatTheStoreLostAreNoContent(t *testing.T) {
	c, far := withCache(t)
	id := c.upload(member, "lost")
	for key := range c.store.Keys(t.Context()) {
		if err := c.store.Delete(t.Context(), key.Name); err != nil {
			t.Fatal(err)
		}
	}
	c.want(204, member, "GET /v2/images/"+id+"/file", "", nil)
	if far.opens.Load() == 0 {
		t.Error("nobody asked the store")
	}
}

func TestAdministratorsManageTheCache(t *testing.T) {
	c, _ := withCache(t)
	one, two := c.upload(member, "one"), c.upload(member, "two")
	for _, id := range []string{one, two} {
		c.want(202, admin, "PUT /v2/cache/"+id, "", nil)
	}
	if _, queued := c.cached(); !slices.Equal(queued, []string{one, two}) {
		t.Errorf("queued are %v", queued)
	}
	c.want(204, admin, "DELETE /v2/cache/"+two, "", nil)
	if err := c.transfer.Cache.Prefetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.awaitCached(one)
	c.want(202, admin, "PUT /v2/cache/"+two, "", nil)
	c.want(204, admin, "DELETE /v2/cache", "", nil, "X-Image-Cache-Clear-Target", "queue")
	if whole, queued := c.cached(); len(whole) != 1 || len(queued) != 0 {
		t.Errorf("there are %v %v", whole, queued)
	}
	c.want(202, admin, "PUT /v2/cache/"+two, "", nil)
	c.want(204, admin, "DELETE /v2/cache", "", nil, "X-Image-Cache-Clear-Target", "Cache")
	if whole, queued := c.cached(); len(whole) != 0 || len(queued) != 1 {
		t.Errorf("there are %v %v", whole, queued)
	}
	c.want(204, admin, "DELETE /v2/cache", "", nil)
	if whole, queued := c.cached(); len(whole)+len(queued) != 0 {
		t.Errorf("there are %v %v", whole, queued)
	}
}

func TestTheCacheRefuses(t *testing.T) {
	c, _ := withCache(t)
	id, queued := c.upload(member, "bits"), c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	const absent = "/v2/cache/1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11"
	for _, one := range []struct {
		status    int
		token, do string
		header    string
	}{
		{403, member, "GET /v2/cache", ""}, {403, member, "DELETE /v2/cache", ""},
		{403, member, "PUT /v2/cache/" + id, ""}, {403, member, "DELETE /v2/cache/" + id, ""},
		{404, "rival:member", "PUT /v2/cache/" + id, ""}, {404, "rival:member", "DELETE /v2/cache/" + id, ""},
		{404, admin, "PUT " + absent, ""}, {404, admin, "DELETE " + absent, ""},
		{400, admin, "PUT /v2/cache/" + queued, ""}, {400, admin, "DELETE /v2/cache", "all"},
		{204, admin, "DELETE /v2/cache/" + id, ""}, // it is an image, though not cached
	} {
		c.want(one.status, one.token, one.do, "", nil, "X-Image-Cache-Clear-Target", one.header)
	}
}

func TestWithoutACacheThereIsNoneToManage(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "bits")
	for _, do := range []string{"GET /v2/cache", "DELETE /v2/cache", "PUT /v2/cache/" + id, "DELETE /v2/cache/" + id} {
		c.want(404, admin, do, "", nil)
		c.want(403, member, do, "", nil)
	}
}

func TestVersionsOfTheCacheAreToldWithIt(t *testing.T) {
	c, _ := withCache(t)
	var told []string
	for _, one := range c.want(200, member, "GET /versions", "", nil).json(t)["versions"].([]any) {
		v := one.(map[string]any)
		told = append(told, v["id"].(string)+" "+v["status"].(string))
	}
	want := []string{"v2.16 CURRENT", "v2.15 SUPPORTED", "v2.14 SUPPORTED", "v2.13 SUPPORTED"}
	if len(told) != 17 || !slices.Equal(told[:4], want) {
		t.Errorf("told are %v", told)
	}
}
