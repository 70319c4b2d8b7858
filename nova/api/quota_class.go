package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) quotaClassRoutes() []rest.Route {
	const at, rule = " /v2.1/os-quota-class-sets/{id}", "os_compute_api:os-quota-class-sets:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "show", Status: 200, Run: rest.Get(a.showQuotaClass)},
		{Do: "PUT" + at, Rule: rule + "update", In: quotaSchemas("quota_class_set", 50, false), Status: 200, Run: rest.JSON(a.updateQuotaClass)},
	}
}

// viewQuotaClass leaves server groups out before 2.50; as nova/api/openstack/compute/quota_classes.py.
func viewQuotaClass(c *rest.Call, limits nova.Limits) view {
	v := viewQuota(c, limits, 50)
	if !c.Version.AtLeast(2, 50) {
		delete(v, "server_groups")
		delete(v, "server_group_members")
	}
	return v
}

func (a *API) showQuotaClass(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	limits, err := a.Manager.DefaultQuota(ctx)
	v := viewQuotaClass(c, limits)
	v["id"] = c.Path("id")
	return view{"quota_class_set": v}, err
}

// updateQuotaClass sets the limits of the class "default", the only one that limits anybody.
func (a *API) updateQuotaClass(ctx context.Context, c *rest.Call, in quotaBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	if c.Path("id") != "default" {
		return nil, bad("Only the quota class default is in use.")
	}
	limits, _, err := readLimits(in.Class)
	if err != nil {
		return nil, err
	}
	limits, err = a.Manager.SetDefaultQuota(ctx, limits)
	return view{"quota_class_set": viewQuotaClass(c, limits)}, err
}
