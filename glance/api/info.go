package api

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/rest"
)

func (a *API) infoRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2/info/import", Rule: "default", Status: 200, Run: rest.Get(a.showImport)},
		{Do: "GET /v2/info/stores", Rule: "default", Status: 200, Run: rest.Get(a.listStores)},
		{Do: "GET /v2/info/stores/detail", Rule: "stores_info_detail", Status: 200, Run: rest.Get(a.listStoresDetail)},
		{Do: "GET /v2/info/usage", Rule: "default", Status: 200, Run: rest.Get(a.showUsage)},
	}
}

// importView lists the import methods.
type importView struct {
	Methods struct {
		Description string   `json:"description"`
		Type        string   `json:"type"`
		Value       []string `json:"value"`
	} `json:"import-methods"`
}

// showImport tells by which methods this site imports.
func (a *API) showImport(_ context.Context, c *rest.Call) (importView, error) {
	var v importView
	v.Methods.Description, v.Methods.Type, v.Methods.Value = "Import methods available.", "array", a.Config.ImportMethods
	return v, c.Authorize(c.Mine())
}

type storesView struct {
	Stores []storeView `json:"stores"`
}

type storeView struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	Default     string `json:"default,omitempty"`   // "true", a string upstream too
	ReadOnly    string `json:"read-only,omitempty"` // as Default
	*storeDetail
}

// storeDetail is what only administrators see.
type storeDetail struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Weight     int            `json:"weight"`
}

func (a *API) storeNames() []string {
	names := make([]string, len(a.Stores))
	for n, s := range a.Stores {
		names[n] = s.Name()
	}
	return names
}

func (a *API) listStores(_ context.Context, c *rest.Call) (storesView, error) {
	v := storesView{Stores: []storeView{}}
	for n, s := range a.Stores {
		one := storeView{ID: s.Name(), Description: s.Description}
		if n == 0 {
			one.Default = "true"
		}
		if s.ReadOnly {
			one.ReadOnly = "true"
		}
		v.Stores = append(v.Stores, one)
	}
	return v, c.Authorize(c.Mine())
}

func (a *API) listStoresDetail(ctx context.Context, c *rest.Call) (storesView, error) {
	v, err := a.listStores(ctx, c)
	for n, s := range a.Stores {
		v.Stores[n].storeDetail = &storeDetail{Type: s.Kind(), Properties: s.Properties(), Weight: s.Weight}
	}
	return v, err
}

// usageView has no members where nothing is held to keystone's limits, as upstream's.
type usageView struct {
	Usage map[string]glance.Usage `json:"usage"`
}

// showUsage tells what the caller's project has, and may have.
func (a *API) showUsage(ctx context.Context, c *rest.Call) (usageView, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return usageView{}, err
	}
	usage, err := a.Registry.Usage(ctx, caller(c))
	return usageView{usage}, err
}
