package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/placement/api"
	"cumulet/placement/db"
	"cumulet/placement/manager"
)

// tokens is an authenticator that knows callers by their token.
type tokens map[string]policy.Who

func (t tokens) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	if who, ok := t[r.Header.Get("X-Auth-Token")]; ok {
		return who, nil
	}
	return policy.Who{}, fault.New(fault.Unauthorized, "Unauthorized", "no token")
}

type cloud struct {
	t       testing.TB
	url     string
	api     *api.API
	handler http.Handler
}

func start(t *testing.T) *cloud {
	t.Helper()
	t.Parallel()
	return serve(t)
}

func serve(t testing.TB) *cloud {
	t.Helper()
	rows, err := db.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	enforcer, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	a := &api.API{
		Manager: &manager.Manager{DB: rows, NewID: uuid.NewString, Now: time.Now},
		Auth: tokens{
			"admin":  {UserID: "u", ProjectID: "p", Roles: []string{"admin"}},
			"nova":   {UserID: "n", ProjectID: "s", Roles: []string{"service"}},
			"reader": {UserID: "r", ProjectID: "p", Roles: []string{"reader"}},
		},
		Policy: enforcer, Log: slog.New(slog.DiscardHandler), Prefix: "/placement", Now: time.Now,
	}
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &cloud{t, s.URL + "/placement", a, h}
}

