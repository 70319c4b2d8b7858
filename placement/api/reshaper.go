package api

import (
	"context"

	"cumulet/oslo/rest"
	"cumulet/placement/manager"
)

func (a *API) reshaperRoutes() []rest.Route {
	var in rest.Schemas
	for _, minor := range []int{30, 34, 38} {
		in = in.From(rest.V(1, minor), schema(
			`"inventories": {"type": "object", "minProperties": 1, "additionalProperties": false, "patternProperties": {"`+
				uuidPattern+`": `+inventoriesSchema()+`}}, "allocations": `+claimsSchema(max(minor, 28), 0), "inventories allocations"))
	}
	return []rest.Route{
		{Do: "POST /reshaper", Rule: "placement:reshaper:reshape", Min: rest.V(1, 30), In: in, Status: 204, Run: rest.Act(a.reshape)},
	}
}

type reshaperBody struct {
	Inventories map[string]inventoriesBody `json:"inventories"`
	Allocations map[string]claimBody       `json:"allocations"`
}

func (a *API) reshape(ctx context.Context, c *rest.Call, in reshaperBody) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	inventories := map[string]manager.Reshaped{}
	for id, body := range in.Inventories {
		id = dashed(id)
		inventories[id] = manager.Reshaped{Generation: body.Generation, Inventories: body.nouns(id)}
	}
	return a.Manager.Reshape(ctx, inventories, claimsOf(c, in.Allocations))
}
