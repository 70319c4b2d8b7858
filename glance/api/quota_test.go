package api_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"cumulet/glance"
	"cumulet/oslo/db/dbtest"
)

// TestTwoHundredMembersAtOnceAgainstALimitOfFiftyMakeFifty of what one image carries.
func TestTwoHundredMembersAtOnceAgainstALimitOfFiftyMakeFifty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := cloudOn(t, e.URL(t), func(config *glance.Config) { config.MemberLimit = 50 })
		image := c.create("p:member", `{"name": "shared"}`)
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				a := c.ask("p:member", "POST /v2/images/"+image+"/members", "application/json", fmt.Sprintf(`{"member": "project-%d"}`, i))
				switch a.status {
				case 200:
					made.Add(1)
				case 413:
					refused.Add(1)
				default:
					t.Error(a.status)
				}
			})
		}
		all.Wait()
		if made.Load() != 50 || refused.Load() != 150 {
			t.Errorf("%d made, %d refused", made.Load(), refused.Load())
		}
	})
}
