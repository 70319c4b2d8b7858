package api_test

import (
	"strings"
	"testing"
)

func TestFlavors(t *testing.T) {
	c := start(t)
	c.talk(
		exchange{"", "GET /flavors", "2.1", 200, `"name":"nano"`}, exchange{"", "GET /flavors/detail", "2.1", 200, `"swap":""`},
		exchange{"", "GET /flavors/detail", "2.75", 200, `"swap":0`}, exchange{"", "GET /flavors/1", "2.61", 200, `"extra_specs":{"hw:x":"y"}`},
		exchange{"", "GET /flavors/1", "2.54", 200, `"rxtx_factor":1`}, exchange{"", "GET /flavors/99", "", 404, "Flavor 99 could not be found."},
		exchange{"", "GET /flavors?limit=1", "", 200, `"flavors_links":[{"href":"` + c.url + `/compute/v2.1/flavors?limit=1&marker=1"`},
		exchange{"", "GET /flavors?marker=1", "", 200, "micro"}, exchange{"", "GET /flavors?minRam=200", "", 200, `{"flavors":[{"description":null,"id":"2"`},
		exchange{"", "GET /flavors?minDisk=x", "", 400, "Invalid minDisk filter [x]"}, exchange{"", "GET /flavors?sort_key=x", "", 400, "sort_key"},
		exchange{"", `POST /flavors {"flavor": {"name": "f", "ram": 1, "vcpus": 1, "disk": 1}}`, "", 403, "os-flavor-manage:create"},
		exchange{"admin", `POST /flavors {"flavor": {"name": "f", "ram": "64", "vcpus": 1, "disk": 0, "id": 7, "os-flavor-access:is_public": false}}`, "", 200, `"id":"7"`},
		exchange{"admin", `POST /flavors {"flavor": {"name": "f", "ram": 0, "vcpus": 1, "disk": 0}}`, "", 400, "less than the minimum"},
		exchange{"", "GET /flavors/7", "", 404, ""}, exchange{"admin", "GET /flavors?is_public=false", "", 200, `"id":"7"`},
		exchange{"admin", `POST /flavors/7/action {"addTenantAccess": {"tenant": "p"}}`, "", 200, `"tenant_id":"p"`},
		exchange{"", "GET /flavors/7", "", 200, `"name":"f"`}, exchange{"admin", "GET /flavors/7/os-flavor-access", "", 200, `"flavor_id":"7"`},
		exchange{"admin", `PUT /flavors/7 {"flavor": {"description": "d"}}`, "", 200, `"description":"d"`},
		exchange{"admin", `POST /flavors/7/os-extra_specs {"extra_specs": {"a": 1}}`, "", 200, `{"extra_specs":{"a":"1"}}`},
		exchange{"", "GET /flavors/7/os-extra_specs/a", "", 200, `{"a":"1"}`}, exchange{"", "GET /flavors/7/os-extra_specs/b", "", 404, ""},
		exchange{"admin", "DELETE /flavors/7/os-extra_specs/a", "", 200, ""}, exchange{"admin", "DELETE /flavors/7", "", 202, ""},
	)
}

func TestKeypairs(t *testing.T) {
	c := start(t)
	c.talk(
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k"}}`, "2.1", 200, `"private_key":"-----BEGIN`},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k"}}`, "2.2", 409, "already exists"},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k2"}}`, "2.2", 201, `"type":"ssh"`},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k3"}}`, "2.92", 400, "'public_key' is a required property"},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k/3"}}`, "2.2", 400, "Only expected characters"},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k3", "public_key": "ssh-rsa nonsense"}}`, "2.2", 400, "invalid"},
		exchange{"", `POST /os-keypairs {"keypair": {"name": "k3", "public_key": ""}}`, "2.2", 400, "invalid"},
		exchange{"", "GET /os-keypairs/k", "2.1", 200, `"deleted":false`}, exchange{"", "GET /os-keypairs", "2.1", 200, `"keypair":{"fingerprint"`},
		exchange{"", "GET /os-keypairs?limit=1", "2.35", 200, `"keypairs_links"`}, exchange{"bob", "GET /os-keypairs/k", "", 404, "k"},
		exchange{"bob", "GET /os-keypairs?user_id=alice", "2.10", 403, ""}, exchange{"admin", "GET /os-keypairs?user_id=alice", "2.10", 200, "k2"},
		exchange{"", "DELETE /os-keypairs/k", "2.1", 202, ""}, exchange{"", "DELETE /os-keypairs/k2", "2.2", 204, ""},
		exchange{"", "DELETE /os-keypairs/k2", "2.2", 404, ""},
	)
}

