package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) versionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /", Rule: rest.Public, Status: 300, Run: rest.Get(listVersions)},
		{Do: "GET /v3", Rule: rest.Public, Status: 200, Run: rest.Get(showVersion)},
	}
}

// version is the document of the one version there is. As keystone/version.py and api/discovery.py.
func version(c *rest.Call) view {
	return view{
		"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
		"links":       []view{{"rel": "self", "href": c.URL("/v3/")}},
		"media-types": []view{{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}},
	}
}

func listVersions(_ context.Context, c *rest.Call) (view, error) {
	c.Header().Set("Location", c.URL("/v3/"))
	return view{"versions": view{"values": []view{version(c)}}}, nil
}

func showVersion(_ context.Context, c *rest.Call) (view, error) {
	return view{"version": version(c)}, nil
}
