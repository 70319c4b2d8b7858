package api_test

import (
	"strings"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/store"
)

// both makes an image whose bits lie in both stores.
func (c *cloud) both() string {
	c.t.Helper()
	id := c.upload(member, "hello")
	c.imports(202, admin, id, `{"method": {"name": "copy-image"}, "stores": ["second"]}`)
	if i, _ := c.ended(id); i["stores"] != "file,second" {
		c.t.Fatalf("%v", i)
	}
	return id
}

func TestBitsAreDeletedFromOneStore(t *testing.T) {
	c := newCloud(t)
	id := c.both()
	for _, one := range []struct {
		status         int
		who, store, id string
		text           string
	}{
		{409, admin, "nowhere", id, "The selected store nowhere is not available on this node."},
		{404, admin, "file", "00000000-0000-4000-8000-000000000000", "Failed to find image 00000000-0000-4000-8000-000000000000"},
		{403, member, "file", id, "delete_image_location"},
		{404, other, "file", id, ""},
	} {
		if a := c.want(one.status, one.who, "DELETE /v2/stores/"+one.store+"/"+one.id, "", nil); !strings.Contains(a.body, one.text) {
			t.Errorf("%v: %s", one, a.body)
		}
	}
	c.want(204, admin, "DELETE /v2/stores/file/"+id, "", nil)
	if c.keys() != 0 {
		t.Error("the bits are still there")
	}
	if got := c.want(200, member, "GET /v2/images/"+id+"/file", "", nil).body; got != "hello" {
		t.Error(got)
	}
	if a := c.want(403, admin, "DELETE /v2/stores/second/"+id, "", nil); !strings.Contains(a.body, "the only store containing it") {
		t.Error(a.body)
	}
	c.tidy(1)
}

func TestBitsAreDeletedOnlyFromAStoreThatHasThem(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"disk_format":"raw","container_format":"bare"}`)
	if a := c.want(409, admin, "DELETE /v2/stores/file/"+id, "", nil); !strings.Contains(a.body, "if image status is not 'active'") {
		t.Error(a.body)
	}
	id = c.both()
	third := &renamed{Store: c.second}
	c.api.Stores = append(c.api.Stores, store.Backend{Store: third})
	if a := c.want(404, admin, "DELETE /v2/stores/third/"+id, "", nil); !strings.Contains(a.body, "is not stored in store third.") {
		t.Error(a.body)
	}
}

// renamed is a store by another name.
type renamed struct{ store.Store }

func (*renamed) Name() string { return "third" }

func TestWhatAStoreDoesNotDeleteIsLeftToTheScrubber(t *testing.T) {
	c := newCloud(t)
	id := c.both()
	all := c.transfer.Stores
	c.transfer.Stores = all[1:] // the first is away
	c.want(204, admin, "DELETE /v2/stores/file/"+id, "", nil)
	if i := c.want(200, member, "GET /v2/images/"+id, "", nil).json(t); i["stores"] != "second" || i["status"] != "active" {
		t.Errorf("%v", i)
	}
	c.transfer.Stores = all
	if c.keys() != 1 {
		t.Error("nobody could have deleted the bits")
	}
	c.tidy(1)
}

func TestAnImportKeepsTheBitsOfItsImage(t *testing.T) {
	c := newCloud(t)
	id := c.both()
	i, err := c.registry.DB.Image(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	i.Properties[glance.ImportTaskID] = "1"
	c.write(i)
	c.want(409, admin, "DELETE /v2/stores/file/"+id, "", nil)
}

func later(config *glance.Config) { config.DelayedDelete, config.ScrubTime = true, time.Hour }

func TestDeletedBitsAreKeptWhereThatIsWanted(t *testing.T) {
	c := newCloud(t, later)
	id := c.upload(member, "hello")
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	for _, who := range []string{member, admin} { // nobody sees it any more
		c.want(404, who, "GET /v2/images/"+id, "", nil)
		c.want(404, who, "GET /v2/images/"+id+"/file", "", nil)
		c.want(404, who, "DELETE /v2/images/"+id, "", nil)
		c.want(404, who, "POST /v2/images/"+id+"/actions/reactivate", "", nil)
		for _, query := range []string{"", "?status=pending_delete", "?deleted=true"} {
			if got := c.want(200, who, "GET /v2/images"+query, "", nil).json(t)["images"].([]any); len(got) != 0 {
				t.Errorf("%s of %s: %v", query, who, got)
			}
		}
	}
	c.want(409, member, "POST /v2/images", jsonType, `{"id":"`+id+`"}`)
	if got := c.row(id); got != glance.PendingDelete {
		t.Error(got)
	}
	c.tidy(1)
	c.clock.Add(3600)
	c.tidy(0)
	if got := c.row(id); got != glance.Deleted {
		t.Error(got)
	}
}

func TestBitsDeletedFromOneStoreAreKeptWhereThatIsWanted(t *testing.T) {
	c := newCloud(t, later)
	id := c.both()
	c.want(204, admin, "DELETE /v2/stores/file/"+id, "", nil)
	c.tidy(2)
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	c.tidy(2)
	c.clock.Add(3600)
	c.tidy(0)
	if got := c.row(id); got != glance.Deleted {
		t.Error(got)
	}
}

func TestWhatHasNoBitsIsDeletedAtOnce(t *testing.T) {
	c := newCloud(t, later)
	id := c.image()
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	c.want(204, member, "DELETE /v2/images/"+id, "", nil)
	if got := c.row(id); got != glance.Deleted {
		t.Error(got)
	}
	c.tidy(0)
}
