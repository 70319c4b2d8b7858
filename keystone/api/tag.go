package api

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

func (a *API) tagRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/projects/{id}/tags", Rule: "identity:list_project_tags", Status: 200, Run: rest.Get(a.listTags)},
		{Do: "PUT /v3/projects/{id}/tags", Rule: "identity:update_project_tags", In: rest.Body(tagsSchema), Status: 200, Run: rest.JSON(a.setTags)},
		{Do: "DELETE /v3/projects/{id}/tags", Rule: "identity:delete_project_tags", Status: 204, Run: rest.Do(a.deleteTags)},
		{Do: "GET /v3/projects/{id}/tags/{tag}", Rule: "identity:get_project_tag", Status: 204, Run: rest.Do(a.checkTag)},
		{Do: "PUT /v3/projects/{id}/tags/{tag}", Rule: "identity:create_project_tag", Status: 201, Run: rest.Do(a.addTag)},
		{Do: "DELETE /v3/projects/{id}/tags/{tag}", Rule: "identity:delete_project_tag", Status: 204, Run: rest.Do(a.deleteTag)},
	}
}

var tagsSchema = rest.MustSchema(`{"type": "object", "required": ["tags"], "properties": {"tags": ` + tagList + `}}`)

type tagsBody struct {
	Tags []string `json:"tags"`
}

func (a *API) listTags(ctx context.Context, c *rest.Call) (view, error) {
	p, err := a.project(ctx, c)
	return tagsView(c, p), err
}

func (a *API) setTags(ctx context.Context, c *rest.Call, in tagsBody) (view, error) {
	p, err := a.project(ctx, c)
	if err != nil {
		return nil, err
	}
	p, err = a.Resource.SetTags(ctx, p.ID, in.Tags)
	return tagsView(c, p), err
}

func (a *API) deleteTags(ctx context.Context, c *rest.Call) error {
	p, err := a.project(ctx, c)
	if err != nil {
		return err
	}
	_, err = a.Resource.SetTags(ctx, p.ID, nil)
	return err
}

func (a *API) checkTag(ctx context.Context, c *rest.Call) error {
	p, err := a.project(ctx, c)
	if err == nil && !slices.Contains(p.Tags, c.Path("tag")) {
		err = keystone.NotFound("project tag", c.Path("tag"))
	}
	return err
}

func (a *API) addTag(ctx context.Context, c *rest.Call) error {
	p, err := a.project(ctx, c)
	if err != nil {
		return err
	}
	tag := c.Path("tag")
	if strings.ContainsAny(tag, ",/") || len(tag) > 255 {
		return keystone.Invalid("Invalid input for field 'tag': '%.255s' does not match '^[^,/]*$'", tag)
	}
	c.Header().Set("Location", c.URL("/v3/projects/"+p.ID+"/tags/"+url.PathEscape(tag)))
	return a.Resource.AddTag(ctx, p, tag)
}

func (a *API) deleteTag(ctx context.Context, c *rest.Call) error {
	p, err := a.project(ctx, c)
	if err != nil {
		return err
	}
	return a.Resource.DeleteTag(ctx, p, c.Path("tag"))
}

func tagsView(c *rest.Call, p keystone.Project) view {
	return view{"tags": tags(p.Tags), "links": view{"self": c.URL("/v3")}} // upstream's link, odd as it is
}

// tagFilter is what a list's tags, tags-any, not-tags and not-tags-any leave of projects; nil where none is asked.
func tagFilter(query url.Values) func(projects []keystone.Project, limit int) []keystone.Project {
	var all []func(keystone.Project) bool
	for name, check := range map[string]struct{ any, not bool }{
		"tags": {}, "tags-any": {any: true}, "not-tags": {not: true}, "not-tags-any": {any: true, not: true},
	} {
		if !query.Has(name) {
			continue
		}
		wanted := strings.Split(query.Get(name), ",")
		all = append(all, func(p keystone.Project) bool {
			have := func(tag string) bool { return slices.Contains(p.Tags, tag) }
			lack := func(tag string) bool { return !have(tag) }
			fits := !slices.ContainsFunc(wanted, lack)
			if check.any {
				fits = slices.ContainsFunc(wanted, have)
			}
			return fits != check.not
		})
	}
	if all == nil {
		return nil
	}
	return func(projects []keystone.Project, limit int) []keystone.Project {
		for _, fits := range all {
			projects = slices.DeleteFunc(projects, func(p keystone.Project) bool { return !fits(p) })
		}
		if limit > 0 {
			projects = projects[:min(limit, len(projects))]
		}
		return projects
	}
}
