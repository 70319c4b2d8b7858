package api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) quotaRoutes() []rest.Route {
	q := rest.Body(querySchema(true, "user_id")).From(rest.V(2, 75), querySchema(false, "user_id"))
	const at, rule = " /v2.1/os-quota-sets/{id}", "os_compute_api:os-quota-sets:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "show", Query: q, Status: 200, Run: rest.Get(a.showQuota)},
		{Do: "GET" + at + "/detail", Rule: rule + "detail", Query: q, Status: 200, Run: rest.Get(a.detailQuota)},
		{Do: "GET" + at + "/defaults", Rule: rule + "defaults", Status: 200, Run: rest.Get(a.defaultQuota)},
		{Do: "PUT" + at, Rule: rule + "update", Query: q, In: quotaSchemas("quota_set", 36, true), Status: 200, Run: rest.JSON(a.updateQuota)},
		{Do: "DELETE" + at, Rule: rule + "delete", Query: q, Status: 202, Run: rest.Do(a.deleteQuota)},
	}
}

const (
	quotaResources = "instances cores ram metadata_items key_pairs server_groups server_group_members"
	networkQuotas  = " fixed_ips floating_ips security_groups security_group_rules"
	fileQuotas     = " injected_files injected_file_content_bytes injected_file_path_bytes"
)

// resourcesShown are the resources by microversion: network's go with 2.36 (2.50 in classes), files' with 2.57.
func resourcesShown(c *rest.Call, withoutNetworks int) []string {
	names := quotaResources
	if !c.Version.AtLeast(2, withoutNetworks) {
		names += networkQuotas
	}
	if !c.Version.AtLeast(2, 57) {
		names += fileQuotas
	}
	return strings.Fields(names)
}

func quotaSchemas(name string, withoutNetworks int, force bool) rest.Schemas {
	const limit = `{"type": ["integer", "string"], "pattern": "^-?[0-9]{1,10}$", "minimum": -1, "maximum": 2147483647}`
	schema := func(names string) *rest.Schema {
		var members []string
		for _, n := range strings.Fields(names) {
			members = append(members, `"`+n+`": `+limit)
		}
		if force {
			members = append(members, `"force": `+boolean)
		}
		return rest.MustSchema(wrapped(name, object(strings.Join(members, ", "), "")))
	}
	return rest.Body(schema(quotaResources+networkQuotas+fileQuotas+" networks")).
		From(rest.V(2, withoutNetworks), schema(quotaResources+fileQuotas)).
		From(rest.V(2, 57), schema(quotaResources))
}

// quotaOf authorizes on a project's quota and tells which user's is meant, "" for the project's.
func quotaOf(c *rest.Call) (project, user string, err error) {
	project = c.Path("id")
	return project, c.Query().Get("user_id"), c.Authorize(policy.Target{"project_id": project})
}

// knownQuotaOf is quotaOf for a project that must be there; upstream lets only quotas of projects that are gone be deleted.
func (a *API) knownQuotaOf(ctx context.Context, c *rest.Call) (project, user string, err error) {
	if project, user, err = quotaOf(c); err != nil {
		return "", "", err
	}
	return project, user, a.Projects.CheckProject(ctx, c.Who, project)
}

func viewQuota(c *rest.Call, limits nova.Limits, withoutNetworks int) view {
	v := view{}
	for _, name := range resourcesShown(c, withoutNetworks) {
		if limit, ok := limits[name]; ok {
			v[name] = limit
		}
	}
	return v
}

func (a *API) showQuota(ctx context.Context, c *rest.Call) (view, error) {
	project, user, err := a.knownQuotaOf(ctx, c)
	if err != nil {
		return nil, err
	}
	limits, err := a.Manager.Quota(ctx, project, user)
	v := viewQuota(c, limits, 36)
	v["id"] = project
	return view{"quota_set": v}, err
}

func (a *API) defaultQuota(ctx context.Context, c *rest.Call) (view, error) {
	project, _, err := a.knownQuotaOf(ctx, c)
	if err != nil {
		return nil, err
	}
	limits, err := a.Manager.DefaultQuota(ctx)
	v := viewQuota(c, limits, 36)
	v["id"] = project
	return view{"quota_set": v}, err
}

func (a *API) detailQuota(ctx context.Context, c *rest.Call) (view, error) {
	project, user, err := a.knownQuotaOf(ctx, c)
	if err != nil {
		return nil, err
	}
	usages, err := a.Manager.Usage(ctx, project, user)
	v := view{"id": project}
	for _, name := range resourcesShown(c, 36) {
		u := usages[name]
		v[name] = view{"limit": u.Limit, "in_use": u.InUse, "reserved": u.Reserved}
	}
	return view{"quota_set": v}, err
}

type quotaBody struct {
	Quota map[string]text `json:"quota_set"`
	Class map[string]text `json:"quota_class_set"`
}

// readLimits reads the limits of a body; networks' are refused, as nobody counts them here.
func readLimits(given map[string]text) (limits nova.Limits, force bool, err error) {
	limits = nova.Limits{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch value := given[name]; name {
		case "networks":
			return nil, false, bad("The networks quota has been removed")
		case "force":
			force = isTrue(string(value))
		default:
			var n number
			if err := n.UnmarshalJSON([]byte(value)); err != nil || n < -1 {
				return nil, false, bad("Invalid input for field/attribute %s. Value: %s.", name, value)
			}
			limits[name] = int(n)
		}
	}
	return limits, force, nil
}

func (a *API) updateQuota(ctx context.Context, c *rest.Call, in quotaBody) (view, error) {
	project, user, err := a.knownQuotaOf(ctx, c)
	if err != nil {
		return nil, err
	}
	limits, force, err := readLimits(in.Quota)
	if err != nil {
		return nil, err
	}
	limits, err = a.Manager.SetQuota(ctx, project, user, limits, force)
	if fault.Is(err, fault.Quota) { // as _validate_quota_limit: less than what is in use is a bad request
		return nil, bad("%s", fault.Of(err).Text)
	}
	return view{"quota_set": viewQuota(c, limits, 36)}, err
}

func (a *API) deleteQuota(ctx context.Context, c *rest.Call) error {
	project, user, err := quotaOf(c)
	if err != nil {
		return err
	}
	return a.Manager.ResetQuota(ctx, project, user)
}
