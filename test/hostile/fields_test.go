package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cumulet/test/cloud"
)

// template is a good body, whose fields are spoilt one by one. {words} are what the world knows.
type template struct{ who, method, path, body string }

func templates() []template {
	return []template{
		{"member", "POST", "/network/v2.0/networks", `{"network":{"name":"x","description":"x","admin_state_up":true,"mtu":1400,"port_security_enabled":true,"availability_zone_hints":[]}}`},
		{"member", "POST", "/network/v2.0/subnets", `{"subnet":{"network_id":"{network}","ip_version":4,"cidr":"10.5.0.0/24","name":"x","gateway_ip":"10.5.0.1","enable_dhcp":true,"dns_nameservers":["192.0.2.1"],"host_routes":[{"destination":"192.0.2.0/24","nexthop":"10.5.0.9"}],"allocation_pools":[{"start":"10.5.0.10","end":"10.5.0.20"}]}}`},
		{"member", "POST", "/network/v2.0/subnets", `{"subnet":{"network_id":"{network}","ip_version":6,"cidr":"fd00::/64","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"}}`},
		{"member", "POST", "/network/v2.0/ports", `{"port":{"network_id":"{network}","name":"x","admin_state_up":true,"device_id":"x","device_owner":"x","fixed_ips":[{"subnet_id":"{subnet}","ip_address":"10.0.0.77"}],"security_groups":["{group}"],"allowed_address_pairs":[{"ip_address":"192.0.2.0/24","mac_address":"fa:16:3e:00:00:01"}],"extra_dhcp_opts":[{"opt_name":"x","opt_value":"y","ip_version":4}],"binding:vnic_type":"normal"}}`},
		{"member", "POST", "/network/v2.0/routers", `{"router":{"name":"x","admin_state_up":true,"external_gateway_info":{"network_id":"{public}"}}}`},
		{"member", "POST", "/network/v2.0/floatingips", `{"floatingip":{"floating_network_id":"{public}","description":"x"}}`},
		{"member", "POST", "/network/v2.0/security-groups", `{"security_group":{"name":"x","description":"x","stateful":true}}`},
		{"member", "POST", "/network/v2.0/security-group-rules", `{"security_group_rule":{"security_group_id":"{group}","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":22,"port_range_max":23,"remote_ip_prefix":"192.0.2.0/24"}}`},
		{"admin", "PUT", "/network/v2.0/quotas/{project}", `{"quota":{"network":100}}`},
		{"member", "PUT", "/network/v2.0/networks/{network}", `{"network":{"name":"own"}}`},
		{"member", "PUT", "/network/v2.0/subnets/{subnet}", `{"subnet":{"name":"","dns_nameservers":[],"host_routes":[]}}`},
		{"member", "PUT", "/network/v2.0/networks/{network}/tags", `{"tags":[]}`},
		{"member", "POST", "/image/v2/images", `{"name":"x","disk_format":"raw","container_format":"bare","visibility":"private","min_disk":0,"min_ram":0,"protected":false,"tags":["x"],"property":"x"}`},
		{"member", "PATCH", "/image/v2/images/{image}", `[{"op":"replace","path":"/name","value":"x"}]`},
		{"member", "POST", "/image/v2/images/{image}/members", `{"member":"x"}`},
		{"member", "POST", "/compute/v2.1/servers", `{"server":{"name":"x","flavorRef":"42","imageRef":"{image}","networks":[{"uuid":"{network}","fixed_ip":"10.0.0.5"}],"metadata":{"a":"b"},"user_data":"eA==","config_drive":true,"key_name":"nokey","min_count":1,"max_count":1,"availability_zone":"nova","security_groups":[{"name":"default"}],"block_device_mapping_v2":[{"boot_index":0,"uuid":"{image}","source_type":"image","destination_type":"local"}],"tags":["x"],"description":"x","host":"x"},"os:scheduler_hints":{"group":"{image}"}}`},
		{"member", "POST", "/compute/v2.1/os-keypairs", `{"keypair":{"name":"x","type":"ssh","public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJr0v0p8m3p5c6eVZyXqX9yHn0vJm9S5m4i2n7Yh3r3C x","user_id":"{user}"}}`},
		{"member", "POST", "/compute/v2.1/os-server-groups", `{"server_group":{"name":"x","policy":"anti-affinity","rules":{"max_server_per_host":1}}}`},
		{"admin", "POST", "/compute/v2.1/flavors", `{"flavor":{"name":"x","id":"x9","ram":64,"vcpus":1,"disk":0,"OS-FLV-EXT-DATA:ephemeral":0,"swap":0,"rxtx_factor":1,"os-flavor-access:is_public":true,"description":"x"}}`},
		{"admin", "POST", "/compute/v2.1/flavors/42/os-extra_specs", `{"extra_specs":{"hw:none":"x","hw:cpu_policy":"shared"}}`},
		{"admin", "POST", "/compute/v2.1/os-aggregates", `{"aggregate":{"name":"x","availability_zone":"x"}}`},
		{"admin", "PUT", "/compute/v2.1/os-quota-sets/{project}", `{"quota_set":{"instances":10,"cores":20,"force":true}}`},
		{"admin", "POST", "/compute/v2.1/os-server-external-events", `{"events":[{"name":"network-vif-plugged","server_uuid":"{image}","tag":"x","status":"completed"}]}`},
		{"admin", "POST", "/identity/v3/projects", `{"project":{"name":"x","domain_id":"default","parent_id":"default","description":"x","enabled":true,"is_domain":false,"tags":["x"],"options":{},"extra":"x"}}`},
		{"admin", "POST", "/identity/v3/users", `{"user":{"name":"x","domain_id":"default","password":"x","email":"x","enabled":true,"default_project_id":"{project}","options":{"ignore_password_expiry":true}}}`},
		{"admin", "POST", "/identity/v3/groups", `{"group":{"name":"x","domain_id":"default","description":"x"}}`},
		{"admin", "POST", "/identity/v3/roles", `{"role":{"name":"x","description":"x","options":{"immutable":false}}}`},
		{"admin", "POST", "/identity/v3/domains", `{"domain":{"name":"x","enabled":false,"description":"x"}}`},
		{"admin", "POST", "/identity/v3/regions", `{"region":{"id":"x","description":"x","parent_region_id":"RegionOne"}}`},
		{"admin", "POST", "/identity/v3/services", `{"service":{"type":"x","name":"x","enabled":true}}`},
		{"admin", "POST", "/identity/v3/endpoints", `{"endpoint":{"interface":"public","url":"http://x","region_id":"RegionOne","service_id":"{image}","enabled":true}}`},
		{"member", "POST", "/identity/v3/users/{user}/application_credentials", `{"application_credential":{"name":"x","secret":"x","expires_at":"2099-01-01T00:00:00","roles":[{"name":"member"}],"unrestricted":false,"access_rules":[{"path":"/v2.1/servers","method":"GET","service":"compute"}]}}`},
		{"member", "POST", "/identity/v3/users/{user}/password", `{"user":{"password":"x","original_password":"wrong"}}`},
		{"nobody", "POST", "/identity/v3/auth/tokens", `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"x","domain":{"id":"default","name":"Default"},"id":"x","password":"x"}}},"scope":{"project":{"name":"x","id":"x","domain":{"id":"default"}},"domain":{"id":"x"},"system":{"all":true}}}}`},
		{"nobody", "POST", "/identity/v3/auth/tokens", `{"auth":{"identity":{"methods":["token","application_credential","totp"],"token":{"id":"x"},"application_credential":{"id":"x","secret":"x","name":"x","user":{"id":"x"}}}}}`},
		{"admin", "POST", "/placement/resource_providers", `{"name":"x","uuid":"8a3a4c1e-0000-4000-8000-000000000009","parent_provider_uuid":null}`},
		{"admin", "POST", "/placement/resource_classes", `{"name":"CUSTOM_X"}`},
		{"admin", "PUT", "/placement/allocations/8a3a4c1e-0000-4000-8000-000000000009", `{"allocations":{"8a3a4c1e-0000-4000-8000-000000000008":{"resources":{"VCPU":1}}},"project_id":"x","user_id":"x","consumer_generation":null,"consumer_type":"INSTANCE","mappings":{"":["8a3a4c1e-0000-4000-8000-000000000008"]}}`},
		{"admin", "POST", "/placement/allocations", `{"8a3a4c1e-0000-4000-8000-000000000009":{"allocations":{},"project_id":"x","user_id":"x","consumer_generation":null,"consumer_type":"INSTANCE"}}`},
		{"admin", "POST", "/placement/reshaper", `{"inventories":{"8a3a4c1e-0000-4000-8000-000000000009":{"inventories":{"VCPU":{"total":1}},"resource_provider_generation":0}},"allocations":{}}`},
	}
}

