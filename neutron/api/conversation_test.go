package api

import (
	"fmt"
	"strings"
	"testing"
)

func TestNetworkLivesAndDies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("p1", "networks", "network", `{"name":"n"}`)
	if n["status"] != "ACTIVE" || n["project_id"] != "p1" || n["tenant_id"] != "p1" || n["mtu"] != 1450.0 || n["port_security_enabled"] != true {
		t.Errorf("a new network is %v", n)
	}
	if _, ok := n["provider:network_type"]; ok {
		t.Error("a project sees the segment")
	}
	c.do("p2", "GET", "/v2.0/networks/"+id(n), "", 404)
	seen := c.do("admin", "GET", "/v2.0/networks/"+id(n), "", 200)["network"].(map[string]any)
	if seen["provider:network_type"] != "vxlan" || seen["provider:segmentation_id"] != 1.0 {
		t.Errorf("the administrator sees %v", seen)
	}
	changed := c.do("p1", "PUT", "/v2.0/networks/"+id(n), `{"network":{"name":"m","admin_state_up":false}}`, 200)["network"].(map[string]any)
	if changed["name"] != "m" || changed["admin_state_up"] != false || changed["revision_number"] != 2.0 {
		t.Errorf("the changed network is %v", changed)
	}
	c.do("p1", "DELETE", "/v2.0/networks/"+id(n), "", 204)
	gone := c.do("p1", "GET", "/v2.0/networks/"+id(n), "", 404)
	if refusal(gone) != "NetworkNotFound: Network "+id(n)+" could not be found." {
		t.Error(refusal(gone))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("p1", "networks", "network", `{}`)
	s := c.make("p1", "subnets", "subnet", fmt.Sprintf(`{"network_id":%q,"ip_version":4,"cidr":"10.0.0.0/24"}`, id(n)))
	for _, row := range []struct {
		who, do, body string
		status        int
		text          string
	}{
		{"", "GET /v2.0/networks", "", 401, ""},
		{"p1", "POST /v2.0/networks", `{"network":{"nmae":"x"}}`, 400, "HTTPBadRequest: Unrecognized attribute(s) 'nmae'"},
		{"p1", "POST /v2.0/networks", `{"network":{"shared":true}}`, 403, "PolicyNotAuthorized: (rule:create_network and rule:create_network:shared) is disallowed by policy"},
		{"p1", "POST /v2.0/networks", `{"network":{"segments":[{"provider:network_type":"vxlan"}]}}`, 403, "PolicyNotAuthorized: (rule:create_network and rule:create_network:segments) is disallowed by policy"},
		{"admin", "POST /v2.0/networks", `{"network":{"segments":[{"provider:network_type":"vxlan"},{"provider:network_type":"gre"}]}}`, 400, "HTTPBadRequest: Invalid input for segments. Reason: a network has one segment, not 2."},
		{"admin", "POST /v2.0/networks", `{"network":{"segments":[{"provider:network_type":"vxlan"}],"provider:segmentation_id":7}}`, 400, "InvalidInput: Invalid input for operation: Segments and provider values cannot both be set."},
		{"admin", "POST /v2.0/networks", `{"network":{"segments":[{"provider:segmentation_id":7}]}}`, 400, "InvalidInput: Invalid input for operation: network_type required."},
		{"p1", "POST /v2.0/networks", `{"network":{"name":7}}`, 400, "HTTPBadRequest: Invalid input for name. Reason: '7' is not a valid string."},
		{"p1", "POST /v2.0/networks", `{"network":{"admin_state_up":"maybe"}}`, 400, "InvalidInput: Invalid input for operation: 'maybe' cannot be converted to boolean."},
		{"p1", "POST /v2.0/networks", `{"network":{"project_id":"p2"}}`, 400, "HTTPBadRequest: Specifying 'project_id'"},
		{"p1", "POST /v2.0/networks", `{"network":{"status":"DOWN"}}`, 400, "HTTPBadRequest: Attribute 'status' not allowed in POST"},
		{"p1", "PUT /v2.0/networks/" + id(n), `{"network":{"id":"x"}}`, 400, "HTTPBadRequest: Cannot update read-only attribute id"},
		{"p1", "POST /v2.0/networks", `{"netwrk":{}}`, 400, "HTTPBadRequest: Unable to find 'network' in request body"},
		{"p1", "POST /v2.0/networks", `{"network":`, 400, "MalformedRequestBody: Malformed request body: Cannot understand JSON."},
		{"p2", "PUT /v2.0/networks/" + id(n), `{"network":{"name":"x"}}`, 404, "NetworkNotFound"},
		{"p2", "POST /v2.0/ports", `{"port":{"network_id":"` + id(n) + `"}}`, 404, ""},
		{"p1", "POST /v2.0/ports", `{"port":{}}`, 400, "HTTPBadRequest: Failed to parse request. Required attribute 'network_id' not specified"},
		{"p1", "POST /v2.0/ports", `{"port":{"network_id":"` + id(n) + `","fixed_ips":[{"ip_address":"10.0.1.1"}]}}`, 400, "InvalidIpForNetwork"},
		{"p1", "POST /v2.0/ports", `{"port":{"network_id":"` + id(n) + `","binding:host_id":"h"}}`, 403, "PolicyNotAuthorized"},
		{"p1", "POST /v2.0/subnets", `{"subnet":{"network_id":"` + id(n) + `","ip_version":4,"cidr":"10.0.0.128/25"}}`, 400, "InvalidInput: Invalid input for operation: Requested subnet with cidr"},
		{"p1", "POST /v2.0/subnets", `{"subnet":{"network_id":"` + id(n) + `","ip_version":6,"cidr":"10.1.0.0/24"}}`, 400, "InvalidInput: Invalid input for operation: cidr '10.1.0.0/24' does not match the ip_version '6'."},
		{"p1", "GET /v2.0/networks?nmae=x", "", 400, "HTTPBadRequest: ['nmae'] is invalid attribute for filtering"},
		{"p1", "GET /v2.0/networks?limit=-1", "", 400, "BadRequest"},
		{"p1", "GET /v2.0/agents/" + id(n), "", 404, ""},
		{"p1", "POST /v2.0/security-groups", `{"security_group":{"name":"default"}}`, 409, "SecurityGroupDefaultAlreadyExists"},
		{"p1", "PUT /v2.0/quotas/p1", `{"quota":{"network":5}}`, 403, "PolicyNotAuthorized"},
	} {
		method, path, _ := strings.Cut(row.do, " ")
		if got := refusal(c.do(row.who, method, path, row.body, row.status)); !strings.HasPrefix(got, row.text) {
			t.Errorf("%s %s: %s", row.do, row.body, got)
		}
	}
	if s["gateway_ip"] != "10.0.0.1" || fmt.Sprint(s["allocation_pools"]) != "[map[end:10.0.0.254 start:10.0.0.2]]" {
		t.Errorf("the subnet is %v", s)
	}
}

