package api

import (
	"context"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/rest"
)

// refusingBodies has routes that need no body refuse one. As glance/api/v2/router.py, body_reject.
func refusingBodies(routes []rest.Route) []rest.Route {
	for i := range routes {
		if !refusesBody(routes[i].Do) {
			continue
		}
		run := routes[i].Run
		routes[i].Run = func(ctx context.Context, c *rest.Call) (any, error) {
			if c.Request.ContentLength > 0 {
				return nil, glance.Invalid("A body is not expected with this request.")
			}
			return run(ctx, c)
		}
	}
	return routes
}

func refusesBody(do string) bool {
	method, path, _ := strings.Cut(do, " ")
	switch {
	case slices.Contains(overlooked(), do), !strings.HasPrefix(path, "/v2/"):
		return false
	case method == "GET", method == "DELETE":
		return true
	}
	return strings.HasSuffix(path, "/tags/{tag}") || do == "POST "+namespacePath+"/tags/{name}" || strings.Contains(path, "/actions/")
}

// overlooked are the routes without a body that upstream lets have one: nobody reads it.
func overlooked() []string {
	return []string{
		"GET /v2/images", "GET /v2/info/usage", "DELETE /v2/cache", "DELETE /v2/cache/{image_id}", "GET /v2/metadefs/namespaces", "GET " + namespacePath + "/objects", "DELETE " + namespacePath + "/objects",
		"DELETE " + namespacePath + "/properties", "GET " + namespacePath + "/properties/{name}", "DELETE " + namespacePath + "/properties/{name}",
		"GET " + namespacePath + "/tags", "DELETE " + namespacePath + "/tags",
	}
}
