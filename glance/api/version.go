package api

import (
	"context"

	"cumulet/oslo/rest"
)

// versions are those the API is, newest first: what several stores bring (2.8 to 2.13) is there always, what the cache brings
// (2.14, 2.16) with the cache. As glance/api/versions.py, Controller.index.
func versions(cached bool) []string {
	var newest []string
	if cached {
		newest = []string{"v2.16", "v2.15", "v2.14"}
	} else {
		newest = []string{"v2.15"}
	}
	return append(newest, "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")
}

func (a *API) versionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /", Rule: rest.Public, Status: 300, Run: rest.Get(a.listVersions)},
		{Do: "GET /versions", Rule: rest.Public, Status: 200, Run: rest.Get(a.listVersions)},
	}
}

type versionsBody struct {
	Versions []versionView `json:"versions"`
}

type versionView struct {
	ID     string     `json:"id"`
	Status string     `json:"status"`
	Links  []linkView `json:"links"`
}

type linkView struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

func (a *API) listVersions(_ context.Context, c *rest.Call) (versionsBody, error) {
	var b versionsBody
	for n, id := range versions(a.Transfer.Cache != nil) {
		status := "SUPPORTED"
		if n == 0 {
			status = "CURRENT"
		}
		b.Versions = append(b.Versions, versionView{ID: id, Status: status, Links: []linkView{{Rel: "self", Href: c.URL("/v2/")}}})
	}
	return b, nil
}