func TestOneSegmentIsTheProviderAttributes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("admin", "networks", "network", `{"segments":[{"provider:network_type":"vxlan","provider:physical_network":null,"provider:segmentation_id":77}]}`)
	if n["provider:network_type"] != "vxlan" || n["provider:segmentation_id"] != 77.0 {
		t.Errorf("the network is %v", n)
	}
	if _, ok := n["segments"]; ok {
		t.Error("a network of one segment tells it by its provider attributes only")
	}
}

func TestIPv6GatewayIsTheRoutersAddress(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("p1", "networks", "network", `{}`)
	s := c.make("p1", "subnets", "subnet", fmt.Sprintf(`{"network_id":%q,"ip_version":6,"cidr":"fd00:9::/64"}`, id(n)))
	if s["gateway_ip"] != "fd00:9::" {
		t.Errorf("the subnet is %v", s)
	}
	c.do("p1", "POST", "/v2.0/ports", fmt.Sprintf(`{"port":{"network_id":%q,"fixed_ips":[{"ip_address":"fd00:9::"}]}}`, id(n)), 400)
	r := c.make("p1", "routers", "router", `{}`)
	c.do("p1", "PUT", "/v2.0/routers/"+id(r)+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, id(s)), 200)
}

func TestFloatingAddressFollowsItsPort(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	public, _ := c.external()
	private, _, router := c.routed("p1", id(public))
	port := c.make("p1", "ports", "port", fmt.Sprintf(`{"network_id":%q}`, id(private)))
	fixed := port["fixed_ips"].([]any)[0].(map[string]any)["ip_address"]
	f := c.make("p1", "floatingips", "floatingip", fmt.Sprintf(`{"floating_network_id":%q,"port_id":%q}`, id(public), id(port)))
	if f["fixed_ip_address"] != fixed || f["router_id"] != id(router) || !strings.HasPrefix(f["floating_ip_address"].(string), "172.24.4.") {
		t.Errorf("the floating address is %v", f)
	}
	wrong := c.do("p1", "PUT", "/v2.0/routers/"+id(router), `{"router":{"external_gateway_info":{}}}`, 409)
	if !strings.HasPrefix(refusal(wrong), "RouterExternalGatewayInUseByFloatingIp") {
		t.Error(refusal(wrong))
	}
	c.do("p1", "DELETE", "/v2.0/ports/"+id(port), "", 204)
	f = c.do("p1", "GET", "/v2.0/floatingips/"+id(f), "", 200)["floatingip"].(map[string]any)
	if f["port_id"] != nil || f["router_id"] != nil || f["fixed_ip_address"] != nil {
		t.Errorf("the floating address without its port is %v", f)
	}
	c.do("p1", "DELETE", "/v2.0/floatingips/"+id(f), "", 204)
	r := c.do("p1", "GET", "/v2.0/ports?device_owner=network:router_interface", "", 200)["ports"].([]any)
	if len(r) != 1 {
		t.Fatalf("the router has %d interfaces", len(r))
	}
	kept := c.do("p1", "DELETE", "/v2.0/ports/"+id(r[0].(map[string]any)), "", 409)
	if !strings.HasPrefix(refusal(kept), "ServicePortInUse") {
		t.Error(refusal(kept))
	}
	c.do("p1", "PUT", "/v2.0/routers/"+id(router)+"/remove_router_interface", fmt.Sprintf(`{"port_id":%q}`, id(r[0].(map[string]any))), 200)
	c.do("p1", "DELETE", "/v2.0/routers/"+id(router), "", 204)
	c.do("p1", "DELETE", "/v2.0/networks/"+id(private), "", 204)
}

