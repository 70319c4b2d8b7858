package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) flavorRoutes() []rest.Route {
	list := queries("limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir")
	update := rest.Body(rest.MustSchema(wrapped("flavor", object(`"description": `+flavorDescription, "description"))))
	const manage = "os_compute_api:os-flavor-manage:"
	return []rest.Route{
		{Do: "GET /v2.1/flavors", Rule: "os_compute_api:flavors", Query: list, Status: 200, Run: rest.Get(a.listFlavors)},
		{Do: "GET /v2.1/flavors/detail", Rule: "os_compute_api:flavors", Query: list, Status: 200, Run: rest.Get(a.detailFlavors)},
		{Do: "POST /v2.1/flavors", Rule: manage + "create", In: createFlavorSchemas(), Status: 200, Run: rest.JSON(a.createFlavor)},
		{Do: "GET /v2.1/flavors/{id}", Rule: "os_compute_api:flavors", Status: 200, Run: rest.Get(a.showFlavor)},
		{Do: "PUT /v2.1/flavors/{id}", Rule: manage + "update", Min: rest.V(2, 55), In: update, Status: 200, Run: rest.JSON(a.updateFlavor)},
		{Do: "DELETE /v2.1/flavors/{id}", Rule: manage + "delete", Status: 202, Run: rest.Do(a.deleteFlavor)},
	}
}

const flavorDescription = `{"type": ["string", "null"], "maxLength": 65535, "pattern": "^[^\\pC\\p{Zl}\\p{Zp}]*$"}`

func createFlavorSchemas() rest.Schemas {
	members := `"name": ` + named(namePattern) + `, "id": {"type": ["string", "number", "null"], "minLength": 1, "maxLength": 255,
		"pattern": "^[a-zA-Z0-9._-]([a-zA-Z0-9. _-]*[a-zA-Z0-9._-])?$"}, "ram": ` + positive + `, "vcpus": ` + positive + `,
		"disk": ` + nonNegative + `, "OS-FLV-EXT-DATA:ephemeral": ` + nonNegative + `, "swap": ` + nonNegative + `,
		"rxtx_factor": {"type": ["number", "string"], "pattern": "^[0-9]+(\\.[0-9]+)?$", "exclusiveMinimum": 0, "maximum": 3.40282e+38},
		"os-flavor-access:is_public": ` + boolean
	schema := func(members string) *rest.Schema {
		return rest.MustSchema(wrapped("flavor", object(members, "name ram vcpus disk")))
	}
	return rest.Body(schema(members)).From(rest.V(2, 55), schema(members+`, "description": `+flavorDescription))
}

// viewFlavor is a flavor in detail; as nova/api/openstack/compute/views/flavors.py.
func viewFlavor(c *rest.Call, f nova.Flavor) view {
	v := view{
		"id": f.ID, "name": f.Name, "ram": f.RAMMiB, "disk": f.DiskGiB, "swap": "", "OS-FLV-EXT-DATA:ephemeral": f.EphemeralGiB,
		"OS-FLV-DISABLED:disabled": f.Disabled, "vcpus": f.VCPUs, "os-flavor-access:is_public": f.Public, "rxtx_factor": f.RXTXFactor,
		"links": links(c, "flavors", f.ID),
	}
	if f.SwapMiB > 0 || c.Version.AtLeast(2, 75) {
		v["swap"] = f.SwapMiB
	}
	if c.Version.AtLeast(2, 55) {
		v["description"] = f.Description
	}
	if c.Version.AtLeast(2, 61) && c.Allowed("os_compute_api:os-flavor-extra-specs:index", c.Mine()) {
		v["extra_specs"] = orEmpty(f.ExtraSpecs)
	}
	return v
}

func (a *API) listFlavors(ctx context.Context, c *rest.Call) (view, error) {
	return a.flavorPage(ctx, c, "flavors", func(f nova.Flavor) view {
		v := view{"id": f.ID, "name": f.Name, "links": links(c, "flavors", f.ID)}
		if c.Version.AtLeast(2, 55) {
			v["description"] = f.Description
		}
		return v
	})
}

func (a *API) detailFlavors(ctx context.Context, c *rest.Call) (view, error) {
	return a.flavorPage(ctx, c, "flavors/detail", func(f nova.Flavor) view { return viewFlavor(c, f) })
}

