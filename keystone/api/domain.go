package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) domainRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/domains", Rule: "identity:create_domain", In: rest.Body(domainCreate), Status: 201, Run: rest.JSON(a.createDomain)},
		{Do: "GET /v3/domains", Rule: "identity:list_domains", Status: 200, Run: rest.Get(a.listDomains)},
		{Do: "GET /v3/domains/{id}", Rule: "identity:get_domain", Status: 200, Run: rest.Get(a.showDomain)},
		{Do: "PATCH /v3/domains/{id}", Rule: "identity:update_domain", In: rest.Body(domainUpdate), Status: 200, Run: rest.JSON(a.updateDomain)},
		{Do: "DELETE /v3/domains/{id}", Rule: "identity:delete_domain", Status: 204, Run: rest.Do(a.deleteDomain)},
	}
}

// domainMembers are keystone/resource/schema.py's.
const domainMembers = `
	"name": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "[\\S]+"},
	"description": {"type": ["string", "null"]},
	"enabled": {"type": "boolean"},
	"tags": ` + tagList + `,
	"options": {"type": "object", "additionalProperties": false, "properties": {"immutable": {"type": ["boolean", "null"]}}}`

var domainCreate, domainUpdate = create("domain", domainMembers, "name"), update("domain", domainMembers)

func (a *API) createDomain(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["domain"]
	d := keystone.NewDomain(given.word("name"), given.word("description"))
	d.ID, d.Enabled, d.Extra = given.word("explicit_domain_id"), given.flagOr("enabled", true), given.extra(domainKnown...)
	keystone.ProjectChange{Tags: given.words("tags"), Options: given.object("options")}.Apply(&d)
	d, err := a.Resource.CreateDomain(ctx, d)
	return view{"domain": domainView(c, d)}, err
}

var domainKnown = append([]string{"explicit_domain_id"}, projectKnown...)

func (a *API) listDomains(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	q := a.query(c, "name", "enabled")
	q.Where = append(q.Where, keystone.Condition{Attribute: "is_domain", Value: true})
	domains, err := a.Resource.Projects(ctx, q)
	return collection(a, c, "domains", domains, domainView), err
}

// domain is the domain of the path, once the caller may do the route's thing to it.
func (a *API) domain(ctx context.Context, c *rest.Call) (keystone.Project, error) {
	d, err := a.Resource.Domain(ctx, c.Path("id"))
	if denied := c.Authorize(policy.Target{"target.domain.id": d.ID}); denied != nil {
		return d, denied
	}
	return d, err
}

func (a *API) showDomain(ctx context.Context, c *rest.Call) (view, error) {
	d, err := a.domain(ctx, c)
	return view{"domain": domainView(c, d)}, err
}

func (a *API) updateDomain(ctx context.Context, c *rest.Call, in body) (view, error) {
	d, err := a.domain(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in["domain"]
	if err := given.same("id", d.ID, "ID"); err != nil {
		return nil, err
	}
	d, err = a.Resource.UpdateDomain(ctx, d.ID, projectChange(given))
	return view{"domain": domainView(c, d)}, err
}

func (a *API) deleteDomain(ctx context.Context, c *rest.Call) error {
	d, err := a.domain(ctx, c)
	if err != nil {
		return err
	}
	return a.Resource.DeleteDomain(ctx, d.ID)
}

func domainView(c *rest.Call, d keystone.Project) view {
	return seen(c, "domains/"+d.ID, d.Extra, view{
		"id": d.ID, "name": d.Name, "description": d.Description, "enabled": d.Enabled, "tags": tags(d.Tags), "options": options(d.Options),
	})
}
