package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// listed are the names in a list, and the next page.
func (c *cloud) listed(token, query string) (names []string, next string) {
	c.t.Helper()
	v := c.want(200, token, "GET /v2/images"+query, "", nil).json(c.t)
	for _, i := range v["images"].([]any) {
		names = append(names, fmt.Sprint(i.(map[string]any)["name"]))
	}
	next, _ = v["next"].(string)
	return names, next
}

func TestListsHoldWhatTheCallerMaySeeAndTheFilterChooses(t *testing.T) {
	c := newCloud(t)
	create := func(token, body string) {
		t.Helper()
		c.create(token, body)
	}
	create(member, `{"name":"a","disk_format":"raw","tags":["x","y"],"os":"linux","min_disk":1}`)
	create(member, `{"name":"b","disk_format":"qcow2","tags":["x"],"visibility":"private","protected":true}`)
	create(member, `{"name":"c, d","os_hidden":true}`)
	create(member, `{"name":"own community","visibility":"community"}`)
	create(other, `{"name":"theirs"}`)
	create(other, `{"name":"their community","visibility":"community"}`)
	create(admin, `{"name":"pub","visibility":"public"}`)
	for query, want := range map[string]string{
		"":                                    "a,b,own community,pub",
		"visibility=public":                   "pub",
		"visibility=private":                  "b",
		"visibility=community":                "own community,their community",
		"visibility=all":                      "a,b,own community,pub,their community",
		"os_hidden=true":                      "c, d",
		"protected=true":                      "b",
		"protected=false":                     "a,own community,pub",
		"owner=acme":                          "a,b,own community",
		"owner=rival":                         "",
		"name=a":                              "a",
		"name=in:a,b":                         "a,b",
		`name=in:"c, d",a&os_hidden=true`:     "c, d",
		"tag=x":                               "a,b",
		"tag=x&tag=y":                         "a",
		"os=linux":                            "a",
		"os=other":                            "",
		"min_disk=1":                          "a",
		"min_disk_min=1":                      "a",
		"size=x":                              "",
		"disk_format=in:raw,qcow2":            "a,b",
		"status=active":                       "",
		"status=queued&name=eq:a":             "a",
		"created_at=lte:2026-01-02T03:04:06Z": "a",
		"created_at=2026-01-02T03:04:07Z":     "b",
		"created_at=gt:2026-01-02T03:04:07Z":  "own community,pub",
		"created_at=neq:2026-01-02T03:04:07Z": "a,own community,pub",
		"' OR 1=1 --=x":                       "",
	} {
		got, _ := c.listed(member, "?"+escapeQuery(query))
		slices.Sort(got)
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %q, not %q", query, got, want)
		}
	}
	if got, _ := c.listed(admin, ""); len(got) != 4 { // others' community images only where asked for
		t.Errorf("an administrator sees %q", got)
	}
	for query, text := range map[string]string{
		"limit=x": "limit param must be an integer", "limit=-1": "limit param must be positive", "marker=x": "No image found with ID x",
		"sort_key=x":  "Invalid sort key: x. It must be one of the following: name, status, container_format, disk_format, size, id, created_at, updated_at.",
		"sort_dir=up": "Invalid sort direction: up", "sort=name:up": "Invalid sort direction: up", "sort=name&sort_key=id": "cannot be combined",
		"sort_key=id&sort_dir=asc&sort_dir=desc": "Number of sort dirs", "os_hidden=x": "Invalid value", "protected=x": "Invalid value",
		"size_min=x": "Unable to filter on a range with a non-numeric value.", "name=zz:x": "Unable to filter by unknown operator",
		"created_at=zz:x": "Use ISO 8601 DateTime notation.", "created_at=zz:2026-01-02T03:04:05Z": "unknown operator", "visibility=x": "Invalid visibility value: x",
		"member_status=x": "Invalid status: x", `name=in:"x`: "quote is not closed", "changes-since=1": "no longer available",
	} {
		got := c.ask(member, "GET /v2/images?"+escapeQuery(query), "", nil)
		if got.status != 400 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

// escapeQuery writes "name=value&…" as a query string.
func escapeQuery(plain string) string {
	if plain == "" {
		return ""
	}
	pairs := strings.Split(plain, "&")
	for n, pair := range pairs {
		cut := strings.LastIndex(pair, "=")
		pairs[n] = url.QueryEscape(pair[:cut]) + "=" + url.QueryEscape(pair[cut+1:])
	}
	return strings.Join(pairs, "&")
}

func TestPagesFollowEachOtherInEveryOrder(t *testing.T) {
	c := newCloud(t)
	for n := range 7 {
		body := fmt.Sprintf(`{"name":"n%d","disk_format":"raw","container_format":"bare"}`, n/2)
		if n == 3 {
			body = `{}` // a name and a size that are null
		}
		id := c.create(member, body)
		if n%3 == 0 && n != 3 {
			c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, strings.Repeat("x", n+1))
		}
	}
	for _, order := range []string{"", "&sort=name:asc,size:desc", "&sort=size:asc", "&sort=size:desc,name:asc", "&sort_key=name&sort_key=id&sort_dir=desc",
		"&sort_key=updated_at&sort_dir=asc", "&sort=disk_format:asc,created_at:desc"} {
		whole := c.ids("?limit=100" + order)
		var paged []string
		next := "/v2/images?limit=2" + order
		for next != "" {
			v := c.want(200, member, "GET "+next, "", nil).json(t)
			for _, i := range v["images"].([]any) {
				paged = append(paged, i.(map[string]any)["id"].(string))
			}
			next, _ = v["next"].(string)
			if len(paged) > 20 {
				t.Fatalf("%s goes in circles", order)
			}
		}
		if len(whole) != 7 || !slices.Equal(whole, paged) {
			t.Errorf("%q: whole %v, paged %v", order, whole, paged)
		}
	}
	if got, next := c.listed(member, "?limit=0"); len(got) != 0 || next != "" {
		t.Errorf("limit 0 gives %v %q", got, next)
	}
	c.want(400, member, "GET /v2/images?marker=", "", nil)
	v := c.want(200, member, "GET /v2/images?limit=1&name=in:n0,n1", "", nil).json(t)
	v["first"] = c.want(200, member, "GET "+v["next"].(string), "", nil).json(t)["first"] // from where the marker is gone
	if v["first"] != "/v2/images?limit=1&name=in%3An0%2Cn1" || !strings.HasPrefix(v["next"].(string), "/v2/images?limit=1&name=in%3An0%2Cn1&marker=") {
		t.Errorf("%v %v", v["first"], v["next"])
	}
}

func (c *cloud) ids(query string) (ids []string) {
	c.t.Helper()
	for _, i := range c.want(200, member, "GET /v2/images"+query, "", nil).json(c.t)["images"].([]any) {
		ids = append(ids, i.(map[string]any)["id"].(string))
	}
	return ids
}
