package api

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/rest"
)

// controls are the parameters of a list that are no filters.
var controls = []string{"fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse"}

// tagFilters pick by tags.
var tagFilters = []string{"tags", "tags-any", "not-tags", "not-tags-any"}

func listAll[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call) (any, error) {
	q, err := query(a, r.attributes, c)
	if err != nil {
		return nil, err
	}
	all, err := r.list(ctx, q, c.Who.ProjectID)
	if err != nil {
		return nil, err
	}
	views := make([]any, 0, len(all))
	for _, n := range all {
		if c.AuthorizeRule("get_"+r.name, r.target(n)) == nil {
			views = append(views, view(a, r, c, n, c.Query()["fields"]))
		}
	}
	if len(all) == 0 {
		_ = c.Authorize(c.Mine()) // an empty list needs no leave; rest wants to know that it was asked for
	}
	out := map[string]any{r.plural: views}
	if q.Limit > 0 {
		ids := make([]string, len(all))
		id := find(r.attributes, "id")
		for i, n := range all {
			ids[i], _ = id.get(n).(string)
		}
		if links := pageLinks(c, q, ids); len(links) > 0 {
			out[r.plural+"_links"] = links
		}
	}
	return out, nil
}

// query reads filters, order and page. As neutron/api/api_common.py.
func query[N any](a *API, table []attribute[N], c *rest.Call) (neutron.Query, error) {
	q := neutron.Query{Scope: scope(c), Filters: map[string][]any{}}
	params := c.Query()
	var wrong []string
	for name, values := range params {
		if slices.Contains(controls, name) {
			continue
		}
		at := find(table, name)
		if at == nil && !slices.Contains(tagFilters, name) && !foreign(name) {
			wrong = append(wrong, "'"+name+"'")
			continue
		}
		for _, v := range values {
			var value any = v
			if at != nil && at.kind.filter != nil {
				var err error
				if value, err = at.kind.filter(v); err != nil {
					return q, err
				}
			}
			q.Filters[name] = append(q.Filters[name], value)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return q, badRequest("[%s] is invalid attribute for filtering", strings.Join(wrong, ", "))
	}
	if err := order(&q, table, params); err != nil {
		return q, err
	}
	limit, err := strconv.Atoi(first(params, "limit", "0"))
	if err != nil || limit < 0 {
		return q, neutron.Bad("limit", "Limit must be an integer 0 or greater and not '%s'", params.Get("limit"))
	}
	if most := a.Plugin.Config.PageMax; most > 0 && (limit == 0 || limit > most) {
		limit = most
	}
	if q.Limit = limit; limit > 0 {
		q.Marker, q.Reverse = params.Get("marker"), strings.EqualFold(params.Get("page_reverse"), "true")
	}
	return q, nil
}

// foreign are filters that are no attributes of the noun.
func foreign(name string) bool {
	return name == "shared" || name == "router:external" || name == "ip_version"
}

func first(params url.Values, name, otherwise string) string {
	if v := params.Get(name); v != "" {
		return v
	}
	return otherwise
}

func order[N any](q *neutron.Query, table []attribute[N], params url.Values) error {
	keys, dirs := params["sort_key"], params["sort_dir"]
	if len(keys) != len(dirs) {
		return badRequest("The number of sort_keys and sort_dirs must be same")
	}
	for i, key := range keys {
		if at := find(table, key); at == nil || !at.sort {
			return badRequest("['%s'] is invalid attribute for sort_keys", key)
		}
		if dirs[i] != "asc" && dirs[i] != "desc" {
			return badRequest("['%s'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'", dirs[i])
		}
		if slices.ContainsFunc(q.Sort, func(s neutron.Sort) bool { return s.Attribute == key }) {
			continue // what is in order by it stays so
		}
		q.Sort = append(q.Sort, neutron.Sort{Attribute: key, Descending: dirs[i] == "desc"})
	}
	return nil
}

// pageLinks are the links to the pages before and after. As neutron/api/api_common.py, get_pagination_links.
func pageLinks(c *rest.Call, q neutron.Query, ids []string) []any {
	var links []any
	link := func(rel, marker string, reverse bool) {
		params := maps.Clone(c.Query())
		params.Del("marker")
		params.Del("page_reverse")
		if marker != "" {
			params.Set("marker", marker)
		}
		if reverse {
			params.Set("page_reverse", "True")
		}
		links = append(links, map[string]any{"rel": rel, "href": c.URL(strings.TrimPrefix(c.Route.Do, "GET ")) + "?" + params.Encode()})
	}
	full := len(ids) >= q.Limit
	head, tail := "", ""
	if len(ids) > 0 {
		head, tail = ids[0], ids[len(ids)-1]
	}
	if full || q.Reverse {
		link("next", tail, false)
	}
	if full || !q.Reverse {
		link("previous", head, true)
	}
	return links
}
