package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// hostile asks with a query and a body as they are; a failure of ours is an error.
func (c *cloud) hostile(t *testing.T, method, path, query, body, version string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/placement"+path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("X-Auth-Token", "admin")
	r.Header.Set("Content-Type", "application/json")
	r.Header["Openstack-Api-Version"] = []string{"placement " + version}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		t.Errorf("%s %s?%s %s at %s: %d %s", method, path, query, body, version, w.Code, w.Body)
	}
	return w
}

func (c *cloud) furnish() {
	c.t.Helper()
	for _, request := range []string{
		fmt.Sprintf(`POST /resource_providers {"uuid": %q, "name": "one"}`, rp1),
		fmt.Sprintf(`PUT /resource_providers/%s/inventories {"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 8}, "MEMORY_MB": {"total": 1024}}}`, rp1),
		fmt.Sprintf(`PUT /allocations/%s {"allocations": {%q: {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}`, con1, rp1),
	} {
		if status, body, _ := c.ask("admin", "latest", request); status/100 != 2 {
			c.t.Fatalf("%s: %d %s", request, status, body)
		}
	}
}

// FuzzCandidates holds that no question for candidates or providers is a failure, in no version.
func FuzzCandidates(f *testing.F) {
	for i, query := range []string{
		"resources=VCPU:1,MEMORY_MB:9223372036854775807", "resources1=VCPU:1&resources_X=VCPU:2&group_policy=isolate&same_subtree=_X,1", "required=in:A,B&required=!C&resources=VCPU:1",
		"member_of=in:" + agg + "&resources=VCPU:1", "in_tree=" + rp1 + "&resources=VCPU:1&limit=1", "root_required=!A&resources=VCPU:1", "resources=VCPU:-1", "resources=:", "limit=0",
		"resources=VCPU:1&same_subtree=", "resources=VCPU:9999999999999999999999", "name=x&uuid=%zz", "member_of=!in:,&required=,", "resources=VCPU:1&required1=A&group_policy=none",
		"resources=VCPU:4611686018427387904&resources1=VCPU:4611686018427387904&group_policy=none",
	} {
		f.Add(uint8(i), uint8(39), query)
		f.Add(uint8(i), uint8(10+i), query)
	}
	c := serve(f)
	c.furnish()
	f.Fuzz(func(t *testing.T, which, minor uint8, query string) {
		path := []string{"/allocation_candidates", "/resource_providers", "/usages", "/traits"}[int(which)%4]
		c.hostile(t, http.MethodGet, path, query, "", fmt.Sprintf("1.%d", minor%40))
	})
}

// FuzzClaim holds that no allocation is a failure, and that none takes more than there is.
func FuzzClaim(f *testing.F) {
	for _, body := range []string{
		`{"allocations": {"` + rp1 + `": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}`,
		`{"allocations": {"` + rp1 + `": {"resources": {"VCPU": 9223372036854775807}}}, "project_id": "p", "user_id": "u", "consumer_generation": 0, "consumer_type": "X"}`,
		`{"allocations": {"` + rp1 + `": {"resources": {"VCPU": 1e3, "MEMORY_MB": 1.5}}}, "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}`,
		`{"allocations": {}, "project_id": "", "user_id": "u", "consumer_generation": 1, "consumer_type": "unknown"}`, `{"allocations": {"` + rp1 + `": {"generation": -1, "resources": {"CUSTOM_X": 2147483648}}}}`,
	} {
		f.Add(body)
	}
	c := serve(f)
	c.furnish()
	f.Fuzz(func(t *testing.T, body string) {
		c.hostile(t, http.MethodPut, "/allocations/"+con2, "", body, "1.39")
		usage := c.hostile(t, http.MethodGet, "/resource_providers/"+rp1+"/usages", "", "", "1.39").Body.String()
		var vcpu, memory int
		if _, err := fmt.Sscanf(usage[strings.Index(usage, "VCPU"):], `VCPU":%d`, &vcpu); err != nil || vcpu < 1 || vcpu > 8*16 {
			t.Errorf("%s: VCPU used %d %v: %s", body, vcpu, err, usage)
		}
		if _, err := fmt.Sscanf(usage[strings.Index(usage, "MEMORY_MB"):], `MEMORY_MB":%d`, &memory); err != nil || memory < 0 || memory > 1024*2 {
			t.Errorf("%s: memory used %d %v: %s", body, memory, err, usage)
		}
		c.hostile(t, http.MethodDelete, "/allocations/"+con2, "", "", "1.39")
	})
}
