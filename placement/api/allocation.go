package api

import (
	"context"
	"encoding/json"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
)

func (a *API) allocationRoutes() []rest.Route {
	put := rest.Body(rest.MustSchema(listedClaim(""))).
		From(rest.V(1, 8), rest.MustSchema(listedClaim("project_id user_id"))).
		From(rest.V(1, 12), rest.MustSchema(claimSchema(12, 1))).
		From(rest.V(1, 28), rest.MustSchema(claimSchema(28, 0))).
		From(rest.V(1, 34), rest.MustSchema(claimSchema(34, 0))).
		From(rest.V(1, 38), rest.MustSchema(claimSchema(38, 0)))
	var post rest.Schemas
	for _, minor := range []int{13, 28, 34, 38} {
		post = post.From(rest.V(1, minor), rest.MustSchema(claimsSchema(minor, 1)))
	}
	const rule = "placement:allocations:"
	return []rest.Route{
		{
			Do: "GET /resource_providers/{uuid}/allocations", Rule: "placement:resource_providers:allocations:list", Status: 200,
			Run: rest.Get(a.listProviderAllocations),
		},
		{Do: "POST /allocations", Rule: rule + "manage", Min: rest.V(1, 13), In: post, Status: 204, Run: rest.Act(a.setAllocations)},
		{Do: "GET /allocations/{consumer_uuid}", Rule: rule + "list", Status: 200, Run: rest.Get(a.listConsumerAllocations)},
		{Do: "PUT /allocations/{consumer_uuid}", Rule: rule + "update", In: put, Status: 204, Run: rest.Act(a.setConsumerAllocations)},
		{Do: "DELETE /allocations/{consumer_uuid}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteAllocations)},
	}
}

// claimBody is what one consumer shall have; as placement/schemas/allocation.py.
type claimBody struct {
	Allocations  allocationsBody `json:"allocations"`
	ProjectID    string          `json:"project_id"`
	UserID       string          `json:"user_id"`
	Generation   *int            `json:"consumer_generation"`
	ConsumerType string          `json:"consumer_type"`
}

// allocationsBody is resources by provider; before 1.12 it was a list that names the provider in each item.
type allocationsBody map[string]map[string]int

// UnmarshalJSON takes both forms.
func (b *allocationsBody) UnmarshalJSON(raw []byte) error {
	*b = allocationsBody{}
	if raw[0] != '[' {
		var byProvider map[string]struct {
			Resources map[string]int `json:"resources"`
		}
		if err := json.Unmarshal(raw, &byProvider); err != nil {
			return err
		}
		for id, item := range byProvider {
			(*b)[dashed(id)] = item.Resources
		}
		return nil
	}
	var items []struct {
		Provider struct {
			UUID string `json:"uuid"`
		} `json:"resource_provider"`
		Resources map[string]int `json:"resources"`
	}
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	for _, item := range items {
		(*b)[dashed(item.Provider.UUID)] = item.Resources
	}
	return nil
}

func (b claimBody) noun(c *rest.Call, consumerID string) placement.Claim {
	return placement.Claim{
		ConsumerID: dashed(consumerID), ProjectID: b.ProjectID, UserID: b.UserID, Type: b.ConsumerType,
		Generation: b.Generation, CheckGeneration: c.Version.AtLeast(1, 28), Allocations: b.Allocations,
	}
}

func claimsOf(c *rest.Call, in map[string]claimBody) []placement.Claim {
	var claims []placement.Claim
	for consumer, body := range in {
		claims = append(claims, body.noun(c, consumer))
	}
	return claims
}

func (a *API) setConsumerAllocations(ctx context.Context, c *rest.Call, in claimBody) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	consumer := c.Path("consumer_uuid")
	if !isUUID(consumer) {
		return placement.Invalid("Malformed consumer_uuid: %s", consumer)
	}
	return a.Manager.Claim(ctx, []placement.Claim{in.noun(c, consumer)})
}

func (a *API) setAllocations(ctx context.Context, c *rest.Call, in map[string]claimBody) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.Claim(ctx, claimsOf(c, in))
}

func (a *API) deleteAllocations(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteAllocations(ctx, c.Path("consumer_uuid"))
}

type resourcesView struct {
	Generation         *int           `json:"generation,omitempty"`
	ConsumerGeneration *int           `json:"consumer_generation,omitempty"`
	Resources          map[string]int `json:"resources"`
}

// consumerView is what a consumer has; who it is stands there only when it has something.
type consumerView struct {
	Allocations  map[string]*resourcesView `json:"allocations"`
	ProjectID    string                    `json:"project_id,omitempty"`
	UserID       string                    `json:"user_id,omitempty"`
	Generation   *int                      `json:"consumer_generation,omitempty"`
	ConsumerType string                    `json:"consumer_type,omitempty"`
}

func (a *API) listConsumerAllocations(ctx context.Context, c *rest.Call) (v consumerView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	consumer, list, providers, err := a.Manager.ConsumerAllocations(ctx, c.Path("consumer_uuid"))
	if err != nil {
		return v, err
	}
	v.Allocations = map[string]*resourcesView{}
	var newest time.Time
	for _, item := range list {
		if v.Allocations[item.ProviderID] == nil {
			generation := providers[item.ProviderID].Generation
			v.Allocations[item.ProviderID] = &resourcesView{Generation: &generation, Resources: map[string]int{}}
		}
		v.Allocations[item.ProviderID].Resources[item.ResourceClass] = item.Used
		newest = later(newest, item.CreatedAt)
	}
	a.fresh(c, newest)
	if len(list) == 0 {
		return v, nil
	}
	if c.Version.AtLeast(1, 12) {
		v.ProjectID, v.UserID = consumer.ProjectID, consumer.UserID
	}
	if c.Version.AtLeast(1, 28) {
		v.Generation = &consumer.Generation
	}
	if c.Version.AtLeast(1, 38) {
		if v.ConsumerType = consumer.Type; v.ConsumerType == "" {
			v.ConsumerType = placement.UnknownConsumerType
		}
	}
	return v, nil
}

type providerAllocationsView struct {
	Allocations map[string]*resourcesView `json:"allocations"`
	Generation  int                       `json:"resource_provider_generation"`
}

func (a *API) listProviderAllocations(ctx context.Context, c *rest.Call) (v providerAllocationsView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, list, consumers, err := a.Manager.ProviderAllocations(ctx, c.Path("uuid"))
	if err != nil {
		return v, err
	}
	v = providerAllocationsView{Allocations: map[string]*resourcesView{}, Generation: p.Generation}
	var newest time.Time
	for _, item := range list {
		if v.Allocations[item.ConsumerID] == nil {
			r := &resourcesView{Resources: map[string]int{}}
			if c.Version.AtLeast(1, 28) {
				generation := consumers[item.ConsumerID].Generation
				r.ConsumerGeneration = &generation
			}
			v.Allocations[item.ConsumerID] = r
		}
		v.Allocations[item.ConsumerID].Resources[item.ResourceClass] = item.Used
		newest = later(newest, item.CreatedAt)
	}
	a.fresh(c, newest)
	return v, nil
}
