package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/registry/client"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/idempotency"
)

// TestFiftyWithOneKeyMakeOneImage: the registry keeps for glance-api, over the bus. Those who wait for the first's answer are
// more than the registry has workers.
func TestFiftyWithOneKeyMakeOneImage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := cloudOn(t, e.URL(t))
		c.registry.Now = time.Now // the test's own clock leaps whenever it is read, and leases with it
		answers := make([]answer, 50)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = c.ask(member, "POST /v2/images", jsonType, `{"name": "once"}`, "Idempotency-Key", "fifty")
			})
		}
		all.Wait()
		for _, a := range answers {
			if a.status != 201 || a.body != answers[0].body {
				t.Errorf("one hears %s, another %d %s", answers[0].body, a.status, a.body)
			}
		}
		if names, _ := c.listed(member, "?name=once"); len(names) != 1 {
			t.Errorf("there are %v", names)
		}
	})
}

// TestRegistryChangesNothingForWhoLostTheKey: what glance-api sends late, when another has taken the request over, is refused.
func TestRegistryChangesNothingForWhoLostTheKey(t *testing.T) {
	c := newCloud(t)
	keeper := &client.Keeper{Registry: c.transfer.Registry}
	asked := idempotency.Request{ID: "id", Caller: "caller", Print: "print"}
	slow, _, err := keeper.Begin(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	c.clock.Add(120) // the lease is over
	if _, _, err := keeper.Begin(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	_, err = keeper.Registry.CreateImage(slow, glance.Caller{ProjectID: "acme"}, glance.Image{})
	if err == nil || !strings.Contains(err.Error(), idempotency.InUse) {
		t.Errorf("a late change is made: %v", err)
	}
}
