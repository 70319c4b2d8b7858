package api

import (
	"context"

	"cumulet/neutron"
	"cumulet/oslo/rest"
)

func (a *API) availabilityRoutes() []rest.Route {
	at := "GET /v2.0/network-ip-availabilities"
	return []rest.Route{
		{Do: at, Rule: "get_network_ip_availability", Status: 200, Run: rest.Get(a.listAvailability)},
		{Do: at + "/{id}", Rule: "get_network_ip_availability", Status: 200, Run: rest.Get(a.showAvailability)},
	}
}

func (a *API) listAvailability(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	q := neutron.Query{Scope: scope(c), Filters: map[string][]any{}}
	for param, attribute := range map[string]string{"network_id": "id", "network_name": "name", "project_id": "project_id", "tenant_id": "project_id"} {
		for _, v := range c.Query()[param] {
			q.Filters[attribute] = append(q.Filters[attribute], v)
		}
	}
	list, err := a.Plugin.IPAvailability(ctx, q)
	views := make([]any, len(list))
	for i, of := range list {
		views[i] = availabilityView(of)
	}
	return map[string]any{"network_ip_availabilities": views}, err
}

func (a *API) showAvailability(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	q := neutron.By("id", c.Path("id"))
	q.Scope = scope(c)
	list, err := a.Plugin.IPAvailability(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, neutron.NetworkNotFound(c.Path("id"))
	}
	return map[string]any{"network_ip_availability": availabilityView(list[0])}, nil
}

func availabilityView(of neutron.IPAvailability) map[string]any {
	subnets := make([]any, len(of.Subnets))
	for i, s := range of.Subnets {
		subnets[i] = map[string]any{
			"subnet_id": s.Subnet.ID, "subnet_name": s.Subnet.Name, "ip_version": s.Subnet.IPVersion(),
			"cidr": s.Subnet.CIDR.String(), "used_ips": s.Used, "total_ips": s.Total,
		}
	}
	n := of.Network
	return map[string]any{
		"network_id": n.ID, "network_name": n.Name, "project_id": n.ProjectID, "tenant_id": n.ProjectID,
		"subnet_ip_availability": subnets, "used_ips": of.Used, "total_ips": of.Total,
	}
}
