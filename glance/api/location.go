package api

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) locationRoutes() []rest.Route {
	return []rest.Route{
		{Do: "DELETE /v2/stores/{store}/{id}", Rule: "delete_image_location", Status: 204, Run: rest.Do(a.deleteFromStore)},
	}
}

// deleteFromStore removes an image's bits from one of the stores that it lies in. The order of what is looked at is upstream's,
// glance/api/v2/images.py, delete_from_store.
func (a *API) deleteFromStore(ctx context.Context, c *rest.Call) error {
	if _, ok := a.Stores.Named(c.Path("store")); !ok {
		return glance.Conflict("The selected store %s is not available on this node.", c.Path("store"))
	}
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if f := fault.Of(err); f != nil && f.Name == "ImageNotFound" {
		return fault.New(fault.NotFound, f.Name, "Failed to find image %s", c.Path("id"))
	}
	if err != nil {
		return err
	}
	for _, rule := range []string{"get_image_location", "delete_image_location"} {
		if err := authorize(c, rule, i); err != nil {
			return err
		}
	}
	return a.Transfer.DeleteFromStore(ctx, caller(c), i.ID, c.Path("store"))
}
