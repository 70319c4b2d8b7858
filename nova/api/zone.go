package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) zoneRoutes() []rest.Route {
	const at, rule = "GET /v2.1/os-availability-zone", "os_compute_api:os-availability-zone:"
	return []rest.Route{
		{Do: at, Rule: rule + "list", Status: 200, Run: rest.Get(a.listZones)},
		{Do: at + "/detail", Rule: rule + "detail", Status: 200, Run: rest.Get(a.detailZones)},
	}
}

func (a *API) listZones(ctx context.Context, c *rest.Call) (view, error) {
	return a.zones(ctx, c, false)
}

func (a *API) detailZones(ctx context.Context, c *rest.Call) (view, error) {
	return a.zones(ctx, c, true)
}

func (a *API) zones(ctx context.Context, c *rest.Call, detail bool) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	zones, err := a.Manager.AvailabilityZones(ctx, detail)
	list := []view{}
	for _, zone := range zones {
		v := view{"zoneName": zone.Name, "zoneState": view{"available": zone.Available}, "hosts": nil}
		if detail && zone.Available {
			v["hosts"] = a.zoneHosts(zone)
		}
		list = append(list, v)
	}
	return view{"availabilityZoneInfo": list}, err
}

func (a *API) zoneHosts(zone nova.AvailabilityZone) view {
	hosts := view{}
	for host, services := range zone.Services {
		shown := view{}
		for binary, s := range services {
			shown[binary] = view{"available": s.Up(a.Now()), "active": !s.Disabled, "updated_at": microTime(s.UpdatedAt)}
		}
		hosts[host] = shown
	}
	return hosts
}
