package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) serviceRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/services", Rule: "identity:create_service", In: rest.Body(serviceCreate), Status: 201, Run: rest.JSON(a.createService)},
		{Do: "GET /v3/services", Rule: "identity:list_services", Status: 200, Run: rest.Get(a.listServices)},
		{Do: "GET /v3/services/{id}", Rule: "identity:get_service", Status: 200, Run: rest.Get(a.showService)},
		{Do: "PATCH /v3/services/{id}", Rule: "identity:update_service", In: rest.Body(serviceUpdate), Status: 200, Run: rest.JSON(a.updateService)},
		{Do: "DELETE /v3/services/{id}", Rule: "identity:delete_service", Status: 204, Run: rest.Do(a.deleteService)},
	}
}

// serviceMembers are keystone/catalog/schema.py's.
const serviceMembers = `
	"type": {"type": "string", "minLength": 1, "maxLength": 255},
	"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[\\S]+"},
	"enabled": {"type": "boolean"}`

var serviceCreate, serviceUpdate = create("service", serviceMembers, "type"), update("service", serviceMembers)

var serviceKnown = []string{"type", "name", "enabled"}

func (a *API) createService(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["service"]
	s, err := a.Catalog.CreateService(ctx, keystone.Service{
		Type: given.word("type"), Name: given.word("name"), Enabled: given.flagOr("enabled", true), Extra: given.extra(serviceKnown...),
	})
	return view{"service": serviceView(c, s)}, err
}

func (a *API) listServices(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	services, err := a.Catalog.Services(ctx, a.query(c, "type", "name"))
	return collection(a, c, "services", services, serviceView), err
}

func (a *API) showService(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	s, err := a.Catalog.Service(ctx, c.Path("id"))
	return view{"service": serviceView(c, s)}, err
}

func (a *API) updateService(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["service"]
	if err := given.same("id", c.Path("id"), "ID"); err != nil {
		return nil, err
	}
	s, err := a.Catalog.UpdateService(ctx, c.Path("id"), keystone.ServiceChange{
		Type: given.text("type"), Name: given.text("name"), Enabled: given.flag("enabled"), Extra: given.extra(serviceKnown...),
	})
	return view{"service": serviceView(c, s)}, err
}

func (a *API) deleteService(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.DeleteService(ctx, c.Path("id"))
}

// serviceView leaves out a name that was never given, as the reference does.
func serviceView(c *rest.Call, s keystone.Service) view {
	v := seen(c, "services/"+s.ID, s.Extra, view{"id": s.ID, "type": s.Type, "enabled": s.Enabled})
	if s.Name != "" {
		v["name"] = s.Name
	}
	return v
}
