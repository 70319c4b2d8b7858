package api

import (
	"context"
	"time"

	"cumulet/oslo/rest"
)

func (a *API) aggregateRoutes() []rest.Route {
	const list = `{"type": "array", "uniqueItems": true, "items": {"type": "string", "format": "uuid"}}`
	set := rest.Body(rest.MustSchema(list)).
		From(rest.V(1, 19), schema(`"aggregates": `+list+", "+generation, "aggregates resource_provider_generation"))
	const at, rule = " /resource_providers/{uuid}/aggregates", "placement:resource_providers:aggregates:"
	old := rest.Route{
		Do: "PUT" + at, Rule: rule + "update", Max: rest.V(1, 18), In: set, Status: 200,
		Run: rest.JSON(func(ctx context.Context, c *rest.Call, in []string) (aggregatesView, error) {
			return a.setAggregates(ctx, c, aggregatesBody{Aggregates: in})
		}),
	}
	return append(since(rest.V(1, 1),
		rest.Route{Do: "GET" + at, Rule: rule + "list", Status: 200, Run: rest.Get(a.listAggregates)}, old),
		rest.Route{Do: "PUT" + at, Rule: rule + "update", Min: rest.V(1, 19), In: set, Status: 200, Run: rest.JSON(a.setAggregates)})
}

type aggregatesView struct {
	Aggregates []string `json:"aggregates"`
	Generation *int     `json:"resource_provider_generation,omitempty"`
}

func (a *API) viewAggregates(c *rest.Call, list []string, generation int) aggregatesView {
	a.fresh(c, time.Time{})
	v := aggregatesView{Aggregates: append([]string{}, list...)}
	if c.Version.AtLeast(1, 19) {
		v.Generation = &generation
	}
	return v
}

func (a *API) listAggregates(ctx context.Context, c *rest.Call) (v aggregatesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, list, err := a.Manager.Aggregates(ctx, c.Path("uuid"))
	return a.viewAggregates(c, list, p.Generation), err
}

type aggregatesBody struct {
	Aggregates []string `json:"aggregates"`
	Generation *int     `json:"resource_provider_generation"`
}

func (a *API) setAggregates(ctx context.Context, c *rest.Call, in aggregatesBody) (v aggregatesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, err := a.Manager.SetAggregates(ctx, c.Path("uuid"), in.Generation, in.Aggregates)
	return a.viewAggregates(c, in.Aggregates, p.Generation), err
}
