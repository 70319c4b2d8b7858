package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cumulet/oslo/db"
)

// hostile asks with a query and a body as they are; a failure of ours is an error.
func (c *cloud) hostile(t *testing.T, who, method, path, query, body, version string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/compute/v2.1"+path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("X-Auth-Token", who)
	r.Header["Openstack-Api-Version"] = []string{"compute " + version}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		t.Errorf("%s %s?%s %s at %s: %d %s", method, path, query, body, version, w.Code, w.Body)
	}
	return w
}

const oneServer = `{"server":{"name":"x","flavorRef":"1","imageRef":"` + imageID + `","networks":"none"}}`

// FuzzList holds that no query makes a list fail, for nobody and in no version.
func FuzzList(f *testing.F) {
	for i, query := range []string{
		"name=a.*&status=ACTIVE&limit=1", "name=(a{1000}){1000}", "sort_key=uuid&sort_dir=asc&marker=x", "changes-since=2026-01-02T03:04:05Z&changes-before=2026-01-01T00:00:00Z", "tags=a,b&not-tags=c",
		"all_tenants=1&deleted=true&locked=maybe", "ip=10.0.0.[0-9]+&ip6=%3A%3A", "power_state=99999999999&launch_index=-1", "sort_key=host", "limit=x", "flavor=http://h/1", "config_drive=x&created_at=%00",
		"minDisk=-1&minRam=99999999999999999999&is_public=None&sort_key=flavorid&marker=1", "user_id=alice&limit=0", "status=RESIZED&status=DELETED", "reservation_id=%ff&host=", "marker=\xff", "limit=1&offset=1",
	} {
		f.Add(uint8(i), uint8(i*7), i%2 == 0, query)
	}
	c := serve(f)
	f.Fuzz(func(t *testing.T, which, minor uint8, admin bool, query string) {
		path := []string{"/servers", "/servers/detail", "/flavors/detail", "/os-keypairs", "/os-hypervisors", "/os-server-groups", "/os-aggregates", "/os-services", "/limits", "/os-simple-tenant-usage"}[int(which)%10]
		who := "alice"
		if admin {
			who = "admin"
		}
		c.hostile(t, who, http.MethodGet, path, query, "", fmt.Sprintf("2.%d", 1+minor%93))
	})
}

// FuzzCreate holds that no body makes a create fail otherwise than by a refusal, and that a refused one leaves no server.
func FuzzCreate(f *testing.F) {
	for i, body := range []string{
		oneServer, `{"server":{"name":"x","flavorRef":1,"imageRef":"` + imageID + `","networks":[{"uuid":"` + networkID + `","fixed_ip":"10.0.0.256","tag":"a,b"}],"user_data":"!","min_count":3,"max_count":2}}`,
		`{"server":{"name":"x","flavorRef":"1","imageRef":"` + imageID + `","networks":"auto","metadata":{"a":"b","":""},"personality":[{"path":"x","contents":"eA=="}],"config_drive":"x","security_groups":[{"name":""}]}}`,
		`{"server":{"name":"x","flavorRef":"1","imageRef":"","block_device_mapping_v2":[{"boot_index":0,"uuid":"x","source_type":"volume","destination_type":"volume"}]},"os:scheduler_hints":{"group":"x","same_host":[1]}}`,
		`{"server":{"name":" ","flavorRef":"http://x/1","imageRef":"` + imageID + `","hostname":"-","availability_zone":"nova:h:n","accessIPv4":"::1","tags":["a","a"],"trusted_image_certificates":[]}}`,
		`{"keypair":{"name":"k","public_key":"ssh-rsa AAAA","type":"ssh"}}`, `{"keypair":{"name":"\u0000"}}`, `{"server_group":{"name":"g","policies":["affinity","x"]}}`, `{"server_group":{"name":"g","policy":"anti-affinity","rules":{"max_server_per_host":0}}}`,
		`{"server":{"name":"x","flavorRef":"1","imageRef":"` + imageID + `","networks":"none","user_data":"` + strings.Repeat("A", 65540) + `"}}`,
	} {
		f.Add(uint8(i), uint8(90), body)
		f.Add(uint8(0), uint8(36), body)
	}
	c := serve(f)
	f.Fuzz(func(t *testing.T, which, minor uint8, body string) {
		path, version := []string{"/servers", "/os-keypairs", "/os-server-groups"}[int(which)%3], fmt.Sprintf("2.%d", 1+minor%93)
		if path == "/os-keypairs" && !strings.Contains(body, "public_key") {
			return // a pair would be made, which takes its time
		}
		before := c.hostile(t, "alice", http.MethodGet, path, "", "", version).Body.String()
		w := c.hostile(t, "alice", http.MethodPost, path, "", body, version)
		if w.Code/100 == 2 {
			c.sweep(t)
			return
		}
		if after := c.hostile(t, "alice", http.MethodGet, path, "", "", version).Body.String(); after != before {
			t.Errorf("%s was refused by %d and changed %s to %s", body, w.Code, before, after)
		}
	})
}

// sweep forgets what was made, so that the quota is not what refuses.
func (c *cloud) sweep(t *testing.T) {
	t.Helper()
	err := c.db.DB.Tx(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"servers", "keypairs", "server_groups"} {
			if _, err := tx.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
