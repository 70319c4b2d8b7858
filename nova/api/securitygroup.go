package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) securityGroupRoutes() []rest.Route {
	return []rest.Route{{
		Do: "GET /v2.1/servers/{id}/os-security-groups", Rule: "os_compute_api:os-security-groups:list", Status: 200,
		Run: rest.Get(a.listSecurityGroups),
	}}
}

// listSecurityGroups shows the groups of a server's ports; as nova/api/openstack/compute/security_groups.py.
func (a *API) listSecurityGroups(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	groups, err := a.Manager.SecurityGroups(ctx, c.Who, s)
	list := make([]view, len(groups))
	for i, g := range groups {
		list[i] = viewSecurityGroup(g)
	}
	return view{"security_groups": list}, err
}

func viewSecurityGroup(g nova.SecurityGroup) view {
	rules := make([]view, len(g.Rules))
	for i, r := range g.Rules {
		group, within := view{}, view{}
		if r.Group != "" {
			group = view{"name": r.Group, "tenant_id": r.GroupProjectID}
		} else {
			within = view{"cidr": r.CIDR}
		}
		rules[i] = view{
			"id": r.ID, "parent_group_id": g.ID, "ip_protocol": orNull(r.Protocol), "from_port": r.From, "to_port": r.To,
			"group": group, "ip_range": within,
		}
	}
	return view{"id": g.ID, "name": g.Name, "description": g.Description, "tenant_id": g.ProjectID, "rules": rules}
}
