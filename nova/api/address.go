package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) addressRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2.1/servers/{id}/ips", Rule: "os_compute_api:ips:index", Status: 200, Run: rest.Get(a.listAddresses)},
		{Do: "GET /v2.1/servers/{id}/ips/{network}", Rule: "os_compute_api:ips:show", Status: 200, Run: rest.Get(a.showAddresses)},
	}
}

func (a *API) listAddresses(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	return view{"addresses": addressesByNetwork(s, false)}, err
}

func (a *API) showAddresses(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	list, found := addressesByNetwork(s, false)[c.Path("network")]
	if !found {
		return nil, none("Instance is not a member of specified network")
	}
	return view{c.Path("network"): list}, nil
}
