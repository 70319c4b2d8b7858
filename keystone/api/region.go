package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) regionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/regions", Rule: "identity:create_region", In: rest.Body(regionCreate), Status: 201, Run: rest.JSON(a.createRegion)},
		{Do: "PUT /v3/regions/{id}", Rule: "identity:create_region", In: rest.Body(regionCreate), Status: 201, Run: rest.JSON(a.createRegion)},
		{Do: "GET /v3/regions", Rule: "identity:list_regions", Status: 200, Run: rest.Get(a.listRegions)},
		{Do: "GET /v3/regions/{id}", Rule: "identity:get_region", Status: 200, Run: rest.Get(a.showRegion)},
		{Do: "PATCH /v3/regions/{id}", Rule: "identity:update_region", In: rest.Body(regionUpdate), Status: 200, Run: rest.JSON(a.updateRegion)},
		{Do: "DELETE /v3/regions/{id}", Rule: "identity:delete_region", Status: 204, Run: rest.Do(a.deleteRegion)},
	}
}

// regionMembers are keystone/catalog/schema.py's.
const regionMembers = `
	"id": {"type": "string", "maxLength": 255},
	"description": {"type": ["string", "null"]},
	"parent_region_id": {"type": ["string", "null"], "maxLength": 255}`

var regionCreate, regionUpdate = create("region", regionMembers, ""), update("region", regionMembers)

var regionKnown = []string{"description", "parent_region_id"}

func (a *API) createRegion(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["region"]
	id := given.word("id")
	if path := c.Path("id"); path != "" {
		if id != "" && id != path {
			return nil, keystone.Invalid("Conflicting region IDs specified: \"%s\" != \"%s\"", path, id)
		}
		id = path
	}
	r, err := a.Catalog.CreateRegion(ctx, keystone.Region{
		ID: id, Description: given.word("description"), ParentID: given.word("parent_region_id"), Extra: given.extra(regionKnown...),
	})
	return view{"region": regionView(c, r)}, err
}

func (a *API) listRegions(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	q := a.query(c).And("parent_id", c.Query().Get("parent_region_id"))
	regions, err := a.Catalog.Regions(ctx, q)
	return collection(a, c, "regions", regions, regionView), err
}

func (a *API) showRegion(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	r, err := a.Catalog.Region(ctx, c.Path("id"))
	return view{"region": regionView(c, r)}, err
}

func (a *API) updateRegion(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["region"]
	if err := given.same("id", c.Path("id"), "ID"); err != nil {
		return nil, err
	}
	r, err := a.Catalog.UpdateRegion(ctx, c.Path("id"), keystone.RegionChange{
		Description: given.text("description"), ParentID: given.text("parent_region_id"), Extra: given.extra(regionKnown...),
	})
	return view{"region": regionView(c, r)}, err
}

func (a *API) deleteRegion(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Catalog.DeleteRegion(ctx, c.Path("id"))
}

func regionView(c *rest.Call, r keystone.Region) view {
	return seen(c, "regions/"+r.ID, r.Extra, view{"id": r.ID, "description": r.Description, "parent_region_id": orNull(r.ParentID)})
}