// ask sends one request ("PUT /traits/X {body}") as a caller in a microversion.
func (c *cloud) ask(who, version, request string) (int, string, http.Header) {
	c.t.Helper()
	line, body, _ := strings.Cut(strings.TrimSpace(request), " {")
	if body != "" {
		body = "{" + body
	}
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", who)
	r.Header.Set("OpenStack-API-Version", "placement "+version)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

type exchange struct {
	request, version string
	status           int
	contains         string
}

func (c *cloud) talk(conversation ...exchange) {
	c.t.Helper()
	for _, x := range conversation {
		if x.version == "" {
			x.version = "latest"
		}
		status, body, _ := c.ask("admin", x.version, x.request)
		if status != x.status || !strings.Contains(body, x.contains) {
			c.t.Errorf("%s at %s: %d %s; want %d %s", x.request, x.version, status, body, x.status, x.contains)
		}
	}
}

const (
	rp1, rp2, rp3 = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002", "10000000-0000-4000-8000-000000000003"
	con1, con2    = "20000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-000000000002"
	agg           = "30000000-0000-4000-8000-000000000001"
)

func provider(id, name, parent string) exchange {
	body := fmt.Sprintf(`{"uuid": %q, "name": %q}`, id, name)
	if parent != "" {
		body = fmt.Sprintf(`{"uuid": %q, "name": %q, "parent_provider_uuid": %q}`, id, name, parent)
	}
	return exchange{"POST /resource_providers " + body, "", 200, `"generation":0`}
}

func inventory(id string, generation int, inventories string) exchange {
	return exchange{fmt.Sprintf(`PUT /resource_providers/%s/inventories {"resource_provider_generation": %d, "inventories": {%s}}`,
		id, generation, inventories), "", 200, fmt.Sprintf(`"resource_provider_generation":%d`, generation+1)}
}

func claim(consumer, generation, allocations string) string {
	return fmt.Sprintf(`PUT /allocations/%s {"allocations": {%s}, "project_id": "p", "user_id": "u", "consumer_generation": %s,
		"consumer_type": "INSTANCE"}`, consumer, allocations, generation)
}

func TestVersionDocumentNeedsNoToken(t *testing.T) {
	c := start(t)
	for _, path := range []string{"", "/"} {
		status, body, _ := c.ask("", "1.0", "GET "+path)
		if status != 200 || !strings.Contains(body, `"max_version":"1.39"`) {
			t.Errorf("GET %q: %d %s", path, status, body)
		}
	}
}

func TestProviders(t *testing.T) {
	c := start(t)
	c.talk(
		exchange{`POST /resource_providers {"name": "old"}`, "1.0", 201, ""},
		provider(rp1, "one", ""), provider(rp2, "two", rp1),
		exchange{`POST /resource_providers {"name": "one"}`, "", 409, "placement.duplicate_name"},
		exchange{`POST /resource_providers {"name": "x", "y": 1}`, "", 400, "'y' was unexpected"},
		exchange{`POST /resource_providers {"name": 1}`, "1.20", 400, "is not of type 'string'"},
		exchange{"GET /resource_providers/" + rp2, "", 200, `"parent_provider_uuid":"` + rp1 + `","root_provider_uuid":"` + rp1},
		exchange{"GET /resource_providers/" + rp1, "", 200, `"parent_provider_uuid":null`},
		exchange{"GET /resource_providers/" + rp1, "1.0", 200, `{"rel":"usages","href":"/placement/resource_providers/` + rp1 + `/usages"}]}`},
		exchange{"GET /resource_providers/nothing", "", 404, "No resource provider with uuid nothing found"},
		exchange{"GET /resource_providers?in_tree=" + rp2, "", 200, "one"},
		exchange{"GET /resource_providers?in_tree=" + rp2, "1.13", 400, "'in_tree' was unexpected"},
		exchange{"GET /resource_providers?name=two", "", 200, rp2},
		exchange{"DELETE /resource_providers/" + rp1, "", 409, "cannot_delete_parent"},
		exchange{"PUT /resource_providers/" + rp2 + ` {"name": "two", "parent_provider_uuid": null}`, "1.36", 400, "un-parenting"},
		exchange{"PUT /resource_providers/" + rp1 + fmt.Sprintf(` {"name": "one", "parent_provider_uuid": %q}`, rp2), "", 400, "loop"},
		exchange{"PUT /resource_providers/" + rp2 + ` {"name": "second", "parent_provider_uuid": null}`, "", 200, `"root_provider_uuid":"` + rp2},
		exchange{"DELETE /resource_providers/" + rp1, "", 204, ""},
		exchange{"DELETE /resource_providers/" + rp1, "", 404, "found for delete"},
	)
}

func TestInventoriesKeepGenerations(t *testing.T) {
	c := start(t)
	const at = "/resource_providers/" + rp1 + "/inventories"
	c.talk(
		provider(rp1, "one", ""), inventory(rp1, 0, `"VCPU": {"total": 4}, "MEMORY_MB": {"total": 1024, "reserved": 24}`),
		exchange{"PUT " + at + ` {"resource_provider_generation": 0, "inventories": {}}`, "", 409, "placement.concurrent_update"},
		exchange{"GET " + at, "", 200, `"MEMORY_MB":{"total":1024,"reserved":24,"min_unit":1,"max_unit":2147483647,"step_size":1,"allocation_ratio":1}`},
		exchange{"GET " + at + "/VCPU", "", 200, `"resource_provider_generation":1`},
		exchange{"GET " + at + "/DISK_GB", "", 404, "No inventory of class DISK_GB for " + rp1},
		exchange{"POST " + at + ` {"resource_class": "NOPE", "total": 1}`, "", 400, "No such resource class NOPE"},
		exchange{"POST " + at + ` {"resource_class": "VCPU", "total": 1}`, "", 409, "concurrent_update"},
		exchange{"POST " + at + ` {"resource_class": "DISK_GB", "total": 1, "reserved": 1}`, "1.25", 400, "greater than or equal to total"},
		exchange{"POST " + at + ` {"resource_class": "DISK_GB", "total": 10}`, "", 201, `"total":10`},
		exchange{"PUT " + at + `/DISK_GB {"resource_provider_generation": 2, "total": 20}`, "", 200, `"total":20`},
		exchange{claim(con1, "null", `"`+rp1+`": {"resources": {"DISK_GB": 2}}`), "", 204, ""},
		exchange{"DELETE " + at + "/DISK_GB", "", 409, "in use"},
		exchange{"DELETE " + at, "", 409, "placement.inventory.inuse"},
		exchange{"DELETE " + at, "1.4", 404, ""},
		exchange{"DELETE " + at + "/VCPU", "", 204, ""},
		exchange{"DELETE /resource_providers/" + rp1, "", 409, "placement.resource_provider.inuse"},
	)
}

func TestClaimsAreBoundedAndGenerationed(t *testing.T) {
	c := start(t)
	one := func(resources string) string { return `"` + rp1 + `": {"resources": {` + resources + `}}` }
	c.talk(
		provider(rp1, "one", ""),
		inventory(rp1, 0, `"VCPU": {"total": 4, "allocation_ratio": 2, "max_unit": 6}, "MEMORY_MB": {"total": 1024, "step_size": 2}`),
		exchange{claim(con1, "null", one(`"VCPU": 2, "MEMORY_MB": 512`)), "", 204, ""},
		exchange{"GET /allocations/" + con1, "", 200, `"consumer_generation":1,"consumer_type":"INSTANCE"`},
		exchange{"GET /allocations/" + con1, "1.0", 200, `{"generation":2,"resources":{"MEMORY_MB":512,"VCPU":2}}}}`},
		exchange{"GET /allocations/" + con2, "", 200, `{"allocations":{}}`},
		exchange{claim(con1, "null", one(`"VCPU": 2`)), "", 409, "expected 1 but got None"},
		exchange{claim(con2, "3", one(`"VCPU": 2`)), "", 409, "expected null but got 3"},
		exchange{claim(con2, "null", one(`"VCPU": 7`)), "", 409, "violate inventory constraints"},
		exchange{claim(con2, "null", one(`"MEMORY_MB": 514`)), "", 409, "exceed the capacity"},
		exchange{claim(con2, "null", one(`"MEMORY_MB": 11`)), "", 409, "violate inventory constraints"},
		exchange{claim(con2, "null", one(`"DISK_GB": 1`)), "", 409, "invalid"},
		exchange{claim(con2, "null", one(`"NOPE": 1`)), "", 400, "No such resource class"},
		exchange{claim(con2, "null", `"`+rp2+`": {"resources": {"VCPU": 1}}`), "", 400, "that does not exist"},
		exchange{claim("x", "null", one(`"VCPU": 1`)), "", 400, "Malformed consumer_uuid"},
		exchange{claim(con1, "1", one(`"VCPU": 6`)), "", 204, ""},
		exchange{"GET /resource_providers/" + rp1 + "/usages", "", 200, `"usages":{"MEMORY_MB":0,"VCPU":6}`},
		exchange{"GET /resource_providers/" + rp1 + "/allocations", "", 200, `"` + con1 + `":{"consumer_generation":2,"resources":{"VCPU":6}}`},
		exchange{"GET /usages?project_id=p", "", 200, `{"usages":{"INSTANCE":{"VCPU":6,"consumer_count":1}}}`},
		exchange{"GET /usages?project_id=p", "1.9", 200, `{"usages":{"VCPU":6}}`},
		exchange{fmt.Sprintf(`POST /allocations {%q: {"allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": 2},
			%q: {"allocations": {%s}, "project_id": "p", "user_id": "u", "consumer_generation": null}}`,
			con1, con2, one(`"VCPU": 5`)), "1.28", 204, ""},
		exchange{"GET /allocations/" + con1, "", 200, `{"allocations":{}}`},
		exchange{"DELETE /allocations/" + con2, "", 204, ""},
		exchange{"DELETE /allocations/" + con2, "", 404, "No allocations for consumer"},
		exchange{fmt.Sprintf(`PUT /allocations/%s {"allocations": [{"resource_provider": {"uuid": %q}, "resources": {"VCPU": 1}}]}`, con1, rp1), "1.0", 204, ""},
		exchange{"GET /allocations/" + con1, "", 200, `"project_id":"00000000-0000-0000-0000-000000000000"`},
	)
}

func TestRacingClaimsNeverExceedCapacity(t *testing.T) {
	c := start(t)
	c.talk(provider(rp1, "one", ""), inventory(rp1, 0, `"VCPU": {"total": 5}`))
	var wg sync.WaitGroup
	statuses := make([]int, 20)
	for i := range statuses {
		wg.Go(func() {
			statuses[i], _, _ = c.ask("nova", "latest", claim(fmt.Sprintf("20000000-0000-4000-8000-%012d", i), "null", `"`+rp1+`": {"resources": {"VCPU": 1}}`))
		})
	}
	wg.Wait()
	got := map[int]int{}
	for _, s := range statuses {
		got[s]++
	}
	if got[204] != 5 || got[409] != 15 {
		t.Errorf("statuses %v, want 5 of 204 and 15 of 409", got)
	}
}

func TestTraitsClassesAggregates(t *testing.T) {
	c := start(t)
	const at = "/resource_providers/" + rp1
	c.talk(
		provider(rp1, "one", ""),
		exchange{"PUT /traits/CUSTOM_A", "", 201, ""}, exchange{"PUT /traits/CUSTOM_A", "", 204, ""},
		exchange{"PUT /traits/HW_A", "", 400, "CUSTOM_"}, exchange{"PUT /traits/CUSTOM_A", "1.5", 404, ""},
		exchange{"GET /traits/HW_CPU_X86_VMX", "", 204, ""}, exchange{"GET /traits/CUSTOM_B", "", 404, "No such trait(s): CUSTOM_B."},
		exchange{"DELETE /traits/HW_CPU_X86_VMX", "", 400, "Cannot delete standard trait"},
		exchange{"GET /traits?name=startswith:CUSTOM", "", 200, `{"traits":["CUSTOM_A"]}`},
		exchange{"GET /traits?name=in:CUSTOM_A,HW_CPU_X86_VMX", "", 200, `["CUSTOM_A","HW_CPU_X86_VMX"]`},
		exchange{"PUT " + at + `/traits {"resource_provider_generation": 0, "traits": ["CUSTOM_A"]}`, "", 200, `"resource_provider_generation":1`},
		exchange{"PUT " + at + `/traits {"resource_provider_generation": 1, "traits": ["CUSTOM_Z"]}`, "", 400, "No such trait CUSTOM_Z"},
		exchange{"PUT " + at + `/traits {"resource_provider_generation": 0, "traits": []}`, "", 409, "concurrent_update"},
		exchange{"GET /traits?associated=true", "", 200, `["CUSTOM_A"]`},
		exchange{"DELETE /traits/CUSTOM_A", "", 409, "in use"},
		exchange{"DELETE " + at + "/traits", "", 204, ""}, exchange{"DELETE /traits/CUSTOM_A", "", 204, ""},
		exchange{"PUT /resource_classes/CUSTOM_GPU", "", 201, ""}, exchange{"PUT /resource_classes/CUSTOM_GPU", "", 204, ""},
		exchange{"PUT /resource_classes/GPU", "", 400, "does not match"},
		exchange{`POST /resource_classes {"name": "CUSTOM_GPU"}`, "", 409, "already exists"},
		exchange{`PUT /resource_classes/CUSTOM_GPU {"name": "CUSTOM_TPU"}`, "1.6", 200, "CUSTOM_TPU"},
		exchange{"GET /resource_classes/VCPU", "", 200, `"name":"VCPU"`},
		exchange{"DELETE /resource_classes/VCPU", "", 400, "standard"}, exchange{"DELETE /resource_classes/CUSTOM_TPU", "", 204, ""},
		exchange{"PUT " + at + `/aggregates {"aggregates": ["` + agg + `"], "resource_provider_generation": 2}`, "", 200, `"resource_provider_generation":3`},
		exchange{"GET " + at + "/aggregates", "1.1", 200, `{"aggregates":["` + agg + `"]}`},
		exchange{"GET /resource_providers?member_of=" + agg, "", 200, rp1},
		exchange{"GET /resource_providers?member_of=!" + agg, "", 200, `{"resource_providers":[]}`},
		exchange{"GET /resource_providers?member_of=!" + agg, "1.31", 400, "not supported"},
	)
}

// candidates asks and gives the allocations of each candidate in order.
func (c *cloud) candidates(query string) []map[string]struct{ Resources map[string]int } {
	c.t.Helper()
	status, body, _ := c.ask("nova", "latest", "GET /allocation_candidates?"+query)
	if status != 200 {
		c.t.Fatalf("candidates %s: %d %s", query, status, body)
	}
	var v struct {
		Requests []struct {
			Allocations map[string]struct{ Resources map[string]int }
		} `json:"allocation_requests"`
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		c.t.Fatal(err)
	}
	var all []map[string]struct{ Resources map[string]int }
	for _, r := range v.Requests {
		all = append(all, r.Allocations)
	}
	return all
}

func TestCandidates(t *testing.T) {
	c := start(t)
	const host = `"VCPU": {"total": 4}, "MEMORY_MB": {"total": 1024}`
	c.talk(
		provider(rp1, "host1", ""), inventory(rp1, 0, host+`, "DISK_GB": {"total": 10}`),
		provider(rp2, "host2", ""), inventory(rp2, 0, host),
		provider(rp3, "shared", ""), inventory(rp3, 0, `"DISK_GB": {"total": 100}`),
		exchange{"PUT /resource_providers/" + rp3 + `/traits {"resource_provider_generation": 1, "traits": ["MISC_SHARES_VIA_AGGREGATE"]}`, "", 200, ""},
		exchange{"PUT /resource_providers/" + rp3 + `/aggregates {"aggregates": ["` + agg + `"], "resource_provider_generation": 2}`, "", 200, ""},
		exchange{"PUT /resource_providers/" + rp2 + `/aggregates {"aggregates": ["` + agg + `"], "resource_provider_generation": 1}`, "", 200, ""},
		exchange{"PUT /resource_providers/" + rp1 + `/traits {"resource_provider_generation": 1, "traits": ["HW_CPU_X86_VMX"]}`, "", 200, ""},
		exchange{"GET /allocation_candidates?resources=NOPE:1", "", 400, "No such resource class NOPE"},
		exchange{"GET /allocation_candidates?resources=VCPU", "", 400, "Badly formed"},
		exchange{"GET /allocation_candidates?required=HW_CPU_X86_VMX", "", 400, "placement.query.missing_value"},
		exchange{"GET /allocation_candidates?resources=VCPU:1&required=CUSTOM_NO", "", 400, "No such trait(s): CUSTOM_NO."},
		exchange{"GET /allocation_candidates?resources1=VCPU:1&resources2=VCPU:1", "", 400, "group_policy"},
		exchange{"GET /allocation_candidates?resources=VCPU:1", "1.9", 404, ""},
		exchange{"GET /allocation_candidates?resources=VCPU:1&limit=1", "1.10", 400, "'limit' was unexpected"},
		exchange{"GET /allocation_candidates?resources=VCPU:1&limit=1", "1.27", 200, `"provider_summaries":{"` + rp1},
	)
	for _, x := range []struct {
		claim, query string
		want         string
	}{
		{"both hosts have processors", "resources=VCPU:1", "[host1] [host2]"},
		{"a limit cuts", "resources=VCPU:1&limit=1", "[host1]"},
		{"too much is too much", "resources=VCPU:5", ""},
		{"a shared disk serves its aggregate", "resources=VCPU:1,DISK_GB:20", "[host2 shared]"},
		{"a local disk suffices", "resources=VCPU:1,DISK_GB:5", "[host1] [host2 shared]"},
		{"a trait is required", "resources=VCPU:1&required=HW_CPU_X86_VMX", "[host1]"},
		{"a trait is forbidden", "resources=VCPU:1&required=!HW_CPU_X86_VMX", "[host2]"},
		{"one of two traits", "resources=VCPU:1&required=in:HW_CPU_X86_VMX,HW_CPU_X86_SSE", "[host1]"},
		{"members only", "resources=VCPU:1&member_of=" + agg, "[host2]"},
		{"no members", "resources=VCPU:1&member_of=!" + agg, "[host1]"},
		{"one tree", "resources=VCPU:1&in_tree=" + rp2, "[host2]"},
		{"the root's traits", "resources=VCPU:1&root_required=HW_CPU_X86_VMX", "[host1]"},
		{"granular groups may share a provider", "resources1=VCPU:2&resources2=VCPU:2&group_policy=none", "[host1] [host2]"},
		{"but not its capacity", "resources1=VCPU:3&resources2=VCPU:2&group_policy=none", ""},
		{"isolated ones may not", "resources1=VCPU:1&resources2=VCPU:1&group_policy=isolate", ""},
		{"a disk of its own", "resources=VCPU:1&resources_DISK=DISK_GB:5", "[host1] [host2 shared]"},
	} {
		names := map[string]string{rp1: "host1", rp2: "host2", rp3: "shared"}
		var got []string
		for _, candidate := range c.candidates(x.query) {
			var on []string
			for _, id := range []string{rp1, rp2, rp3} {
				if _, ok := candidate[id]; ok {
					on = append(on, names[id])
				}
			}
			got = append(got, fmt.Sprint(on))
		}
		if s := strings.Join(got, " "); s != x.want {
			t.Errorf("%s: %s gives %s, want %s", x.claim, x.query, s, x.want)
		}
	}
}

func TestNestedCandidates(t *testing.T) {
	c := start(t)
	c.talk(
		provider(rp1, "host", ""), inventory(rp1, 0, `"MEMORY_MB": {"total": 1024}`),
		provider(rp2, "numa0", rp1), inventory(rp2, 0, `"VCPU": {"total": 4}`),
		provider(rp3, "numa1", rp1), inventory(rp3, 0, `"VCPU": {"total": 4}, "VGPU": {"total": 1}`),
		exchange{"GET /allocation_candidates?resources=MEMORY_MB:1,VCPU:1", "1.28", 200, `{"allocation_requests":[],"provider_summaries":{}}`},
		exchange{"GET /allocation_candidates?resources=MEMORY_MB:1,VCPU:1", "", 200, `"mappings":{"":["` + rp1 + `","` + rp2 + `"]}`},
	)
	if n := len(c.candidates("resources=MEMORY_MB:1,VCPU:1")); n != 2 {
		t.Errorf("%d candidates, want one for each NUMA cell", n)
	}
	got := c.candidates("resources_A=VCPU:1&resources_B=VGPU:1&group_policy=none&same_subtree=_A,_B")
	if len(got) != 1 || got[0][rp3].Resources["VCPU"] != 1 {
		t.Errorf("same_subtree gives %v, want both of %s", got, rp3)
	}
}

func TestReshapeMovesAllOrNothing(t *testing.T) {
	c := start(t)
	reshape := func(cpu int) string {
		return fmt.Sprintf(`POST /reshaper {"inventories": {
			%[1]q: {"resource_provider_generation": 2, "inventories": {"MEMORY_MB": {"total": 1024}}},
			%[2]q: {"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4}}}},
			"allocations": {%[3]q: {"project_id": "p", "user_id": "u", "consumer_generation": 1, "consumer_type": "INSTANCE",
			"allocations": {%[1]q: {"resources": {"MEMORY_MB": 512}}, %[2]q: {"resources": {"VCPU": %[4]d}}}}}}`, rp1, rp2, con1, cpu)
	}
	c.talk(
		provider(rp1, "host", ""), inventory(rp1, 0, `"VCPU": {"total": 4}, "MEMORY_MB": {"total": 1024}`), provider(rp2, "numa", rp1),
		exchange{claim(con1, "null", `"`+rp1+`": {"resources": {"VCPU": 2, "MEMORY_MB": 512}}`), "", 204, ""},
		exchange{reshape(5), "", 409, "exceed the capacity"},
		exchange{"GET /resource_providers/" + rp1 + "/usages", "", 200, `"VCPU":2`},
		exchange{reshape(2), "", 204, ""},
		exchange{"GET /resource_providers/" + rp1 + "/usages", "", 200, `"usages":{"MEMORY_MB":512}`},
		exchange{"GET /resource_providers/" + rp2 + "/usages", "", 200, `"usages":{"VCPU":2}`},
		exchange{reshape(2), "", 409, "generation conflict"},
	)
}

// TestEveryRouteRefuses asks for each route without a token and without the role.
func TestEveryRouteRefuses(t *testing.T) {
	c := start(t)
	bodies := map[string]string{
		"POST /resource_providers": `{"name": "x"}`, "PUT /resource_providers/{uuid}": `{"name": "x"}`,
		"POST /resource_providers/{uuid}/inventories":                 `{"resource_class": "VCPU", "total": 1}`,
		"PUT /resource_providers/{uuid}/inventories":                  `{"resource_provider_generation": 0, "inventories": {}}`,
		"PUT /resource_providers/{uuid}/inventories/{resource_class}": `{"resource_provider_generation": 0, "total": 1}`,
		"PUT /resource_providers/{uuid}/traits":                       `{"resource_provider_generation": 0, "traits": []}`,
		"PUT /resource_providers/{uuid}/aggregates":                   `{"resource_provider_generation": 0, "aggregates": []}`,
		"POST /resource_classes":                                      `{"name": "CUSTOM_X"}`,
		"POST /allocations":                                           `{"` + con1 + `": {"allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": null, "consumer_type": "X"}}`,
		"PUT /allocations/{consumer_uuid}":                            strings.SplitN(claim(con1, "null", ""), " ", 3)[2],
		"POST /reshaper":                                              `{"inventories": {"` + rp1 + `": {"resource_provider_generation": 0, "inventories": {}}}, "allocations": {}}`,
	}
	for _, r := range c.api.Routes() {
		if r.Rule == "@public" || !r.Max.IsZero() {
			continue
		}
		path := r.Do
		for _, name := range []string{"{uuid}", "{resource_class}", "{name}", "{consumer_uuid}"} {
			path = strings.ReplaceAll(path, name, "CUSTOM_X")
		}
		if r.Rule == "placement:usages" {
			path += "?project_id=other"
		}
		if status, _, _ := c.ask("", "latest", path+" "+bodies[r.Do]); status != 401 {
			t.Errorf("%s without a token: %d, want 401", r.Do, status)
		}
		if status, body, _ := c.ask("reader", "latest", path+" "+bodies[r.Do]); status != 403 {
			t.Errorf("%s for a reader: %d %s, want 403", r.Do, status, body)
		}
	}
}
