package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) versionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /", Rule: rest.Public, Status: 200, Run: rest.Get(a.listVersions)},
		{Do: "GET /v2.1", Rule: rest.Public, Status: 200, Run: rest.Get(a.showVersion("v2.1"))},
		{Do: "GET /v2", Rule: rest.Public, Status: 200, Run: rest.Get(a.showVersion("v2.0"))},
	}
}

// version is what is told of an API; as nova/api/openstack/compute/versions.py.
func (a *API) version(c *rest.Call, id string) view {
	if id == "v2.0" {
		return view{
			"id": id, "status": "SUPPORTED", "version": "", "min_version": "", "updated": "2011-01-21T11:33:21Z",
			"links": []view{{"rel": "self", "href": c.URL("/v2/")}},
		}
	}
	return view{
		"id": id, "status": "CURRENT", "version": Versions().Max.String(), "min_version": minVersion.String(),
		"updated": "2013-07-23T11:33:21Z", "links": []view{{"rel": "self", "href": c.URL("/v2.1/")}},
	}
}

func (a *API) listVersions(_ context.Context, c *rest.Call) (view, error) {
	return view{"versions": []view{a.version(c, "v2.0"), a.version(c, "v2.1")}}, nil
}

func (a *API) showVersion(id string) func(context.Context, *rest.Call) (view, error) {
	return func(_ context.Context, c *rest.Call) (view, error) {
		v := a.version(c, id)
		v["links"] = append(v["links"].([]view), view{"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
		v["media-types"] = []view{{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=" + id[1:]}}
		if id == "v2.0" {
			v["media-types"] = []view{{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2"}}
		}
		return view{"version": v}, nil
	}
}
