package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cumulet/oslo/db/dbtest"
)

// TestTwoHundredAtOnceAgainstAQuotaOfFiftyMakeFifty: of everything that has a quota, on every database. A project's default
// security group and its rules count as well, as do the fixtures.
func TestTwoHundredAtOnceAgainstAQuotaOfFiftyMakeFifty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		c := newCloudOn(t, e.URL(t))
		public, _ := c.external()
		network := c.make("alice", "networks", "network", `{"name":"wide"}`)
		c.make("alice", "subnets", "subnet", fmt.Sprintf(`{"network_id":%q,"ip_version":4,"cidr":"10.0.0.0/16"}`, id(network)))
		c.do("admin", "PUT", "/v2.0/quotas/alice",
			`{"quota":{"network":50,"subnet":50,"port":50,"router":50,"floatingip":50,"security_group":50,"security_group_rule":-1}}`, 200)
		c.do("admin", "PUT", "/v2.0/quotas/bob", `{"quota":{"security_group_rule":50}}`, 200) // groups need rules: not alice's
		group := c.do("bob", "GET", "/v2.0/security-groups", "", 200)["security_groups"].([]any)[0].(map[string]any)
		for path, body := range map[string]string{
			"networks":             `{"network":{"name":"n"}}`,
			"subnets":              fmt.Sprintf(`{"subnet":{"network_id":%q,"ip_version":4,"cidr":"10.%%d.%%d.0/24"}}`, id(network)),
			"ports":                fmt.Sprintf(`{"port":{"network_id":%q}}`, id(network)),
			"routers":              `{"router":{"name":"r"}}`,
			"floatingips":          fmt.Sprintf(`{"floatingip":{"floating_network_id":%q}}`, id(public)),
			"security-groups":      `{"security_group":{"name":"g"}}`,
			"security-group-rules": fmt.Sprintf(`{"security_group_rule":{"security_group_id":%q,"direction":"ingress","protocol":"tcp","port_range_min":%%d,"port_range_max":%%d}}`, id(group)),
		} {
			who := "alice"
			if path == "security-group-rules" {
				who = "bob"
			}
			c.rush(who, path, func(i int) string {
				switch path {
				case "subnets":
					return fmt.Sprintf(body, 1+i/200, i)
				case "security-group-rules":
					return fmt.Sprintf(body, 1000+i, 1000+i)
				}
				return body
			})
		}
	})
}

// rush asks for 200 at once, of which as many must be made as fit into the quota.
func (c *cloud) rush(who, path string, body func(i int) string) {
	c.t.Helper()
	count := func() int {
		return len(c.do(who, "GET", "/v2.0/"+path+"?project_id="+who, "", 200)[strings.ReplaceAll(path, "-", "_")].([]any))
	}
	before := count()
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			r, err := http.NewRequestWithContext(c.t.Context(), "POST", c.url+"/v2.0/"+path, strings.NewReader(body(i)))
			if err != nil {
				c.t.Error(err)
				return
			}
			r.Header.Set("X-Auth-Token", who)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				c.t.Error(err)
				return
			}
			res.Body.Close()
			switch res.StatusCode {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				c.t.Errorf("%s: %s", path, res.Status)
			}
		})
	}
	all.Wait()
	if want := int32(50 - before); made.Load() != want || refused.Load() != 200-want || count() != 50 {
		c.t.Errorf("%s: %d were there, %d made, %d refused, %d are there", path, before, made.Load(), refused.Load(), count())
	}
}
