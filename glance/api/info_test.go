package api_test

import (
	"path/filepath"
	"testing"

	"cumulet/glance/store"
	"cumulet/glance/store/file"
)

// withStores gives a cloud a second store, and a third that is only read.
func withStores(t *testing.T) *cloud {
	t.Helper()
	c := newCloud(t)
	all := store.Set{{Store: c.store, Weight: 5}}
	for _, name := range []string{"cold", "old"} {
		s := &file.Store{StoreName: name, Dir: filepath.Join(t.TempDir(), name)}
		if err := s.Prepare(); err != nil {
			t.Fatal(err)
		}
		all = append(all, store.Backend{Store: s, Description: "the " + name + " one", ReadOnly: name == "old"})
	}
	c.api.Stores, c.transfer.Stores = all, all
	return c
}

func TestStoresAreTold(t *testing.T) {
	c := withStores(t)
	const want = `{"stores":[{"id":"file","default":"true"},{"id":"cold","description":"the cold one"},` +
		`{"id":"old","description":"the old one","read-only":"true"}]}`
	if got := c.want(200, member, "GET /v2/info/stores", "", nil).body; got != want {
		t.Error(got)
	}
	detail := c.want(200, admin, "GET /v2/info/stores/detail", "", nil).json(t)["stores"].([]any)
	for n, weight := range []float64{5, 0, 0} {
		one := detail[n].(map[string]any)
		if one["weight"] != weight || one["type"] != "file" || one["properties"] == nil {
			t.Errorf("%v", one)
		}
	}
}

func TestTheStoreIsChosenByHeader(t *testing.T) {
	c := withStores(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	c.want(410, member, "PUT /v2/images/"+id+"/file", bitsType, "x", "X-Image-Meta-Store", "old")
	if got := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t)["status"]; got != "queued" {
		t.Errorf("after a refusal the image is %v", got)
	}
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "x", "X-Image-Meta-Store", "cold")
	if got := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t)["stores"]; got != "cold" {
		t.Errorf("the image lies in %v", got)
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "x" {
		t.Errorf("%q came back", got)
	}
}
