package api

import (
	"maps"
	"net/url"
	"strconv"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

const defaultMaxLimit = 1000

// base is the API's root as the caller addresses it.
func base(c *rest.Call) string {
	if c.Version.IsZero() {
		return "/v2"
	}
	return "/v2.1"
}

// link points to a thing.
type link struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
}

// links point to a thing, with and without the version; as nova/api/openstack/common.py, _get_links.
func links(c *rest.Call, collection, id string) []link {
	return []link{{c.URL(base(c) + "/" + collection + "/" + url.PathEscape(id)), "self"}, bookmark(c, collection, id)}
}

func bookmark(c *rest.Call, collection, id string) link {
	return link{c.URL("/" + collection + "/" + url.PathEscape(id)), "bookmark"}
}

// page reads limit and marker.
func (a *API) page(c *rest.Call) (nova.Page, error) {
	limit, err := a.limit(c)
	return nova.Page{Limit: limit, Marker: c.Query().Get("marker")}, err
}

// limit is how many items a list may have; as get_limit_and_marker, 0 included.
func (a *API) limit(c *rest.Call) (int, error) {
	most := a.MaxLimit
	if most == 0 {
		most = defaultMaxLimit
	}
	asked := c.Query().Get("limit")
	if !c.Query().Has("limit") {
		return most, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil {
		return 0, bad("limit must be an integer")
	}
	if n < 0 {
		return 0, bad("limit must be >= 0")
	}
	return min(n, most), nil
}

// next points to the page after one of so many items that ends with the given id; none when there may be no more.
func next(c *rest.Call, limit, items int, path, lastID string) []link {
	if limit == 0 || items < limit {
		return nil
	}
	q := maps.Clone(c.Query())
	q.Set("marker", lastID)
	return []link{{c.URL(base(c)+"/"+path) + "?" + q.Encode(), "next"}}
}
