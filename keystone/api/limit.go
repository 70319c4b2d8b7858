package api

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) limitRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/limits/model", Rule: "identity:get_limit_model", Status: 200, Run: rest.Get(a.showLimitModel)},
		{Do: "POST /v3/limits", Rule: "identity:create_limits", In: rest.Body(limitsCreate), Status: 201, Run: rest.JSON(a.createLimits)},
		{Do: "GET /v3/limits", Rule: "identity:list_limits", Status: 200, Run: rest.Get(a.listLimits)},
		{Do: "GET /v3/limits/{id}", Rule: "identity:get_limit", Status: 200, Run: rest.Get(a.showLimit)},
		{Do: "PATCH /v3/limits/{id}", Rule: "identity:update_limit", In: rest.Body(limitUpdate), Status: 200, Run: rest.JSON(a.updateLimit)},
		{Do: "DELETE /v3/limits/{id}", Rule: "identity:delete_limit", Status: 204, Run: rest.Do(a.deleteLimit)},
	}
}

// limitsCreate takes limits of projects and of domains; either is keystone/limit/schema.py's.
var limitsCreate = createMany("limits", maxLimits, `{"type": "object", "oneOf": [`+limitOf("project_id")+`, `+limitOf("domain_id")+`]}`)

func limitOf(owner string) string {
	return fmt.Sprintf(`{"additionalProperties": false, "required": [%q, "service_id", "resource_name", "resource_limit"], "properties": {%s,
		%q: %s, "region_id": {"type": "string", "minLength": 1, "maxLength": 255}, "resource_limit": %s}}`,
		owner, resourceMembers, owner, idString, limitedAmount)
}

var limitUpdate = updateOnly("limit", `"resource_limit": `+limitedAmount+`, "description": {"type": ["string", "null"]}`)

func (a *API) showLimitModel(_ context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	m := a.Limit.Model()
	return view{"model": view{"name": m.Name, "description": m.Description}}, nil
}

type limitsBody struct {
	Limits []struct {
		ProjectID     string  `json:"project_id"`
		DomainID      string  `json:"domain_id"`
		ServiceID     string  `json:"service_id"`
		RegionID      string  `json:"region_id"`
		ResourceName  string  `json:"resource_name"`
		ResourceLimit int     `json:"resource_limit"`
		Description   *string `json:"description"`
	} `json:"limits"`
}

func (a *API) createLimits(ctx context.Context, c *rest.Call, in limitsBody) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	limits := make([]keystone.Limit, len(in.Limits))
	for i, given := range in.Limits {
		limits[i] = keystone.Limit{
			ProjectID: given.ProjectID, DomainID: given.DomainID,
			LimitedResource: keystone.LimitedResource{ServiceID: given.ServiceID, RegionID: given.RegionID, ResourceName: given.ResourceName},
			ResourceLimit:   given.ResourceLimit, Description: given.Description,
		}
	}
	limits, err := a.Limit.CreateLimits(ctx, limits)
	return view{"limits": views(c, limits, limitView)}, err
}

// listLimits shows by the token's scope, not its roles: the system's all, a domain's those within, a project's its own, and one
// without a scope none. As keystone/api/limits.py, _list_limits.
func (a *API) listLimits(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	q := a.query(c, "service_id", "region_id", "resource_name", "project_id", "domain_id")
	var limits []keystone.Limit
	var err error
	switch {
	case c.Who.SystemScope != "":
		limits, err = a.Limit.Limits(ctx, q)
	case c.Who.DomainID != "":
		limits, err = a.Limit.LimitsInDomain(ctx, c.Who.DomainID, q)
	case c.Who.ProjectID != "":
		limits, err = a.Limit.Limits(ctx, q.And("project_id", c.Who.ProjectID))
	}
	return collection(a, c, "limits", limits, limitView), err
}

// showLimit asks the rule first: who may not see all limits is not told that one is not there.
func (a *API) showLimit(ctx context.Context, c *rest.Call) (view, error) {
	l, err := a.Limit.Limit(ctx, c.Path("id"))
	target, failed := a.limitTarget(ctx, l)
	if failed != nil {
		return nil, failed
	}
	if denied := c.Authorize(target); denied != nil {
		return nil, denied
	}
	return view{"limit": limitView(c, l)}, err
}

// limitTarget is what the rule asks about a limit: whose it is, and in which domain that lies. As keystone/api/limits.py,
// _build_limit_enforcement_target.
func (a *API) limitTarget(ctx context.Context, l keystone.Limit) (policy.Target, error) {
	target := policy.Target{"target.limit.project_id": orNull(l.ProjectID), "target.limit.domain.id": orNull(l.DomainID)}
	if l.ProjectID == "" {
		return target, nil
	}
	p, err := a.Resource.Project(ctx, l.ProjectID)
	if fault.Is(err, fault.NotFound) {
		return target, nil
	}
	target["target.limit.project.domain_id"] = orNull(p.DomainID)
	return target, err
}

type limitBody struct {
	Limit struct {
		ResourceLimit *int                  `json:"resource_limit"`
		Description   rest.Optional[string] `json:"description"`
	} `json:"limit"`
}

func (a *API) updateLimit(ctx context.Context, c *rest.Call, in limitBody) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	l, err := a.Limit.UpdateLimit(ctx, c.Path("id"), keystone.LimitChange{
		ResourceLimit: in.Limit.ResourceLimit, Description: orNil(in.Limit.Description),
	})
	return view{"limit": limitView(c, l)}, err
}

func (a *API) deleteLimit(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Limit.DeleteLimit(ctx, c.Path("id"))
}

// includeLimits adds their limits to projects that are shown as relatives of another, by their ids, all read at once. As
// keystone/resource/core.py, _include_limits, without links.
func (a *API) includeLimits(ctx context.Context, shown map[string]view) error {
	limits, err := a.Limit.LimitsByProject(ctx, slices.Sorted(maps.Keys(shown)))
	of := map[string][]view{}
	for _, l := range limits {
		of[l.ProjectID] = append(of[l.ProjectID], limitMembers(l))
	}
	for id, v := range shown {
		v["limits"] = append([]view{}, of[id]...)
	}
	return err
}

func limitView(c *rest.Call, l keystone.Limit) view {
	return seen(c, "limits/"+l.ID, nil, limitMembers(l))
}

func limitMembers(l keystone.Limit) view {
	return view{
		"id": l.ID, "project_id": orNull(l.ProjectID), "domain_id": orNull(l.DomainID), "service_id": l.ServiceID,
		"region_id": orNull(l.RegionID), "resource_name": l.ResourceName, "resource_limit": l.ResourceLimit, "description": l.Description,
	}
}
