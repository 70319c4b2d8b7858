package api

import (
	"context"
	"regexp"
	"time"

	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
	"cumulet/placement"
)

func (a *API) usageRoutes() []rest.Route {
	q := rest.Body(query("project_id", "user_id")).From(rest.V(1, 38), query("project_id", "user_id", "consumer_type"))
	return []rest.Route{
		{Do: "GET /resource_providers/{uuid}/usages", Rule: "placement:resource_providers:usages", Status: 200, Run: rest.Get(a.listProviderUsages)},
		{Do: "GET /usages", Rule: "placement:usages", Min: rest.V(1, 9), Query: q, Status: 200, Run: rest.Get(a.listUsages)},
	}
}

type providerUsagesView struct {
	Generation int            `json:"resource_provider_generation"`
	Usages     map[string]int `json:"usages"`
}

func (a *API) listProviderUsages(ctx context.Context, c *rest.Call) (v providerUsagesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, list, err := a.Manager.ProviderUsages(ctx, c.Path("uuid"))
	v = providerUsagesView{p.Generation, map[string]int{}}
	for _, u := range list {
		v.Usages[u.ResourceClass] = u.Used
	}
	a.fresh(c, time.Time{})
	return v, err
}

type usagesView struct {
	// Usages is by class; since 1.38 by type of consumer, and then by class with a "consumer_count" among them.
	Usages any `json:"usages"`
}

var consumerTypeAsked = regexp.MustCompile(`^([A-Z0-9_]+|all|unknown)$`)

func (a *API) listUsages(ctx context.Context, c *rest.Call) (v usagesView, err error) {
	q := c.Query()
	f := placement.UsageFilter{ProjectID: last(q, "project_id"), UserID: last(q, "user_id"), ConsumerType: last(q, "consumer_type")}
	if err := c.Authorize(policy.Target{"project_id": f.ProjectID}); err != nil {
		return v, err
	}
	switch {
	case f.ProjectID == "":
		return v, badQuery("'project_id' is a required property")
	case q.Has("consumer_type") && (!consumerTypeAsked.MatchString(f.ConsumerType) || len(f.ConsumerType) > 255):
		return v, badQuery("'%s' does not match '^[A-Z0-9_]+$|^all|^unknown$'", f.ConsumerType)
	}
	byType := c.Version.AtLeast(1, 38)
	if !byType {
		f.ConsumerType = "all"
	}
	types, err := a.Manager.ProjectUsages(ctx, f)
	a.fresh(c, time.Time{})
	all := map[string]map[string]int{}
	for _, t := range types {
		all[t.ConsumerType] = map[string]int{}
		for _, u := range t.Usages {
			all[t.ConsumerType][u.ResourceClass] = u.Used
		}
		if byType {
			all[t.ConsumerType]["consumer_count"] = t.ConsumerCount
		}
	}
	if byType {
		return usagesView{all}, err
	}
	if all["all"] == nil {
		return usagesView{map[string]int{}}, err
	}
	return usagesView{all["all"]}, err
}
