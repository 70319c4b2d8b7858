package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// queries asks every list with senseless query strings.
func (w *world) queries(t *testing.T) {
	long := strings.Repeat("a", 8000)
	var senselessQueries []string
	for _, name := range []string{
		"limit", "marker", "sort_key", "sort_dir", "sort", "fields", "name", "id", "status", "changes-since", "changes-before", "ip", "ip6", "flavor", "image", "host", "all_tenants",
		"tags", "not-tags", "page_reverse", "fixed_ips", "shared", "admin_state_up", "mtu", "ip_version", "size_min", "visibility", "protected", "created_at", "enabled", "deleted",
		"tag", "member_status", "os_hidden", "resources", "required", "member_of", "in_tree", "scope.project.id", "user.id", "effective", "include_names", "project_id", "tenant_id", "revision_number", "offset",
		"network_id", "device_id", "security_groups", "provider:segmentation_id", "router:external", "domain_id", "is_domain", "parent_id", "user_id", "locked", "reservation_id", "not_a_filter",
	} {
		for _, value := range []string{"", "-1", "0", "99999999999999999999", "abc", "%27%20OR%201%3D1--", "%00", "%ff", "in:", "gt:x", "in:%22", "name:sideways", long} {
			senselessQueries = append(senselessQueries, name+"="+value)
		}
	}
	senselessQueries = append(senselessQueries, "%zz", "a;b", "&&&=", "=x", strings.Repeat("name=x&", 5000), "sort_key=name&sort_key=name&sort_dir=asc",
		"sort=name:asc,name:desc", "sort_key=id;drop%20table%20networks", "fields=id&fields=nothing", "fixed_ips=ip_address%3D", "fixed_ips=subnet_id%3D%27", "resources=VCPU:1,VCPU:2", "resources=VCPU:-1")
	for path := range lists {
		header := http.Header{"Openstack-Api-Version": {"compute latest, placement latest"}}
		for _, q := range senselessQueries {
			a, err := w.member.Send("GET", path+"?"+q, header, nil)
			sound(t, fmt.Sprintf("query %.60s", q), a, err)
			if err == nil && strings.Contains(string(a.Body), w.victim.ProjectID) && !strings.Contains(path, "identity") {
				t.Errorf("%s shows another project's", a)
			}
		}
	}
	for _, path := range []string{"/compute/v2.1/servers/detail", "/compute/v2.1/flavors/detail", "/placement/allocation_candidates", "/placement/usages"} {
		for _, q := range senselessQueries {
			a, err := w.admin.Send("GET", path+"?"+q, http.Header{"Openstack-Api-Version": {"compute latest, placement latest"}}, nil)
			sound(t, fmt.Sprintf("query %.60s", q), a, err)
		}
	}
}