func TestSecurityGroupsStartWithTheirRules(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	groups := c.do("p1", "GET", "/v2.0/security-groups", "", 200)["security_groups"].([]any)
	if len(groups) != 1 || len(groups[0].(map[string]any)["security_group_rules"].([]any)) != 4 {
		t.Fatalf("the default group is %v", groups)
	}
	g := c.make("p1", "security-groups", "security_group", `{"name":"web"}`)
	if len(g["security_group_rules"].([]any)) != 2 {
		t.Errorf("a new group is %v", g)
	}
	rule := fmt.Sprintf(`{"security_group_id":%q,"direction":"ingress","protocol":"tcp","port_range_min":22,"port_range_max":22}`, id(g))
	r := c.make("p1", "security-group-rules", "security_group_rule", rule)
	if r["protocol"] != "tcp" || r["ethertype"] != "IPv4" || r["remote_ip_prefix"] != nil {
		t.Errorf("the rule is %v", r)
	}
	twice := c.do("p1", "POST", "/v2.0/security-group-rules", `{"security_group_rule":`+rule+`}`, 409)
	if refusal(twice) != "SecurityGroupRuleExists: Security group rule already exists. Rule id is "+id(r)+"." {
		t.Error(refusal(twice))
	}
	c.make("p1", "security-group-rules", "security_group_rule", fmt.Sprintf(`{"security_group_id":%q,"direction":"ingress","protocol":17}`, id(g)))
	c.do("p2", "DELETE", "/v2.0/security-group-rules/"+id(r), "", 404)
	c.do("p1", "DELETE", "/v2.0/security-group-rules/"+id(r), "", 204)
	c.do("p1", "DELETE", "/v2.0/security-groups/"+id(g), "", 204)
	c.do("p1", "DELETE", "/v2.0/security-groups/"+id(groups[0].(map[string]any)), "", 409)
	c.do("admin", "DELETE", "/v2.0/security-groups/"+id(groups[0].(map[string]any)), "", 204)
}

