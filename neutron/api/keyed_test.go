package api

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cumulet/oslo/db/dbtest"
)

// TestFiftyWithOneKeyMakeOne: and all hear of the same.
func TestFiftyWithOneKeyMakeOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := newCloudOn(t, e.URL(t))
		answers := make([]string, 50)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), "POST", c.url+"/v2.0/networks", strings.NewReader(`{"network":{"name":"once"}}`))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("X-Auth-Token", "alice")
				r.Header.Set("Idempotency-Key", "fifty")
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Error(err)
				}
				answers[i] = res.Status + " " + string(body)
			})
		}
		all.Wait()
		for _, a := range answers {
			if a != answers[0] || !strings.HasPrefix(a, "201 ") {
				t.Errorf("one hears %s, another %s", answers[0], a)
			}
		}
		if n := len(c.do("alice", "GET", "/v2.0/networks", "", 200)["networks"].([]any)); n != 1 {
			t.Errorf("there are %d", n)
		}
	})
}
