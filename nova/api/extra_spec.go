package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) extraSpecRoutes() []rest.Route {
	specs := `{"type": "object", "additionalProperties": false, "maxProperties": 256, "patternProperties": {"` + metadataKey +
		`": {"type": ["string", "number"], "maxLength": 255}}`
	all := rest.Body(rest.MustSchema(object(`"extra_specs": `+specs+"}", "extra_specs")))
	one := rest.Body(rest.MustSchema(specs + `, "minProperties": 1, "maxProperties": 1}`))
	const at, rule = " /v2.1/flavors/{id}/os-extra_specs", "os_compute_api:os-flavor-extra-specs:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "index", Status: 200, Run: rest.Get(a.listExtraSpecs)},
		{Do: "POST" + at, Rule: rule + "create", In: all, Status: 200, Run: rest.JSON(a.createExtraSpecs)},
		{Do: "GET" + at + "/{key}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showExtraSpec)},
		{Do: "PUT" + at + "/{key}", Rule: rule + "update", In: one, Status: 200, Run: rest.JSON(a.updateExtraSpec)},
		{Do: "DELETE" + at + "/{key}", Rule: rule + "delete", Status: 200, Run: rest.Do(a.deleteExtraSpec)},
	}
}

func (a *API) extraSpecs(ctx context.Context, c *rest.Call) (map[string]string, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	f, err := a.Manager.Flavor(ctx, c.Who, c.Path("id"))
	return orEmpty(f.ExtraSpecs), err
}

func (a *API) listExtraSpecs(ctx context.Context, c *rest.Call) (view, error) {
	specs, err := a.extraSpecs(ctx, c)
	return view{"extra_specs": specs}, err
}

func (a *API) showExtraSpec(ctx context.Context, c *rest.Call) (view, error) {
	specs, err := a.extraSpecs(ctx, c)
	if err != nil {
		return nil, err
	}
	key := c.Path("key")
	value, found := specs[key]
	if !found {
		return nil, none("Flavor %s has no extra specs with key %s.", c.Path("id"), key)
	}
	return view{key: value}, nil
}

type extraSpecsBody struct {
	ExtraSpecs map[string]text `json:"extra_specs"`
}

func plain(specs map[string]text) map[string]string {
	all := make(map[string]string, len(specs))
	for k, v := range specs {
		all[k] = string(v)
	}
	return all
}

func (a *API) createExtraSpecs(ctx context.Context, c *rest.Call, in extraSpecsBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	_, err := a.Manager.SetExtraSpecs(ctx, c.Path("id"), plain(in.ExtraSpecs))
	return view{"extra_specs": plain(in.ExtraSpecs)}, err
}

func (a *API) updateExtraSpec(ctx context.Context, c *rest.Call, in map[string]text) (map[string]string, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	if _, named := in[c.Path("key")]; !named {
		return nil, bad("Request body and URI mismatch")
	}
	_, err := a.Manager.SetExtraSpecs(ctx, c.Path("id"), plain(in))
	return plain(in), err
}

func (a *API) deleteExtraSpec(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteExtraSpec(ctx, c.Path("id"), c.Path("key"))
}