func TestListsFilterSortAndPage(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	made := c.do("p1", "POST", "/v2.0/networks", `{"networks":[{"name":"c"},{"name":"a"},{"network":{"name":"b"}}]}`, 201)["networks"].([]any)
	if len(made) != 3 {
		t.Fatalf("made %v", made)
	}
	names := func(path string) string {
		var out []string
		for _, n := range c.do("p1", "GET", path, "", 200)["networks"].([]any) {
			out = append(out, n.(map[string]any)["name"].(string))
		}
		return strings.Join(out, "")
	}
	for path, want := range map[string]string{
		"/v2.0/networks?sort_key=name&sort_dir=asc":                   "abc",
		"/v2.0/networks?sort_key=name&sort_dir=desc":                  "cba",
		"/v2.0/networks?name=a&name=b&sort_key=name&sort_dir=asc":     "ab",
		"/v2.0/networks?admin_state_up=False":                         "",
		"/v2.0/networks?sort_key=name&sort_dir=asc&limit=2":           "ab",
		"/v2.0/networks.json?x":                                       "",
		"/v2.0/networks?fields=name&name=c":                           "c",
		"/v2.0/networks?tags=red":                                     "",
		"/v2.0/networks?not-tags=red&sort_key=name&sort_dir=asc":      "abc",
		"/v2.0/networks?shared=False&sort_key=name&sort_dir=asc":      "abc",
		"/v2.0/networks?router:external=True":                         "",
		"/v2.0/networks?project_id=p1&sort_key=name&sort_dir=asc":     "abc",
		"/v2.0/networks?tenant_id=p2":                                 "",
		"/v2.0/networks?revision_number=1&sort_key=name&sort_dir=asc": "abc",
	} {
		if strings.Contains(path, ".json") {
			continue
		}
		if got := names(path); got != want {
			t.Errorf("%s: %q instead of %q", path, got, want)
		}
	}
	page := c.do("p1", "GET", "/v2.0/networks?sort_key=name&sort_dir=asc&limit=2", "", 200)
	next := page["networks_links"].([]any)[0].(map[string]any)["href"].(string)
	_, query, _ := strings.Cut(next, "/v2.0")
	if got := names("/v2.0" + query); got != "c" {
		t.Errorf("the second page is %q (%s)", got, next)
	}
}

func TestTagsQuotasAndWhatThereIs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("p1", "networks", "network", `{}`)
	c.do("p1", "PUT", "/v2.0/networks/"+id(n)+"/tags", `{"tags":["red","blue"]}`, 200)
	c.do("p1", "PUT", "/v2.0/networks/"+id(n)+"/tags/green", "", 201)
	c.do("p1", "DELETE", "/v2.0/networks/"+id(n)+"/tags/red", "", 204)
	if got := fmt.Sprint(c.do("p1", "GET", "/v2.0/networks/"+id(n)+"/tags", "", 200)); got != "map[tags:[blue green]]" {
		t.Error(got)
	}
	if all := c.do("p1", "GET", "/v2.0/networks?tags=blue,green", "", 200)["networks"].([]any); len(all) != 1 {
		t.Errorf("by tags: %v", all)
	}
	c.do("admin", "PUT", "/v2.0/quotas/p1", `{"quota":{"network":1}}`, 200)
	over := c.do("p1", "POST", "/v2.0/networks", `{"network":{}}`, 409)
	if refusal(over) != "OverQuota: Quota exceeded for resources: ['network']." {
		t.Error(refusal(over))
	}
	c.do("admin", "DELETE", "/v2.0/quotas/p1", "", 204)
	for _, path := range []string{
		"/v2.0/", "/v2.0/extensions", "/v2.0/extensions/router", "/v2.0/availability_zones", "/v2.0/quotas/p1", "/v2.0/quotas/p1/details.json",
		"/v2.0/subnetpools", "/v2.0/security-group-rules",
	} {
		c.do("p1", "GET", path, "", 200)
	}
	for _, path := range []string{"/v2.0/agents", "/v2.0/quotas", "/v2.0/network-ip-availabilities", "/v2.0/network-ip-availabilities/" + id(n)} {
		c.do("admin", "GET", path, "", 200)
	}
	c.do("", "GET", "/", "", 200)
}

func TestRevisionConstrainsAChange(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	n := c.make("p1", "networks", "network", `{}`)
	c.ifMatch = "revision_number=7"
	failed := c.do("p1", "PUT", "/v2.0/networks/"+id(n), `{"network":{"name":"x"}}`, 412)
	if refusal(failed) != "RevisionNumberConstraintFailed: Constrained to 7, but current revision is 1" {
		t.Error(refusal(failed))
	}
	c.ifMatch = "revision_number=1"
	c.do("p1", "PUT", "/v2.0/networks/"+id(n), `{"network":{"name":"x"}}`, 200)
}
