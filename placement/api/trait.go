package api

import (
	"context"
	"strings"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
	"cumulet/placement/manager"
)

func (a *API) traitRoutes() []rest.Route {
	set := rest.Body(schema(generation+`, "traits": {"type": "array", "items": `+owner+`}`, "traits resource_provider_generation"))
	const at, rule, ofProvider = " /resource_providers/{uuid}/traits", "placement:traits:", "placement:resource_providers:traits:"
	return since(rest.V(1, 6), []rest.Route{
		{Do: "GET /traits", Rule: rule + "list", Query: rest.Body(query("name", "associated")), Status: 200, Run: rest.Get(a.listTraits)},
		{Do: "GET /traits/{name}", Rule: rule + "show", Status: 204, Run: rest.Do(a.showTrait)},
		{Do: "PUT /traits/{name}", Rule: rule + "update", Status: 204, Run: rest.Do(a.createTrait)},
		{Do: "DELETE /traits/{name}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteTrait)},
		{Do: "GET" + at, Rule: ofProvider + "list", Status: 200, Run: rest.Get(a.listProviderTraits)},
		{Do: "PUT" + at, Rule: ofProvider + "update", In: set, Status: 200, Run: rest.JSON(a.setProviderTraits)},
		{Do: "DELETE" + at, Rule: ofProvider + "delete", Status: 204, Run: rest.Do(a.deleteProviderTraits)},
	}...)
}

type traitsView struct {
	Traits     []string `json:"traits"`
	Generation *int     `json:"resource_provider_generation,omitempty"`
}

func (a *API) listTraits(ctx context.Context, c *rest.Call) (v traitsView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	q, err := traitQuery(c)
	if err != nil {
		return v, err
	}
	list, err := a.Manager.Traits(ctx, q)
	v.Traits = []string{}
	var newest time.Time
	for _, t := range list {
		v.Traits = append(v.Traits, t.Name)
		newest = later(newest, t.CreatedAt)
	}
	a.fresh(c, newest)
	return v, err
}

func traitQuery(c *rest.Call) (q manager.TraitQuery, err error) {
	given := c.Query()
	if given.Has("name") {
		name := last(given, "name")
		operator, value, ok := strings.Cut(name, ":")
		switch {
		case !ok:
			return q, placement.Invalid("Badly formatted name parameter. Expected name query string parameter in form: "+
				`?name=[in|startswith]:[name1,name2|prefix]. Got: "%s"`, name)
		case operator == "in":
			q.Names = strings.Split(value, ",")
		case operator == "startswith":
			q.Prefix = value
		}
	}
	if given.Has("associated") {
		value := strings.ToLower(last(given, "associated"))
		if value != "true" && value != "false" {
			return q, placement.Invalid(`The query parameter "associated" only accepts "true" or "false"`)
		}
		associated := value == "true"
		q.Associated = &associated
	}
	return q, nil
}

func (a *API) showTrait(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	t, err := a.Manager.Trait(ctx, c.Path("name"))
	a.fresh(c, t.CreatedAt)
	return err
}

func (a *API) createTrait(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	t, created, err := a.Manager.CreateTrait(ctx, c.Path("name"))
	if err != nil {
		return err
	}
	if created {
		c.SetStatus(201)
	}
	c.Header().Set("Location", a.path("/traits/"+t.Name))
	a.fresh(c, t.CreatedAt)
	return nil
}

func (a *API) deleteTrait(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteTrait(ctx, c.Path("name"))
}

func (a *API) listProviderTraits(ctx context.Context, c *rest.Call) (v traitsView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, traits, err := a.Manager.ProviderTraits(ctx, c.Path("uuid"))
	a.fresh(c, p.UpdatedAt)
	return traitsView{Traits: append([]string{}, traits...), Generation: &p.Generation}, err
}

type traitsBody struct {
	Traits     []string `json:"traits"`
	Generation int      `json:"resource_provider_generation"`
}

func (a *API) setProviderTraits(ctx context.Context, c *rest.Call, in traitsBody) (v traitsView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, err := a.Manager.SetProviderTraits(ctx, c.Path("uuid"), &in.Generation, in.Traits)
	a.fresh(c, p.UpdatedAt)
	return traitsView{Traits: in.Traits, Generation: &p.Generation}, err
}

func (a *API) deleteProviderTraits(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	_, err := a.Manager.SetProviderTraits(ctx, c.Path("uuid"), nil, nil)
	return err
}
