package api

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) aggregateRoutes() []rest.Route {
	zone := `{"anyOf": [` + named(zonePattern) + `, {"type": "null"}]}`
	create := rest.Body(rest.MustSchema(wrapped("aggregate", object(`"name": `+named(namePattern)+`, "availability_zone": `+zone, "name"))))
	update := rest.Body(rest.MustSchema(wrapped("aggregate", `{"type": "object", "additionalProperties": false, "minProperties": 1,
		"properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[^\\pC\\pZ]"}, "availability_zone": `+zone+`}}`)))
	const at, rule = " /v2.1/os-aggregates", "os_compute_api:os-aggregates:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "index", Status: 200, Run: rest.Get(a.listAggregates)},
		{Do: "POST" + at, Rule: rule + "create", In: create, Status: 200, Run: rest.JSON(a.createAggregate)},
		{Do: "GET" + at + "/{id}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showAggregate)},
		{Do: "PUT" + at + "/{id}", Rule: rule + "update", In: update, Status: 200, Run: rest.JSON(a.updateAggregate)},
		{Do: "DELETE" + at + "/{id}", Rule: rule + "delete", Status: 200, Run: rest.Do(a.deleteAggregate)},
		{Do: "POST" + at + "/{id}/action", Rule: rule + "show", Status: 200, Run: rest.Get(a.actOnAggregate)},
	}
}

func viewAggregate(c *rest.Call, g nova.Aggregate) view {
	v := view{
		"id": g.ID, "name": g.Name, "availability_zone": orNull(g.Zone()), "created_at": microTime(&g.CreatedAt),
		"updated_at": microTime(g.UpdatedAt), "deleted": false, "deleted_at": nil, "hosts": append([]string{}, g.Hosts...),
		"metadata": orEmpty(g.Metadata),
	}
	if c.Version.AtLeast(2, 41) {
		v["uuid"] = g.UUID
	}
	return v
}

// aggregateID authorizes and reads the aggregate's number.
func aggregateID(c *rest.Call, rule string) (int64, error) {
	if err := c.AuthorizeRule(rule, nil); err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(c.Path("id"), 10, 64)
	if err != nil {
		return 0, bad("id must be an integer")
	}
	return id, nil
}

func (a *API) listAggregates(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	found, err := a.Manager.Aggregates(ctx)
	list := make([]view, len(found))
	for i, g := range found {
		list[i] = viewAggregate(c, g)
	}
	return view{"aggregates": list}, err
}

type aggregateBody struct {
	Aggregate struct {
		Name *string               `json:"name"`
		Zone rest.Optional[string] `json:"availability_zone"`
	} `json:"aggregate"`
}

func (a *API) createAggregate(ctx context.Context, c *rest.Call, in aggregateBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	g, err := a.Manager.CreateAggregate(ctx, strings.TrimSpace(*in.Aggregate.Name), in.Aggregate.Zone.Value)
	if err != nil {
		return nil, err
	}
	v := viewAggregate(c, g)
	delete(v, "hosts")
	delete(v, "metadata")
	return view{"aggregate": v}, nil
}

func (a *API) showAggregate(ctx context.Context, c *rest.Call) (view, error) {
	id, err := aggregateID(c, c.Route.Rule)
	if err != nil {
		return nil, err
	}
	g, err := a.Manager.Aggregate(ctx, id)
	return view{"aggregate": viewAggregate(c, g)}, err
}

func (a *API) updateAggregate(ctx context.Context, c *rest.Call, in aggregateBody) (view, error) {
	id, err := aggregateID(c, c.Route.Rule)
	if err != nil {
		return nil, err
	}
	if in.Aggregate.Name != nil {
		*in.Aggregate.Name = strings.TrimSpace(*in.Aggregate.Name)
	}
	var zone *string
	if in.Aggregate.Zone.Set {
		zone = &in.Aggregate.Zone.Value
	}
	g, err := a.Manager.UpdateAggregate(ctx, id, in.Aggregate.Name, zone)
	return view{"aggregate": viewAggregate(c, g)}, err
}

func (a *API) deleteAggregate(ctx context.Context, c *rest.Call) error {
	id, err := aggregateID(c, c.Route.Rule)
	if err != nil {
		return err
	}
	return a.Manager.DeleteAggregate(ctx, id)
}

type aggregateActionBody struct {
	AddHost     *hostBody `json:"add_host"`
	RemoveHost  *hostBody `json:"remove_host"`
	SetMetadata *struct {
		Metadata map[string]*string `json:"metadata"`
	} `json:"set_metadata"`
}

type hostBody struct {
	Host string `json:"host"`
}

func aggregateActionSchema() rest.Schemas {
	host := object(`"host": `+fqdn, "host")
	nullable := `{"type": "object", "additionalProperties": false, "patternProperties": {"` + metadataKey +
		`": {"type": ["string", "null"], "maxLength": 255}}}`
	return rest.Body(rest.MustSchema(`{"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": {
		"add_host": ` + host + `, "remove_host": ` + host + `, "set_metadata": ` + object(`"metadata": `+nullable, "metadata") + `}}`))
}

// actOnAggregate puts a host in, takes one out, or writes properties.
func (a *API) actOnAggregate(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Check(aggregateActionSchema()); err != nil {
		return nil, err
	}
	var in aggregateActionBody
	if err := json.Unmarshal(c.Raw, &in); err != nil {
		return nil, bad(malformed)
	}
	rule := "os_compute_api:os-aggregates:set_metadata"
	switch {
	case in.AddHost != nil:
		rule = "os_compute_api:os-aggregates:add_host"
	case in.RemoveHost != nil:
		rule = "os_compute_api:os-aggregates:remove_host"
	}
	id, err := aggregateID(c, rule)
	if err != nil {
		return nil, err
	}
	var g nova.Aggregate
	switch {
	case in.AddHost != nil:
		g, err = a.Manager.AddAggregateHost(ctx, id, in.AddHost.Host)
	case in.RemoveHost != nil:
		g, err = a.Manager.RemoveAggregateHost(ctx, id, in.RemoveHost.Host)
	default:
		g, err = a.Manager.SetAggregateMetadata(ctx, id, in.SetMetadata.Metadata)
	}
	return view{"aggregate": viewAggregate(c, g)}, err
}
