package api

import (
	"context"
	"encoding/json"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) projectRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/projects", Rule: "identity:create_project", In: rest.Body(projectCreate), Status: 201, Run: rest.JSON(a.createProject)},
		{Do: "GET /v3/projects", Rule: "identity:list_projects", Status: 200, Run: rest.Get(a.listProjects)},
		{Do: "GET /v3/projects/{id}", Rule: "identity:get_project", Status: 200, Run: rest.Get(a.showProject)},
		{Do: "PATCH /v3/projects/{id}", Rule: "identity:update_project", In: rest.Body(projectUpdate), Status: 200, Run: rest.JSON(a.updateProject)},
		{Do: "DELETE /v3/projects/{id}", Rule: "identity:delete_project", Status: 204, Run: rest.Do(a.deleteProject)},
	}
}

// tagList and projectMembers are keystone/resource/schema.py's.
const tagList = `{"type": "array", "maxItems": 80, "uniqueItems": true,
	"items": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}}`

const projectMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "[\\S]+"},
	"description": {"type": ["string", "null"]},
	"enabled": {"type": "boolean"},
	"is_domain": {"type": "boolean"},
	"domain_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"parent_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
	"tags": ` + tagList + `,
	"options": {"type": "object", "additionalProperties": false, "properties": {"immutable": {"type": ["boolean", "null"]}}}`

var projectCreate, projectUpdate = create("project", projectMembers, "name"), update("project", projectMembers)

var projectKnown = []string{"name", "description", "enabled", "is_domain", "domain_id", "parent_id", "tags", "options"}

func (a *API) createProject(ctx context.Context, c *rest.Call, in body) (view, error) {
	given := in["project"]
	description := given.word("description")
	p := keystone.Project{
		Name: given.word("name"), Description: &description, Enabled: given.flagOr("enabled", true),
		IsDomain: given.flagOr("is_domain", false), DomainID: given.word("domain_id"), ParentID: given.word("parent_id"),
		Extra: given.extra(projectKnown...),
	}
	if !p.IsDomain && p.ParentID == "" {
		p.DomainID = homeDomain(c, given)
	}
	keystone.ProjectChange{Tags: given.words("tags"), Options: given.object("options")}.Apply(&p)
	if err := c.Authorize(policy.Target{"target.project.domain_id": p.DomainID, "target.project.parent_id": p.ParentID}); err != nil {
		return nil, err
	}
	p, err := a.Resource.CreateProject(ctx, p)
	return view{"project": projectView(c, p)}, err
}

func (a *API) listProjects(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	q := a.query(c, "domain_id", "enabled", "name", "parent_id", "is_domain")
	if !has(q, "is_domain") { // domains are listed only when asked for; as keystone/api/projects.py
		q.Where = append(q.Where, keystone.Condition{Attribute: "is_domain", Value: false})
	}
	q, err := a.inDomain(c, q)
	if err != nil {
		return nil, err
	}
	wanted := tagFilter(c.Query())
	limit := q.Limit
	if wanted != nil {
		q.Limit = 0
	}
	return a.kept(ctx, c, true, func() (view, error) {
		projects, err := a.Resource.Projects(ctx, q)
		if wanted != nil {
			projects = wanted(projects, limit)
		}
		return collection(a, c, "projects", projects, projectView), err
	})
}

// project is the project of the path, once the caller may do the route's thing to it.
func (a *API) project(ctx context.Context, c *rest.Call) (keystone.Project, error) {
	p, err := a.Resource.Project(ctx, c.Path("id"))
	target := policy.Target{
		"target.project.id": p.ID, "target.project.domain_id": p.HomeDomain(), "target.project.parent_id": p.ParentID, "project_id": p.ID,
	}
	if denied := c.Authorize(target); denied != nil {
		return p, denied
	}
	return p, err
}

func (a *API) showProject(ctx context.Context, c *rest.Call) (view, error) {
	p, err := a.project(ctx, c)
	if err != nil {
		return nil, err
	}
	v := projectView(c, p)
	return view{"project": v}, a.family(ctx, c, p, v)
}

func (a *API) updateProject(ctx context.Context, c *rest.Call, in body) (view, error) {
	p, err := a.project(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["project"]
	if err := fixed(given, p); err != nil {
		return nil, err
	}
	p, err = a.Resource.UpdateProject(ctx, p.ID, projectChange(given))
	v := projectView(c, p)
	v["extra"] = options(p.Extra) // upstream shows it twice after an update, and only then
	return view{"project": v}, err
}

// fixed refuses to change what makes a project's place. As keystone/resource/core.py, _update_project.
func fixed(given attributes, p keystone.Project) error {
	if err := given.same("id", p.ID, "ID"); err != nil {
		return err
	}
	if err := given.same("domain_id", p.DomainID, "Domain ID"); err != nil {
		return err
	}
	if parent := given.text("parent_id"); parent != nil && *parent != p.ParentID {
		return keystone.Forbidden("Update of `parent_id` is not allowed.")
	}
	if is := given.flag("is_domain"); is != nil && *is != p.IsDomain {
		return keystone.Invalid("Update of `is_domain` is not allowed.")
	}
	return nil
}

func projectChange(given attributes) keystone.ProjectChange {
	return keystone.ProjectChange{
		Name: given.text("name"), Description: given.nullable("description"), Enabled: given.flag("enabled"), Tags: given.words("tags"),
		Options: given.object("options"), Extra: given.extra(projectKnown...),
	}
}

func (a *API) deleteProject(ctx context.Context, c *rest.Call) error {
	p, err := a.project(ctx, c)
	if err != nil {
		return err
	}
	return a.Resource.DeleteProject(ctx, p.ID)
}

func projectView(c *rest.Call, p keystone.Project) view {
	return seen(c, "projects/"+p.ID, p.Extra, view{
		"id": p.ID, "name": p.Name, "domain_id": orNull(p.DomainID), "parent_id": orNull(p.ParentID), "description": p.Description,
		"enabled": p.Enabled, "is_domain": p.IsDomain, "tags": tags(p.Tags), "options": options(p.Options),
	})
}
