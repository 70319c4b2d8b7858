package api

import (
	"context"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
)

func (a *API) resourceClassRoutes() []rest.Route {
	name := rest.Body(schema(`"name": {"type": "string", "pattern": "`+customPattern+`", "maxLength": 255}`, "name"))
	const rule = "placement:resource_classes:"
	return append(since(rest.V(1, 2), []rest.Route{
		{Do: "GET /resource_classes", Rule: rule + "list", Status: 200, Run: rest.Get(a.listResourceClasses)},
		{Do: "POST /resource_classes", Rule: rule + "create", In: name, Status: 201, Run: rest.Act(a.createResourceClass)},
		{Do: "GET /resource_classes/{name}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showResourceClass)},
		{Do: "PUT /resource_classes/{name}", Rule: rule + "update", Max: rest.V(1, 6), In: name, Status: 200, Run: rest.JSON(a.renameResourceClass)},
		{Do: "DELETE /resource_classes/{name}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteResourceClass)},
	}...), rest.Route{
		Do: "PUT /resource_classes/{name}", Rule: rule + "update", Min: rest.V(1, 7), Status: 204, Run: rest.Do(a.putResourceClass),
	})
}

type resourceClassView struct {
	Name  string `json:"name"`
	Links []link `json:"links"`
}

type resourceClassesView struct {
	ResourceClasses []resourceClassView `json:"resource_classes"`
}

func (a *API) viewResourceClass(name string) resourceClassView {
	return resourceClassView{name, []link{{"self", a.path("/resource_classes/" + name)}}}
}

func (a *API) listResourceClasses(ctx context.Context, c *rest.Call) (v resourceClassesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	list, err := a.Manager.ResourceClasses(ctx)
	var newest time.Time
	for _, class := range list {
		v.ResourceClasses = append(v.ResourceClasses, a.viewResourceClass(class.Name))
		newest = later(newest, class.CreatedAt)
	}
	a.fresh(c, newest)
	return v, err
}

func (a *API) showResourceClass(ctx context.Context, c *rest.Call) (v resourceClassView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	class, err := a.Manager.ResourceClass(ctx, c.Path("name"))
	a.fresh(c, class.CreatedAt)
	return a.viewResourceClass(class.Name), err
}

type nameBody struct {
	Name string `json:"name"`
}

func (a *API) createResourceClass(ctx context.Context, c *rest.Call, in nameBody) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	created, err := a.Manager.CreateResourceClass(ctx, in.Name)
	if err == nil && !created {
		err = placement.Conflicting("ResourceClassExists", "Conflicting resource class already exists: %s", in.Name)
	}
	c.Header().Set("Location", a.path("/resource_classes/"+in.Name))
	return err
}

// putResourceClass makes sure that a class is there (1.7).
func (a *API) putResourceClass(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	name := c.Path("name")
	if !placement.Custom(name) {
		return placement.Invalid("JSON does not validate: '%s' does not match '%s'", name, customPattern)
	}
	created, err := a.Manager.CreateResourceClass(ctx, name)
	if created {
		c.SetStatus(201)
	}
	c.Header().Set("Location", a.path("/resource_classes/"+name))
	return err
}

func (a *API) renameResourceClass(ctx context.Context, c *rest.Call, in nameBody) (v resourceClassView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	err = a.Manager.RenameResourceClass(ctx, c.Path("name"), in.Name)
	return a.viewResourceClass(in.Name), err
}

func (a *API) deleteResourceClass(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteResourceClass(ctx, c.Path("name"))
}