func TestQuotasAndLimits(t *testing.T) {
	c := start(t)
	c.boot("one")
	c.talk(
		exchange{"", "GET /limits", "2.1", 200, `"maxImageMeta":128`}, exchange{"", "GET /limits", "2.57", 200, `"totalInstancesUsed":1`},
		exchange{"", "GET /limits?tenant_id=q", "", 403, "other_project"},
		exchange{"", "GET /os-quota-sets/p", "2.35", 200, `"floating_ips":-1`}, exchange{"", "GET /os-quota-sets/q", "", 403, ""},
		exchange{"", "GET /os-quota-sets/p/detail", "", 200, `"instances":{"in_use":1,"limit":10,"reserved":0}`},
		exchange{"", "GET /os-quota-sets/p/defaults", "", 200, `"cores":20`},
		exchange{"", `PUT /os-quota-sets/p {"quota_set": {"cores": 30}}`, "", 403, ""},
		exchange{"admin", `PUT /os-quota-sets/p {"quota_set": {"cores": "30"}}`, "", 200, `"cores":30`},
		exchange{"admin", `PUT /os-quota-sets/p {"quota_set": {"instances": 0}}`, "", 400, ""},
		exchange{"admin", `PUT /os-quota-sets/p {"quota_set": {"nonsense": 0}}`, "", 400, "unexpected"},
		exchange{"admin", "GET /os-quota-sets/nowhere", "", 400, "Project ID nowhere is not a valid project."},
		exchange{"admin", `PUT /os-quota-sets/nowhere {"quota_set": {"cores": 30}}`, "", 400, "nowhere"},
		exchange{"admin", "DELETE /os-quota-sets/nowhere", "", 202, ""},
		exchange{"admin", "DELETE /os-quota-sets/p", "", 202, ""}, exchange{"", "GET /os-quota-sets/p", "", 200, `"cores":20`},
		exchange{"admin", "GET /os-quota-class-sets/default", "2.49", 200, `"instances":10`},
		exchange{"admin", `PUT /os-quota-class-sets/default {"quota_class_set": {"cores": 21}}`, "", 200, `"cores":21`},
	)
	if _, body, _ := c.ask("alice", "2.57", "GET /limits"); strings.Contains(body, "maxPersonality") || strings.Contains(body, "maxImageMeta") {
		t.Errorf("2.57 shows limits that went: %s", body)
	}
}

func TestHostsAndServices(t *testing.T) {
	c := start(t)
	c.boot("one")
	c.talk(
		exchange{"", "GET /os-availability-zone", "", 200, `"zoneName":"nova"`}, exchange{"", "GET /os-availability-zone/detail", "", 403, ""},
		exchange{"admin", "GET /os-availability-zone/detail", "", 200, `"nova-compute":{`},
		exchange{"", "GET /os-services", "", 403, ""}, exchange{"admin", "GET /os-services?binary=nova-compute", "2.53", 200, `"state":"up"`},
		exchange{"admin", `PUT /os-services/disable-log-reason {"host": "host1", "binary": "nova-compute", "disabled_reason": "r"}`, "2.52", 200, `"status":"disabled"`},
		exchange{"admin", `PUT /os-services/enable {"host": "host1", "binary": "nova-compute"}`, "2.1", 200, `"status":"enabled"`},
		exchange{"admin", `PUT /os-services/enable {"host": "host1", "binary": "nova-scheduler"}`, "2.1", 400, "Only nova-compute"},
		exchange{"admin", `PUT /os-services/nonsense {"host": "host1", "binary": "nova-compute"}`, "2.1", 404, "Unknown action"},
		exchange{"admin", `PUT /os-services/x {"status": "enabled"}`, "2.53", 400, "Invalid uuid x"},
		exchange{"", "GET /os-hypervisors", "", 403, ""}, exchange{"admin", "GET /os-hypervisors/detail", "2.1", 200, `"cpu_info":"{`},
		exchange{"admin", "GET /os-hypervisors/detail", "2.28", 200, `"cpu_info":{"arch":"x86_64"`}, exchange{"admin", "GET /os-hypervisors/detail", "2.88", 200, `"uptime":`},
		exchange{"admin", "GET /os-hypervisors?with_servers=true", "2.75", 200, `"servers":[{"name":"one"`},
		exchange{"admin", "GET /os-hypervisors?hypervisor_hostname_pattern=none", "", 404, "No hypervisor matching 'none'"},
		exchange{"admin", "GET /os-hypervisors/1", "2.52", 200, `"id":1`}, exchange{"admin", "GET /os-hypervisors/1", "2.53", 400, "Invalid uuid 1"},
		exchange{"admin", "GET /os-hypervisors/statistics", "2.87", 200, `"count":1`}, exchange{"admin", "GET /os-hypervisors/host/search", "2.1", 200, "host1.test"},
		exchange{"admin", "GET /os-hypervisors/" + absentID, "", 404, "could not be found"},
	)
}

