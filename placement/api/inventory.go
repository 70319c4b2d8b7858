package api

import (
	"context"
	"encoding/json"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
	"cumulet/placement/manager"
)

const inventoryFields = `"total": ` + column + `1}, "reserved": ` + column + `0}, "min_unit": ` + column + `1}, "max_unit": ` +
	column + `1}, "step_size": ` + column + `1}, "allocation_ratio": {"type": "number", "minimum": 0, "maximum": 3.40282e+38}`

// inventoriesSchema is a provider's whole inventory, in PUT and in the reshaper.
func inventoriesSchema() string {
	one := object(generation+", "+inventoryFields, "total")
	return object(generation+`, "inventories": {"type": "object", "patternProperties": {"`+classPattern+`": `+one+
		`}, "additionalProperties": false}`, "resource_provider_generation inventories")
}

func (a *API) inventoryRoutes() []rest.Route {
	one := rest.Body(schema(generation+", "+inventoryFields, "total resource_provider_generation"))
	add := rest.Body(schema(generation+", "+inventoryFields+`, "resource_class": {"type": "string", "pattern": "`+classPattern+`"}`,
		"total resource_class"))
	all := rest.Body(rest.MustSchema(inventoriesSchema()))
	const at, rule = " /resource_providers/{uuid}/inventories", "placement:resource_providers:inventories:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "list", Status: 200, Run: rest.Get(a.listInventories)},
		{Do: "POST" + at, Rule: rule + "create", In: add, Status: 201, Run: rest.JSON(a.createInventory)},
		{Do: "PUT" + at, Rule: rule + "update", In: all, Status: 200, Run: rest.JSON(a.setInventories)},
		{Do: "DELETE" + at, Rule: rule + "delete", Min: rest.V(1, 5), Status: 204, Run: rest.Do(a.deleteInventories)},
		{Do: "GET" + at + "/{resource_class}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showInventory)},
		{Do: "PUT" + at + "/{resource_class}", Rule: rule + "update", In: one, Status: 200, Run: rest.JSON(a.updateInventory)},
		{Do: "DELETE" + at + "/{resource_class}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteInventory)},
	}
}

// inventoryBody is an inventory as given: what is left out has upstream's defaults.
type inventoryBody struct {
	ResourceClass   string   `json:"resource_class"`
	Generation      int      `json:"resource_provider_generation"`
	Total           int      `json:"total"`
	Reserved        int      `json:"reserved"`
	MinUnit         int      `json:"min_unit"`
	MaxUnit         int      `json:"max_unit"`
	StepSize        int      `json:"step_size"`
	AllocationRatio *float64 `json:"allocation_ratio"`
}

// UnmarshalJSON starts from the defaults.
func (b *inventoryBody) UnmarshalJSON(raw []byte) error {
	type plain inventoryBody
	given := plain{MinUnit: 1, MaxUnit: placement.MaxInt, StepSize: 1}
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	*b = inventoryBody(given)
	return nil
}

func (b inventoryBody) noun(providerID, class string) placement.Inventory {
	ratio := 1.0
	if b.AllocationRatio != nil {
		ratio = *b.AllocationRatio
	}
	return placement.Inventory{
		ProviderID: providerID, ResourceClass: class, Total: b.Total, Reserved: b.Reserved, MinUnit: b.MinUnit,
		MaxUnit: b.MaxUnit, StepSize: b.StepSize, AllocationRatio: ratio,
	}
}

type inventoryView struct {
	Total           int     `json:"total"`
	Reserved        int     `json:"reserved"`
	MinUnit         int     `json:"min_unit"`
	MaxUnit         int     `json:"max_unit"`
	StepSize        int     `json:"step_size"`
	AllocationRatio float64 `json:"allocation_ratio"`
	// Generation stands in answers of one inventory, unless it is zero.
	Generation int `json:"resource_provider_generation,omitempty"`
}

type inventoriesView struct {
	Generation  int                      `json:"resource_provider_generation"`
	Inventories map[string]inventoryView `json:"inventories"`
}

func viewInventory(i placement.Inventory, generation int) inventoryView {
	return inventoryView{
		Total: i.Total, Reserved: i.Reserved, MinUnit: i.MinUnit, MaxUnit: i.MaxUnit, StepSize: i.StepSize,
		AllocationRatio: i.AllocationRatio, Generation: generation,
	}
}

func (a *API) viewInventories(c *rest.Call, p placement.ResourceProvider, list []placement.Inventory) inventoriesView {
	v := inventoriesView{Generation: p.Generation, Inventories: map[string]inventoryView{}}
	var newest time.Time
	for _, i := range list {
		v.Inventories[i.ResourceClass] = viewInventory(i, 0)
		newest = later(newest, i.UpdatedAt)
	}
	a.fresh(c, newest)
	return v
}

func inventoryRule(c *rest.Call) manager.InventoryRule {
	return manager.InventoryRule{ReservedMayBeTotal: c.Version.AtLeast(1, 26)}
}

func (a *API) listInventories(ctx context.Context, c *rest.Call) (v inventoriesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, list, err := a.Manager.Inventories(ctx, c.Path("uuid"))
	if err != nil {
		return v, err
	}
	return a.viewInventories(c, p, list), nil
}

func (a *API) showInventory(ctx context.Context, c *rest.Call) (v inventoryView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, i, err := a.Manager.Inventory(ctx, c.Path("uuid"), c.Path("resource_class"))
	if err != nil {
		return v, err
	}
	a.fresh(c, i.UpdatedAt)
	return viewInventory(i, p.Generation), nil
}

func (a *API) createInventory(ctx context.Context, c *rest.Call, in inventoryBody) (v inventoryView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	i := in.noun(c.Path("uuid"), in.ResourceClass)
	p, err := a.Manager.AddInventory(ctx, i, inventoryRule(c))
	if err != nil {
		return v, err
	}
	c.Header().Set("Location", a.path("/resource_providers/"+p.ID+"/inventories/"+in.ResourceClass))
	a.fresh(c, p.UpdatedAt)
	return viewInventory(i, p.Generation), nil
}

type inventoriesBody struct {
	Generation  int                      `json:"resource_provider_generation"`
	Inventories map[string]inventoryBody `json:"inventories"`
}

func (b inventoriesBody) nouns(providerID string) []placement.Inventory {
	var list []placement.Inventory
	for class, i := range b.Inventories {
		list = append(list, i.noun(providerID, class))
	}
	return list
}

func (a *API) setInventories(ctx context.Context, c *rest.Call, in inventoriesBody) (v inventoriesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	list := in.nouns(c.Path("uuid"))
	p, err := a.Manager.SetInventories(ctx, c.Path("uuid"), in.Generation, list, inventoryRule(c))
	if err != nil {
		return v, err
	}
	return a.viewInventories(c, p, list), nil
}

func (a *API) updateInventory(ctx context.Context, c *rest.Call, in inventoryBody) (v inventoryView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	i := in.noun(c.Path("uuid"), c.Path("resource_class"))
	p, err := a.Manager.UpdateInventory(ctx, in.Generation, i, inventoryRule(c))
	if err != nil {
		return v, err
	}
	a.fresh(c, p.UpdatedAt)
	return viewInventory(i, p.Generation), nil
}

func (a *API) deleteInventory(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteInventory(ctx, c.Path("uuid"), c.Path("resource_class"))
}

func (a *API) deleteInventories(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteInventories(ctx, c.Path("uuid"))
}