// spoilt are values that a field may not have, and some that it may.
func spoilt() []any {
	return []any{
		nil, true, 0, -1, 0.5, json.Number("1e308"), json.Number("9223372036854775808"), json.Number("-9223372036854775809"), json.Number("1e400"), "",
		" ", "0", "-1", "null", strings.Repeat("n", 256), strings.Repeat("n", 64<<10), strings.Repeat("日", 255), "a\u0000b", "\u202e\u0007🙂", "' OR 1=1--", "../../etc/passwd",
		"%s%n{0}", "8a3a4c1e-0000-4000-8000-000000000000", "::ffff:1.2.3.4", "0.0.0.0/0", "10.0.0.1/33", "fa:16:3e", []any{}, []any{nil}, []any{[]any{}}, []any{"x", "x"}, cloud.M{}, cloud.M{"a": nil}, cloud.M{"": ""},
	}
}

// fields spoils every field of every template with every value. What is accepted is deleted again.
func (w *world) fields(t *testing.T) {
	for _, tpl := range templates() {
		var good any
		if err := json.Unmarshal([]byte(w.fill(tpl.body)), &good); err != nil {
			t.Fatalf("%s: %v", tpl.body, err)
		}
		for _, place := range places(good, nil) {
			for _, value := range spoilt() {
				body, err := json.Marshal(with(good, place, value))
				if err != nil {
					t.Fatal(err)
				}
				w.try(t, tpl, fmt.Sprintf("%v = %.60q", place, fmt.Sprint(value)), body)
			}
			for _, broken := range []string{"\"\xff\xfe\"", `"\ud800"`} {
				body, err := json.Marshal(with(good, place, "HERE"))
				if err != nil {
					t.Fatal(err)
				}
				w.try(t, tpl, fmt.Sprintf("%v = %q", place, broken), []byte(strings.ReplaceAll(string(body), `"HERE"`, broken)))
			}
		}
	}
}

