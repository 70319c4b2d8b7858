package api

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) registeredLimitRoutes() []rest.Route {
	const limits = "/v3/registered_limits"
	return []rest.Route{
		{Do: "POST " + limits, Rule: "identity:create_registered_limits", In: rest.Body(registeredLimitsCreate), Status: 201,
			Run: rest.JSON(a.createRegisteredLimits)},
		{Do: "GET " + limits, Rule: "identity:list_registered_limits", Status: 200, Run: rest.Get(a.listRegisteredLimits)},
		{Do: "GET " + limits + "/{id}", Rule: "identity:get_registered_limit", Status: 200, Run: rest.Get(a.showRegisteredLimit)},
		{Do: "PATCH " + limits + "/{id}", Rule: "identity:update_registered_limit", In: rest.Body(registeredLimitUpdate), Status: 200,
			Run: rest.JSON(a.updateRegisteredLimit)},
		{Do: "DELETE " + limits + "/{id}", Rule: "identity:delete_registered_limit", Status: 204, Run: rest.Do(a.deleteRegisteredLimit)},
	}
}

// These are keystone/limit/schema.py's. A region's bounds are those of its id, which upstream looks for in vain.
const (
	idString        = `{"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}`
	limitedAmount   = `{"type": "integer", "minimum": -1, "maximum": 2147483647}`
	resourceMembers = `
	"service_id": ` + idString + `,
	"resource_name": {"type": "string", "minLength": 1, "maxLength": 255},
	"description": {"type": ["string", "null"]}`
	registeredLimitMembers = resourceMembers + `,
	"region_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
	"default_limit": ` + limitedAmount
)

// maxLimits bounds how many limits one request makes; upstream does not.
const maxLimits = 1024

var registeredLimitsCreate = createMany("registered_limits", maxLimits, fmt.Sprintf(`{"type": "object", "additionalProperties": false,
	"required": ["service_id", "resource_name", "default_limit"], "properties": {%s}}`, registeredLimitMembers))

var registeredLimitUpdate = updateOnly("registered_limit", registeredLimitMembers)

type registeredLimitsBody struct {
	Limits []struct {
		ServiceID    string  `json:"service_id"`
		RegionID     string  `json:"region_id"`
		ResourceName string  `json:"resource_name"`
		DefaultLimit int     `json:"default_limit"`
		Description  *string `json:"description"`
	} `json:"registered_limits"`
}

func (a *API) createRegisteredLimits(ctx context.Context, c *rest.Call, in registeredLimitsBody) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	limits := make([]keystone.RegisteredLimit, len(in.Limits))
	for i, given := range in.Limits {
		limits[i] = keystone.RegisteredLimit{
			LimitedResource: keystone.LimitedResource{ServiceID: given.ServiceID, RegionID: given.RegionID, ResourceName: given.ResourceName},
			DefaultLimit:    given.DefaultLimit, Description: given.Description,
		}
	}
	limits, err := a.Limit.CreateRegisteredLimits(ctx, limits)
	return view{"registered_limits": views(c, limits, registeredLimitView)}, err
}

func (a *API) listRegisteredLimits(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	limits, err := a.Limit.RegisteredLimits(ctx, a.query(c, "service_id", "region_id", "resource_name"))
	return collection(a, c, "registered_limits", limits, registeredLimitView), err
}

func (a *API) showRegisteredLimit(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	l, err := a.Limit.RegisteredLimit(ctx, c.Path("id"))
	return view{"registered_limit": registeredLimitView(c, l)}, err
}

type registeredLimitBody struct {
	Limit struct {
		ServiceID    *string               `json:"service_id"`
		RegionID     rest.Optional[string] `json:"region_id"`
		ResourceName *string               `json:"resource_name"`
		DefaultLimit *int                  `json:"default_limit"`
		Description  rest.Optional[string] `json:"description"`
	} `json:"registered_limit"`
}

func (a *API) updateRegisteredLimit(ctx context.Context, c *rest.Call, in registeredLimitBody) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in.Limit
	change := keystone.RegisteredLimitChange{
		ServiceID: given.ServiceID, ResourceName: given.ResourceName, DefaultLimit: given.DefaultLimit, Description: orNil(given.Description),
	}
	if given.RegionID.Set {
		change.RegionID = &given.RegionID.Value // "" for null
	}
	l, err := a.Limit.UpdateRegisteredLimit(ctx, c.Path("id"), change)
	return view{"registered_limit": registeredLimitView(c, l)}, err
}

func (a *API) deleteRegisteredLimit(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Limit.DeleteRegisteredLimit(ctx, c.Path("id"))
}

func registeredLimitView(c *rest.Call, l keystone.RegisteredLimit) view {
	return seen(c, "registered_limits/"+l.ID, nil, view{
		"id": l.ID, "service_id": l.ServiceID, "region_id": orNull(l.RegionID), "resource_name": l.ResourceName,
		"default_limit": l.DefaultLimit, "description": l.Description,
	})
}
