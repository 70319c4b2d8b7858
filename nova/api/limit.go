package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) limitRoutes() []rest.Route {
	q := rest.Body(querySchema(true, "tenant_id")).From(rest.V(2, 75), querySchema(false, "tenant_id"))
	return []rest.Route{{Do: "GET /v2.1/limits", Rule: "os_compute_api:limits", Query: q, Status: 200, Run: rest.Get(a.listLimits)}}
}

// limitNames are the limits' names on the wire, and until which microversion they are shown (0: always); as
// nova/api/openstack/compute/limits.py and views/limits.py.
func limitNames() []struct {
	resource, name, used string
	until                int
} {
	return []struct {
		resource, name, used string
		until                int
	}{
		{"ram", "maxTotalRAMSize", "totalRAMUsed", 0},
		{"instances", "maxTotalInstances", "totalInstancesUsed", 0},
		{"cores", "maxTotalCores", "totalCoresUsed", 0},
		{"key_pairs", "maxTotalKeypairs", "", 0},
		{"metadata_items", "maxServerMeta", "", 0},
		{"metadata_items", "maxImageMeta", "", 38},
		{"server_groups", "maxServerGroups", "totalServerGroupsUsed", 0},
		{"server_group_members", "maxServerGroupMembers", "", 0},
		{"floating_ips", "maxTotalFloatingIps", "totalFloatingIpsUsed", 35},
		{"security_groups", "maxSecurityGroups", "totalSecurityGroupsUsed", 35},
		{"security_group_rules", "maxSecurityGroupRules", "", 35},
		{"injected_files", "maxPersonality", "", 56},
		{"injected_file_content_bytes", "maxPersonalitySize", "", 56},
	}
}

func (a *API) listLimits(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	project := c.Who.ProjectID
	if c.Query().Has("tenant_id") {
		if err := c.AuthorizeRule("os_compute_api:limits:other_project", c.Mine()); err != nil {
			return nil, err
		}
		project = c.Query().Get("tenant_id")
	}
	usages, err := a.Manager.Usage(ctx, project, "")
	if err != nil {
		return nil, err
	}
	return view{"limits": view{"rate": []view{}, "absolute": absoluteLimits(c, usages)}}, nil
}

func absoluteLimits(c *rest.Call, usages nova.Usages) view {
	v := view{}
	for _, l := range limitNames() {
		if l.until != 0 && c.Version.AtLeast(2, l.until+1) {
			continue
		}
		v[l.name] = usages[l.resource].Limit
		if l.used != "" {
			v[l.used] = usages[l.resource].InUse
		}
	}
	return v
}