func TestAggregatesAndGroups(t *testing.T) {
	c := start(t)
	c.talk(
		exchange{"", "GET /os-aggregates", "", 403, ""},
		exchange{"admin", `POST /os-aggregates {"aggregate": {"name": "a", "availability_zone": "west"}}`, "2.41", 200, `"availability_zone":"west"`},
		exchange{"admin", `POST /os-aggregates {"aggregate": {"name": "a", "availability_zone": "we:st"}}`, "", 400, ""},
		exchange{"admin", `POST /os-aggregates/1/action {"add_host": {"host": "host1"}}`, "", 200, `"hosts":["host1"]`},
		exchange{"admin", `POST /os-aggregates/1/action {"add_host": {"host": "nowhere"}}`, "", 404, ""},
		exchange{"admin", `POST /os-aggregates/1/action {"set_metadata": {"metadata": {"ssd": "true"}}}`, "", 200, `"ssd":"true"`},
		exchange{"admin", "DELETE /os-aggregates/1", "", 400, ""},
		exchange{"admin", `POST /os-aggregates/1/action {"remove_host": {"host": "host1"}}`, "", 200, `"hosts":[]`},
		exchange{"admin", `PUT /os-aggregates/1 {"aggregate": {"name": "b"}}`, "", 200, `"name":"b"`},
		exchange{"admin", "DELETE /os-aggregates/1", "", 200, ""}, exchange{"admin", "GET /os-aggregates/1", "", 404, ""}, exchange{"admin", "GET /os-aggregates/x", "", 400, ""},
		exchange{"", `POST /os-server-groups {"server_group": {"name": "g", "policies": ["affinity"]}}`, "2.1", 200, `"metadata":{}`},
		exchange{"", `POST /os-server-groups {"server_group": {"name": "g", "policies": ["soft-affinity"]}}`, "2.1", 400, ""},
		exchange{"", `POST /os-server-groups {"server_group": {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}}`, "", 200, `"max_server_per_host":2`},
		exchange{"", `POST /os-server-groups {"server_group": {"name": "g", "policy": "affinity", "rules": {"max_server_per_host": 2}}}`, "", 400, "Only anti-affinity"},
		exchange{"", "GET /os-server-groups", "", 200, `"policy":"affinity"`}, exchange{"bob", "GET /os-server-groups", "", 200, `{"server_groups":[]}`},
		exchange{"", "GET /os-server-groups/" + absentID, "", 404, ""},
	)
}

func TestEventsFromOutsideAndExtensions(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	event := func(server, name string) string {
		return `POST /os-server-external-events {"events": [{"server_uuid": "` + server + `", "name": "` + name + `", "tag": "` + absentID + `"}]}`
	}
	c.talk(
		exchange{"", event(s.ID, "network-vif-plugged"), "", 403, ""},
		exchange{"admin", event(s.ID, "network-vif-plugged"), "", 200, `"code":200`},
		exchange{"admin", event(absentID, "network-vif-plugged"), "", 207, `"code":404`},
		exchange{"admin", event(s.ID, "volume-extended"), "2.50", 400, "is not one of"},
		exchange{"", "GET /extensions", "", 200, `"alias":"os-keypairs"`}, exchange{"", "GET /extensions/os-keypairs", "", 200, "Keypairs"},
		exchange{"", "GET /extensions/nonsense", "", 404, ""},
	)
}

// TestEveryRouteNeedsAToken asks for each route without one.
func TestEveryRouteNeedsAToken(t *testing.T) {
	c := start(t)
	for _, r := range c.api.Routes() {
		if r.Rule == "@public" {
			continue
		}
		method, path, _ := strings.Cut(r.Do, " ")
		version := "latest"
		if !r.Max.IsZero() {
			version = r.Max.String()
		}
		request := method + " " + strings.NewReplacer("{", "", "}", "").Replace(strings.TrimPrefix(path, "/v2.1"))
		if status, body, _ := c.ask("nobody", version, request); status != 401 {
			t.Errorf("%s: %d %s, want 401", r.Do, status, body)
		}
	}
}
