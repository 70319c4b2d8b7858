package api_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cumulet/oslo/db/dbtest"
)

// TestTwoHundredAtOnceAgainstAQuotaOfFiftyMakeFifty: of what has a quota, on every database.
func TestTwoHundredAtOnceAgainstAQuotaOfFiftyMakeFifty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := serveOn(t, e.URL(t))
		status, body, _ := c.ask("admin", "2.57",
			`PUT /os-quota-sets/p {"quota_set": {"instances": 50, "cores": -1, "ram": -1, "server_groups": 50}}`)
		if status != 200 {
			t.Fatal(status, body)
		}
		for path, request := range map[string]string{
			"/servers":          `{"server": {"name": "s", "flavorRef": "1", "imageRef": "` + imageID + `", "networks": "none"}}`,
			"/os-server-groups": `{"server_group": {"name": "g", "policy": "affinity"}}`,
		} {
			var made, refused atomic.Int32
			var all sync.WaitGroup
			for range 200 {
				all.Go(func() {
					switch status, body, _ := c.ask("alice", "2.64", "POST "+path+" "+request); status {
					case 200, 202:
						made.Add(1)
					case 403:
						refused.Add(1)
					default:
						t.Error(path, status, body)
					}
				})
			}
			all.Wait()
			_, list, _ := c.ask("alice", "2.64", "GET "+path)
			if n := strings.Count(list, `"name":`); made.Load() != 50 || refused.Load() != 150 || n != 50 {
				t.Errorf("%s: %d made, %d refused, %d are there", path, made.Load(), refused.Load(), n)
			}
		}
	})
}
