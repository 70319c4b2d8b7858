package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
)

func (a *API) candidateRoutes() []rest.Route {
	return []rest.Route{{
		Do: "GET /allocation_candidates", Rule: "placement:allocation_candidates:list", Min: rest.V(1, 10),
		Query: candidateQueries(), Status: 200, Run: rest.Get(a.listCandidates),
	}}
}

// candidateView is one way to claim; its allocations are a list before 1.12.
type candidateView struct {
	Allocations any                 `json:"allocations"`
	Mappings    map[string][]string `json:"mappings,omitempty"`
}

type listedAllocationView struct {
	Provider struct {
		UUID string `json:"uuid"`
	} `json:"resource_provider"`
	Resources map[string]int `json:"resources"`
}

type summaryResourceView struct {
	Capacity int `json:"capacity"`
	Used     int `json:"used"`
}

type summaryView struct {
	Resources map[string]summaryResourceView `json:"resources"`
	Traits    *[]string                      `json:"traits,omitempty"`
	Parent    *orNull                        `json:"parent_provider_uuid,omitempty"`
	Root      *string                        `json:"root_provider_uuid,omitempty"`
}

type candidatesView struct {
	Requests  []candidateView        `json:"allocation_requests"`
	Summaries map[string]summaryView `json:"provider_summaries"`
}

func (a *API) listCandidates(ctx context.Context, c *rest.Call) (v candidatesView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	request, err := candidateRequest(c)
	if err != nil {
		return v, err
	}
	found, err := a.Manager.Candidates(ctx, request)
	if err != nil {
		return v, err
	}
	a.fresh(c, time.Time{})
	v = candidatesView{[]candidateView{}, map[string]summaryView{}}
	for _, one := range found.Candidates {
		v.Requests = append(v.Requests, viewCandidate(c, one))
	}
	asked := map[string]bool{}
	for _, g := range request.Groups {
		for class := range g.Resources {
			asked[class] = true
		}
	}
	for _, s := range found.Summaries {
		v.Summaries[s.Provider.ID] = viewSummary(c, s, asked)
	}
	return v, nil
}

func viewCandidate(c *rest.Call, one placement.Candidate) candidateView {
	if !c.Version.AtLeast(1, 12) {
		list := []listedAllocationView{}
		for _, id := range slices.Sorted(maps.Keys(one.Allocations)) {
			item := listedAllocationView{Resources: one.Allocations[id]}
			item.Provider.UUID = id
			list = append(list, item)
		}
		return candidateView{Allocations: list}
	}
	allocations := map[string]resourcesView{}
	for id, resources := range one.Allocations {
		allocations[id] = resourcesView{Resources: resources}
	}
	v := candidateView{Allocations: allocations}
	if c.Version.AtLeast(1, 34) {
		v.Mappings = one.Mappings
	}
	return v
}

// viewSummary shows the classes that were asked for; all of them since 1.27.
func viewSummary(c *rest.Call, s placement.ProviderSummary, asked map[string]bool) summaryView {
	v := summaryView{Resources: map[string]summaryResourceView{}}
	for class, r := range s.Resources {
		if asked[class] || c.Version.AtLeast(1, 27) {
			v.Resources[class] = summaryResourceView(r)
		}
	}
	if c.Version.AtLeast(1, 17) {
		traits := append([]string{}, s.Traits...)
		v.Traits = &traits
	}
	if c.Version.AtLeast(1, 29) {
		parent := orNull(s.Provider.ParentID)
		v.Parent, v.Root = &parent, &s.Provider.RootID
	}
	return v
}
