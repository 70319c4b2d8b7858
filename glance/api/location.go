package api

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry"
)

func (a *API) locationRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v2/images/{id}/locations", Rule: "add_image_location", Status: 202, Run: rest.Do(a.addLocation)},
		{Do: "GET /v2/images/{id}/locations", Rule: "fetch_image_location", Status: 200, Run: rest.Get(a.listLocations)},
		{Do: "DELETE /v2/stores/{store}/{id}", Rule: "delete_image_location", Status: 204, Run: rest.Do(a.deleteFromStore)},
	}
}

// locationBody is what a place is named with.
type locationBody struct {
	URL        *string `json:"url"`
	Validation struct {
		HashAlgo  string `json:"os_hash_algo"`
		HashValue string `json:"os_hash_value"`
	} `json:"validation_data"`
}

// addLocation has an image without bits get them from a place of the web, in the background. The order of what is looked at is
// upstream's, glance/api/v2/images.py, add_location.
func (a *API) addLocation(ctx context.Context, c *rest.Call) error {
	if _, err := decode(c.Raw); err != nil {
		return err
	}
	var body locationBody
	d := json.NewDecoder(bytes.NewReader(c.Raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil || body.URL == nil {
		return glance.Invalid("Provided object does not match schema 'location'").Because(err)
	}
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return err
	}
	if err := i.MayRelocateFirst(); err != nil {
		return err
	}
	if err := authorize(c, "add_image_location", i); err != nil {
		return err
	}
	if _, ok := a.web(""); !ok && !slices.Contains(c.Who.Roles, "service") {
		return glance.Forbidden("http store must be enabled to use location API by normal user.")
	}
	claim := glance.Claim{
		DiskFormat: i.DiskFormat, ContainerFormat: i.ContainerFormat, HashAlgo: body.Validation.HashAlgo, HashValue: body.Validation.HashValue,
	}
	if claim.Location, err = a.locate(i, *body.URL, ""); err != nil {
		return err
	}
	will := i
	if err := will.Relocate(glance.Change{Operation: glance.Add, Position: "-", Claims: []glance.Claim{claim}}); err != nil {
		return err
	}
	input, err := json.Marshal(map[string]any{"image_id": i.ID, "loc_url": *body.URL, "validation_data": body.Validation})
	if err != nil {
		return err
	}
	_, err = a.Registry.AddLocation(ctx, caller(c), glance.AddLocation{ID: i.ID, RequestID: telemetry.RequestID(ctx), Claim: claim, Input: input})
	return err
}

// listLocations tells other services where an image's bits lie.
func (a *API) listLocations(ctx context.Context, c *rest.Call) ([]locationView, error) {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return nil, err
	}
	return a.locations(i), authorize(c, "fetch_image_location", i)
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

// locationView is a place where an image's bits lie.
type locationView struct {
	URL      string         `json:"url"`
	Metadata map[string]any `json:"metadata"`
}

// viewLocations adds to an image where its bits lie, as far as this site shows it at all, and to this caller. direct_url is the best
// of the places. As glance/api/v2/images.py, ResponseSerializer._format_image.
func (a *API) viewLocations(v imageView, c *rest.Call, i glance.Image) {
	if !a.Config.ShowLocations && !a.Config.ShowDirectURL {
		return
	}
	if !c.Allowed("get_image_location", target(i)) {
		i.Locations = nil
	}
	if a.Config.ShowLocations {
		v["locations"] = a.locations(i)
	}
	if a.Config.ShowDirectURL && len(i.Locations) > 0 {
		v["direct_url"] = a.url(a.Transfer.ByWeight(i.Locations)[0])
	}
}

func (a *API) locations(i glance.Image) []locationView {
	all := []locationView{}
	for _, l := range i.Locations {
		all = append(all, locationView{URL: a.url(l), Metadata: map[string]any{"store": l.Store}})
	}
	return all
}

// url is where bits lie; of a store that is not configured any more no more than its name is known.
func (a *API) url(l glance.Location) string {
	s, ok := a.Stores.Named(l.Store)
	if !ok {
		return l.Store + "://" + l.Key
	}
	return s.URL(l.Key)
}
