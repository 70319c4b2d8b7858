package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/kept"
	"cumulet/oslo/rest"
)

// query reads the filters of a list: the attributes named, exact or with a comparison ("name__icontains"). Others are no
// filters and pass unheeded. As keystone/server/flask/common.py, build_driver_hints.
func (a *API) query(c *rest.Call, attributes ...string) keystone.Query {
	var q keystone.Query
	if a.Config.ListLimit > 0 {
		q.Limit = a.Config.ListLimit + 1 // one more shows that there is more
	}
	for name, values := range c.Query() {
		attribute, operator, _ := strings.Cut(name, "__")
		if !slices.Contains(attributes, attribute) {
			continue
		}
		compare, known := comparisons[operator]
		if !known {
			continue
		}
		condition := keystone.Condition{Attribute: attribute, Compare: compare, Value: values[0]}
		if attribute == "enabled" || attribute == "is_domain" {
			condition.Value = truth(values[0])
		}
		q.Where = append(q.Where, condition)
	}
	return q
}

// comparisons by their names in queries; the i stands for ignoring case, which our databases do anyway.
var comparisons = map[string]keystone.Comparison{
	"": keystone.Equals, "contains": keystone.Contains, "icontains": keystone.Contains, "startswith": keystone.StartsWith,
	"istartswith": keystone.StartsWith, "endswith": keystone.EndsWith, "iendswith": keystone.EndsWith,
}

// truth reads a flag: whatever is not no is yes. As keystone/server/flask/common.py, query_filter_is_true.
func truth(value string) bool { return value != "0" && !strings.EqualFold(value, "false") }

// asked tells whether a query has a flag.
func asked(c *rest.Call, name string) bool {
	values, given := c.Query()[name]
	return given && truth(values[0])
}

// has tells whether a query gives an attribute of an exact value.
func has(q keystone.Query, attribute string) bool {
	return slices.ContainsFunc(q.Where, func(w keystone.Condition) bool { return w.Attribute == attribute })
}

// collection is the answer of a list.
func collection[T any](a *API, c *rest.Call, name string, things []T, show func(*rest.Call, T) view) view {
	truncated := a.Config.ListLimit > 0 && len(things) > a.Config.ListLimit
	if truncated {
		things = things[:a.Config.ListLimit]
	}
	v := view{name: views(c, things, show), "links": view{"next": nil, "self": a.self(c), "previous": nil}}
	if truncated {
		v["truncated"] = true
	}
	return v
}

// views shows things without the frame of a list.
func views[T any](c *rest.Call, things []T, show func(*rest.Call, T) view) []view {
	shown := make([]view, len(things))
	for i, thing := range things {
		shown[i] = show(c, thing)
	}
	return shown
}

// kept is the answer of a list that the caller may see; one that changes by this cloud only is kept, until something has changed. Of
// what it shows, nothing may depend on the caller but the domain that a token is for.
func (a *API) kept(ctx context.Context, c *rest.Call, ours bool, list func() (view, error)) (json.RawMessage, error) {
	render := func() (json.RawMessage, error) {
		v, err := list()
		if err != nil {
			return nil, err
		}
		return json.Marshal(v)
	}
	if !ours {
		return render()
	}
	return a.Kept.Get(ctx, kept.Question{Kind: "list", Key: a.self(c), DomainID: c.Who.DomainID}, render)
}

// self is the address that was asked.
func (a *API) self(c *rest.Call) string {
	address := c.URL(strings.TrimPrefix(c.Request.URL.EscapedPath(), a.Prefix))
	if c.Request.URL.RawQuery != "" {
		address += "?" + c.Request.URL.RawQuery
	}
	return address
}