func (a *API) flavorPage(ctx context.Context, c *rest.Call, path string, one func(nova.Flavor) view) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	f, err := flavorFilter(c)
	if err != nil {
		return nil, err
	}
	p, err := a.page(c)
	if err != nil {
		return nil, err
	}
	key, direction := c.Query().Get("sort_key"), c.Query().Get("sort_dir")
	const keys = "created_at description disabled ephemeral_gb flavorid id is_public memory_mb name root_gb rxtx_factor swap updated_at vcpu_weight vcpus"
	switch {
	case key != "" && !slices.Contains(strings.Fields(keys), key):
		return nil, badQuery("sort_key", key, "'%s' is not one of the keys to sort by", key)
	case direction != "" && direction != "asc" && direction != "desc":
		return nil, badQuery("sort_dir", direction, "'%s' is not one of ['asc', 'desc']", direction)
	case key == "":
		key = "flavorid"
	}
	p.Sort = []nova.Sort{{Key: key, Descending: direction == "desc"}}
	var flavors []nova.Flavor
	if p.Limit > 0 {
		if flavors, err = a.Manager.Flavors(ctx, f, p); err != nil {
			return nil, err
		}
	}
	list := make([]view, len(flavors))
	for i, flavor := range flavors {
		list[i] = one(flavor)
	}
	v := view{"flavors": list}
	if len(flavors) > 0 {
		if more := next(c, p.Limit, len(flavors), path, flavors[len(flavors)-1].ID); more != nil {
			v["flavors_links"] = more
		}
	}
	return v, nil
}

// flavorFilter reads which flavors are meant: others than the public ones are for administrators and those with access.
func flavorFilter(c *rest.Call) (f nova.FlavorFilter, err error) {
	q := c.Query()
	public := true
	f = nova.FlavorFilter{Public: &public, ProjectID: c.Who.ProjectID}
	if c.Who.Has("admin") {
		f.ProjectID, f.IncludeDisabled = "", true
		switch value := q.Get("is_public"); {
		case !q.Has("is_public"):
		case strings.EqualFold(strings.TrimSpace(value), "none"):
			f.Public = nil
		case isTrue(value):
		case isFalse(value):
			public = false
		default:
			return f, bad("Invalid is_public filter [%s]", value)
		}
	}
	for name, into := range map[string]*int{"minRam": &f.MinRAMMiB, "minDisk": &f.MinDiskGiB} {
		if !q.Has(name) {
			continue
		}
		if *into, err = strconv.Atoi(q.Get(name)); err != nil {
			return f, bad("Invalid %s filter [%s]", name, q.Get(name))
		}
	}
	return f, nil
}

func (a *API) showFlavor(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	f, err := a.Manager.Flavor(ctx, c.Who, c.Path("id"))
	if err != nil {
		return nil, err
	}
	return view{"flavor": viewFlavor(c, f)}, nil
}

type flavorBody struct {
	Flavor struct {
		ID          text    `json:"id"`
		Name        string  `json:"name"`
		Description *string `json:"description"`
		RAM         number  `json:"ram"`
		VCPUs       number  `json:"vcpus"`
		Disk        number  `json:"disk"`
		Ephemeral   number  `json:"OS-FLV-EXT-DATA:ephemeral"`
		Swap        number  `json:"swap"`
		RXTXFactor  text    `json:"rxtx_factor"`
		Public      *truth  `json:"os-flavor-access:is_public"`
	} `json:"flavor"`
}

func (a *API) createFlavor(ctx context.Context, c *rest.Call, in flavorBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	given := in.Flavor
	f := nova.Flavor{
		ID: string(given.ID), Name: strings.TrimSpace(given.Name), Description: given.Description, RAMMiB: int(given.RAM),
		VCPUs: int(given.VCPUs), DiskGiB: int(given.Disk), EphemeralGiB: int(given.Ephemeral), SwapMiB: int(given.Swap),
		RXTXFactor: 1, Public: given.Public == nil || bool(*given.Public), ExtraSpecs: map[string]string{},
	}
	if given.RXTXFactor != "" {
		factor, err := strconv.ParseFloat(string(given.RXTXFactor), 64)
		if err != nil || factor <= 0 {
			return nil, bad("Invalid input received: 'rxtx_factor' argument must be a float between 0 and 3.40282e+38")
		}
		f.RXTXFactor = factor
	}
	f, err := a.Manager.CreateFlavor(ctx, f)
	if err != nil {
		return nil, err
	}
	return view{"flavor": viewFlavor(c, f)}, nil
}

type flavorUpdateBody struct {
	Flavor struct {
		Description *string `json:"description"`
	} `json:"flavor"`
}

func (a *API) updateFlavor(ctx context.Context, c *rest.Call, in flavorUpdateBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	f, err := a.Manager.UpdateFlavor(ctx, c.Path("id"), in.Flavor.Description)
	if err != nil {
		return nil, err
	}
	return view{"flavor": viewFlavor(c, f)}, nil
}

func (a *API) deleteFlavor(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteFlavor(ctx, c.Path("id"))
}
