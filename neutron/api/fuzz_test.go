package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// hostile sends what no client library would: the query and the body as they are.
func (c *cloud) hostile(t *testing.T, method, path, query, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/network"+path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("X-Auth-Token", "p")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		t.Errorf("%s %s?%s %s: %d %s", method, path, query, body, w.Code, w.Body)
	}
	return w
}

// furnished has a thing of each noun that is made without more.
func furnished(t testing.TB) (c *cloud, plurals []string) {
	c = newCloud(t)
	public, _ := c.external()
	c.routed("p", id(public))
	c.make("p", "security-groups", "security_group", `{"name":"g"}`)
	return c, []string{"networks", "subnets", "ports", "routers", "floatingips", "security-groups", "security-group-rules"}
}

// FuzzList holds that no query makes a list fail or give more than was asked for.
func FuzzList(f *testing.F) {
	for i, query := range []string{
		"name=x&limit=1", "sort_key=name&sort_dir=asc&sort_key=id&sort_dir=desc&limit=2&marker=x", "fields=id&fields=name", "fixed_ips=ip_address%3D10.0.0.1", "limit=-1",
		"page_reverse=True&limit=1&marker=" + url.QueryEscape("\x00"), "tags=a,b&not-tags-any=c", "shared=maybe", "ip_version=4&cidr=10.0.0.0/24", "admin_state_up=1&admin_state_up=x",
		"device_owner=network:router_interface", "mac_address=FA:16:3E:00:00:01", "id=%zz", "limit=99999999999999999999", "router:external=true", "fixed_ips=subnet_id=x", "created_at=x&changed_since=y", "=&&;",
	} {
		f.Add(uint8(i), query)
	}
	c, plurals := furnished(f)
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		w := c.hostile(t, http.MethodGet, "/v2.0/"+plurals[int(which)%len(plurals)], query, "")
		var body map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%q: %v in %s", query, err, w.Body)
		}
	})
}

// FuzzCreate holds that no body makes a create fail otherwise than by a refusal, and that a refused one makes nothing.
func FuzzCreate(f *testing.F) {
	c, plurals := furnished(f)
	network, subnet := id(c.do("p", "GET", "/v2.0/networks?name=private", "", 200)["networks"].([]any)[0].(map[string]any)), "10.9.0.0/24"
	for _, body := range []string{
		`{"network":{"name":"x","mtu":1400}}`, `{"networks":[{"name":"x"},{}]}`, `{"subnet":{"network_id":"` + network + `","ip_version":4,"cidr":"` + subnet + `"}}`,
		`{"subnet":{"network_id":"` + network + `","ip_version":6,"cidr":"fd00::/64","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"}}`,
		`{"subnet":{"network_id":"` + network + `","ip_version":4,"cidr":"0.0.0.0/0","gateway_ip":null,"allocation_pools":[{"start":"10.0.0.9","end":"10.0.0.3"}],"host_routes":[{"destination":"::/0","nexthop":"1.1.1.1"}]}}`,
		`{"port":{"network_id":"` + network + `","fixed_ips":[{"ip_address":"10.0.0.77"}],"mac_address":"fa:16:3e:00:00:77","allowed_address_pairs":[{"ip_address":"10.0.0.0/8"}],"extra_dhcp_opts":[{"opt_name":"mtu","opt_value":"1"}]}}`,
		`{"router":{"name":"x","external_gateway_info":{}}}`, `{"floatingip":{"floating_network_id":"` + network + `"}}`, `{"security_group":{"name":"x","description":null}}`,
		`{"security_group_rule":{"security_group_id":"x","direction":"ingress","protocol":"tcp","port_range_min":70000,"port_range_max":1e3,"remote_ip_prefix":"10.0.0.0/33"}}`,
		`{"port":{"network_id":{"a":[1]},"fixed_ips":"x","tags":[null]}}`, `{"subnet":null}`, `{"network":{"name":1e400}}`, `{"network":{"name":"\ud800","mtu":-1,"tenant_id":"q"}}`,
	} {
		for which := range plurals {
			if strings.HasPrefix(body, `{"`+strings.TrimSuffix(strings.ReplaceAll(plurals[which], "-", "_"), "s")) {
				f.Add(uint8(which), body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		path := "/v2.0/" + plurals[int(which)%len(plurals)]
		before := c.hostile(t, http.MethodGet, path, "fields=id", "").Body.String()
		w := c.hostile(t, http.MethodPost, path, "", body)
		if w.Code/100 != 2 {
			if after := c.hostile(t, http.MethodGet, path, "fields=id", "").Body.String(); after != before {
				t.Errorf("%s was refused by %d and changed %s to %s", body, w.Code, before, after)
			}
			return
		}
		var made map[string]map[string]any // what was made goes, so that the quota is not what refuses
		if json.Unmarshal(w.Body.Bytes(), &made) == nil {
			for _, noun := range made {
				c.hostile(t, http.MethodDelete, path+"/"+fmt.Sprint(noun["id"]), "", "")
			}
		}
	})
}

// FuzzValue holds that no JSON value makes the readers of addresses, prefixes, MACs, pools and routes panic, and that what they
// read they would read again as the same.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`"10.0.0.1"`, `"10.0.0.1/24"`, `"::ffff:1.2.3.4"`, `"fe80::1%eth0"`, `"0a:16:3E:00:00:01"`, `"0a-16-3e-00-00-01"`, `[{"start":"10.0.0.1","end":"::1"}]`, `"1.2.3.4/-1"`,
		`[{"destination":"10.0.0.0/8","nexthop":"10.0.0.1"}]`, `[{"ip_address":"10.0.0.1","subnet_id":"11111111-31e7-49b7-b260-868f441e862b"}]`, `null`, `["8.8.8.8"]`, `1e308`, `-0.5`, `[[]]`, `{"a":{}}`, `"٣"`,
		`[{"opt_name":"mtu","opt_value":"1","ip_version":6.0}]`, `[{"ip_address":"10.0.0.0/33","mac_address":null}]`, `"11111111-31e7-49b7-b260-868f441e862b"`, `"TRUE"`, `"0010.0.0.1"`,
	} {
		f.Add([]byte(seed))
	}
	kinds := map[string]kind{
		"address": address, "prefix": prefix, "mac": mac, "uuid": uuid, "uuids": uuids, "texts": texts, "fixed_ips": fixedIPs, "pairs": addressPairs, "options": dhcpOptions,
		"pools": pools, "routes": routes, "nameservers": nameservers, "object": object, "boolean": boolean, "integer": integer, "non-negative": nonNegative, "text": text(255),
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v any
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return
		}
		for name, k := range kinds {
			read, err := k.check(v)
			if err != nil {
				_ = err.Error()
				continue
			}
			switch read := read.(type) {
			case netip.Addr:
				if again, err := k.check(read.String()); err != nil || again != read || read.Zone() != "" || read.Is4In6() {
					t.Errorf("%s: %s reads %v, then %v %v", name, raw, read, again, err)
				}
			case netip.Prefix:
				if again, err := k.check(read.String()); err != nil || again != read || read != read.Masked() {
					t.Errorf("%s: %s reads %v, then %v %v", name, raw, read, again, err)
				}
			case string:
				if again, err := k.check(read); err != nil || again != read {
					t.Errorf("%s: %s reads %q, then %q %v", name, raw, read, again, err)
				}
			}
		}
	})
}
