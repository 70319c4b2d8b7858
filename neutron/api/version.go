package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) versionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /", Rule: rest.Public, Status: 200, Run: rest.Get(a.versions)},
		{Do: "GET /v2.0", Rule: "get_resource", Status: 200, Run: rest.Get(a.resources)},
	}
}

// versions is the root document. As neutron/api/versions.py.
func (a *API) versions(_ context.Context, c *rest.Call) (any, error) {
	return map[string]any{"versions": []any{map[string]any{
		"id": "v2.0", "status": "CURRENT", "links": []any{map[string]any{"rel": "self", "href": c.URL("/v2.0/")}},
	}}}, nil
}

// resources is the document of v2.0. As neutron/pecan_wsgi/controllers/root.py.
func (a *API) resources(_ context.Context, c *rest.Call) (any, error) {
	var out []any
	for _, name := range []string{"network", "subnet", "subnetpool", "port"} {
		out = append(out, map[string]any{
			"name": name, "collection": name + "s",
			"links": []any{map[string]any{"rel": "self", "href": c.URL("/v2.0/" + name + "s")}},
		})
	}
	return map[string]any{"resources": out}, c.Authorize(c.Mine())
}
