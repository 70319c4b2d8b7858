package api

import (
	"context"
	"strings"

	"cumulet/oslo/rest"
)

func (a *API) tagRoutes() []rest.Route {
	set := rest.Body(rest.MustSchema(object(`"tags": {"type": "array", "maxItems": 50, "items": `+tag+`}`, "tags")))
	const at, rule = " /v2.1/servers/{id}/tags", "os_compute_api:os-server-tags:"
	routes := []rest.Route{
		{Do: "GET" + at, Rule: rule + "index", Status: 200, Run: rest.Get(a.listTags)},
		{Do: "PUT" + at, Rule: rule + "update_all", In: set, Status: 200, Run: rest.JSON(a.setTags)},
		{Do: "DELETE" + at, Rule: rule + "delete_all", Status: 204, Run: rest.Do(a.deleteTags)},
		{Do: "GET" + at + "/{tag}", Rule: rule + "show", Status: 204, Run: rest.Do(a.showTag)},
		{Do: "PUT" + at + "/{tag}", Rule: rule + "update", Status: 201, Run: rest.Do(a.addTag)},
		{Do: "DELETE" + at + "/{tag}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteTag)},
	}
	return since(26, routes)
}

// since lets routes exist from microversion 2.minor on.
func since(minor int, routes []rest.Route) []rest.Route {
	for i := range routes {
		routes[i].Min = rest.V(2, minor)
	}
	return routes
}

type tagsBody struct {
	Tags []string `json:"tags"`
}

func (a *API) listTags(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	return view{"tags": append([]string{}, s.Tags...)}, err
}

func (a *API) setTags(ctx context.Context, c *rest.Call, in tagsBody) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	tags, err := a.Manager.SetTags(ctx, c.Who, s.ID, in.Tags)
	return view{"tags": append([]string{}, tags...)}, err
}

func (a *API) deleteTags(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	_, err = a.Manager.SetTags(ctx, c.Who, s.ID, nil)
	return err
}

func (a *API) showTag(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err == nil && !s.HasTag(c.Path("tag")) {
		err = none("Server %s has no tag '%s'", s.ID, c.Path("tag"))
	}
	return err
}

func (a *API) addTag(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	name := c.Path("tag")
	if len(name) > 60 || strings.ContainsAny(name, ",/") {
		return bad("Tag '%s' is invalid. It must be a non empty string without characters '/' and ','.", name)
	}
	added, err := a.Manager.AddTag(ctx, c.Who, s.ID, name)
	if !added {
		c.SetStatus(204)
		return err
	}
	c.Header().Set("Location", c.URL(base(c)+"/servers/"+s.ID+"/tags/"+name))
	return err
}

func (a *API) deleteTag(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	return a.Manager.DeleteTag(ctx, c.Who, s.ID, c.Path("tag"))
}