func (w *world) fill(text string) string {
	for name, value := range w.known {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

func (w *world) who(name string) *cloud.Client {
	return map[string]*cloud.Client{"admin": w.admin, "member": w.member, "nobody": w.nobody}[name]
}

func (w *world) try(t *testing.T, tpl template, what string, body []byte) {
	t.Helper()
	for _, version := range []string{"", "latest"} {
		header := http.Header{}
		for prefix, service := range map[string]string{"/compute": "compute", "/placement": "placement"} {
			if strings.HasPrefix(tpl.path, prefix) && version != "" {
				header.Set("OpenStack-API-Version", service+" "+version)
			}
		}
		if version != "" && len(header) == 0 {
			return
		}
		if tpl.method == http.MethodPatch {
			header.Set("Content-Type", "application/openstack-images-v2.1-json-patch")
		}
		a, err := w.who(tpl.who).Send(tpl.method, w.fill(tpl.path), header, body)
		sound(t, what, a, err)
		if a.Good() {
			w.undo(t, tpl, header, a)
		}
	}
}

// undo deletes what was made, or puts back what was changed.
func (w *world) undo(t *testing.T, tpl template, header http.Header, a cloud.Answer) {
	t.Helper()
	who := w.who(tpl.who)
	path := w.fill(tpl.path)
	if tpl.method != http.MethodPost {
		put := w.fill(tpl.body)
		if back, err := who.Send(tpl.method, path, header, []byte(put)); err != nil || !back.Good() && !strings.Contains(path, "allocations") {
			t.Errorf("put back: %s %v", back, err)
		}
		return
	}
	var body cloud.M
	_ = a.Decode(&body) // 204s and lists have none
	for _, id := range made(body, a.Header) {
		if gone, err := who.Send("DELETE", path+"/"+url.PathEscape(id), header, nil); err != nil || !gone.Good() {
			w.loosen(who, path+"/"+url.PathEscape(id))
			if again, err := who.Send("DELETE", path+"/"+url.PathEscape(id), header, nil); err != nil || !again.Good() {
				t.Errorf("delete what %s made: %s %v", a.Asked, again, err)
			}
		}
	}
}

// loosen takes from a thing what forbids to delete it, whichever of these it understands.
func (w *world) loosen(who *cloud.Client, at string) {
	for _, body := range []string{`{"domain":{"enabled":false}}`, `{"role":{"options":{"immutable":false}}}`, `[{"op":"replace","path":"/protected","value":false}]`} {
		header := http.Header{}
		if body[0] == '[' {
			header.Set("Content-Type", "application/openstack-images-v2.1-json-patch")
		}
		_, _ = who.Send("PATCH", at, header, []byte(body)) // whether it helped is seen by deleting
	}
}

// made are the ids that an answer names, as the several services do.
func made(body cloud.M, header http.Header) []string {
	if id, ok := body["id"].(string); ok {
		return []string{id}
	}
	if id, ok := body["uuid"].(string); ok {
		return []string{id}
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		switch inner := body[name].(type) {
		case cloud.M:
			if name == "keypair" {
				return []string{fmt.Sprint(inner["name"])}
			}
			if id, ok := inner["id"]; ok {
				return []string{idText(id)}
			}
			if name == "extra_specs" {
				return slices.Collect(maps.Keys(inner))
			}
		case []any: // neutron makes several at once
			var ids []string
			for _, item := range inner {
				if id := cloud.ID(item); id != "" {
					ids = append(ids, id)
				}
			}
			return ids
		}
	}
	if at := header.Get("Location"); at != "" {
		if u, err := url.Parse(at); err == nil {
			return []string{u.Path[strings.LastIndexByte(u.Path, '/')+1:]}
		}
	}
	return nil
}

// idText is an id as a path has it; those of aggregates are numbers.
func idText(id any) string {
	if n, ok := id.(float64); ok {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprint(id)
}

// places are the ways to every value within a value.
func places(v any, at []any) [][]any {
	var all [][]any
	switch v := v.(type) {
	case cloud.M:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			way := append(slices.Clone(at), name)
			all = append(append(all, way), places(v[name], way)...)
		}
	case []any:
		for i, item := range v {
			way := append(slices.Clone(at), i)
			all = append(append(all, way), places(item, way)...)
		}
	}
	return all
}

// with is a copy of a value with another at a place.
func with(v any, place []any, value any) any {
	if len(place) == 0 {
		return value
	}
	switch v := v.(type) {
	case cloud.M:
		c := maps.Clone(v)
		name := place[0].(string)
		c[name] = with(v[name], place[1:], value)
		return c
	case []any:
		c := slices.Clone(v)
		i := place[0].(int)
		c[i] = with(v[i], place[1:], value)
		return c
	}
	return value
}
