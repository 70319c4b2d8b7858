package inventory

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cumulet/nova"
)

// Resources are amounts by resource class.
type Resources map[string]int

// Question is what a server needs of a provider.
type Question struct {
	Resources Resources
	Required  []string // traits
	Forbidden []string
	Provider  string // the only one allowed, where set
	Limit     int
}

// Candidate is a provider with room, and how full it is.
type Candidate struct {
	Provider    string
	Allocations map[string]Resources // what to claim, by provider
	Capacity    Resources
	Used        Resources
}

// Needs are a flavor's resources and traits; extra specs "resources:X" and "trait:X" change them, as
// nova/scheduler/utils.py, ResourceRequest.
func Needs(f nova.Flavor) Question {
	q := Question{Resources: Resources{
		"VCPU": f.VCPUs, "MEMORY_MB": f.RAMMiB, "DISK_GB": f.DiskGiB + f.EphemeralGiB + (f.SwapMiB+1023)/1024,
	}}
	for _, key := range slices.Sorted(maps.Keys(f.ExtraSpecs)) {
		value := f.ExtraSpecs[key]
		if class, ok := strings.CutPrefix(key, "resources:"); ok {
			if n, err := strconv.Atoi(value); err == nil {
				q.Resources[class] = n
			}
		}
		if trait, ok := strings.CutPrefix(key, "trait:"); ok && value == "required" {
			q.Required = append(q.Required, trait)
		} else if ok && value == "forbidden" {
			q.Forbidden = append(q.Forbidden, trait)
		}
	}
	maps.DeleteFunc(q.Resources, func(_ string, n int) bool { return n <= 0 })
	return q
}

// Candidates asks who has room.
func (c *Client) Candidates(ctx context.Context, q Question) ([]Candidate, error) {
	var answer struct {
		Requests []struct {
			Allocations map[string]struct {
				Resources Resources `json:"resources"`
			} `json:"allocations"`
		} `json:"allocation_requests"`
		Summaries map[string]struct {
			Resources map[string]struct{ Capacity, Used int } `json:"resources"`
		} `json:"provider_summaries"`
	}
	if err := c.do(ctx, "GET", "allocation_candidates?"+q.String(), nil, &answer, http.StatusOK); err != nil {
		return nil, err
	}
	candidates := make([]Candidate, 0, len(answer.Requests))
	for _, r := range answer.Requests {
		one := Candidate{Allocations: map[string]Resources{}, Capacity: Resources{}, Used: Resources{}}
		for provider, a := range r.Allocations {
			one.Provider, one.Allocations[provider] = provider, a.Resources
			for class, s := range answer.Summaries[provider].Resources {
				one.Capacity[class], one.Used[class] = s.Capacity, s.Used
			}
		}
		candidates = append(candidates, one)
	}
	return candidates, nil
}

// String is the question as placement reads it.
func (q Question) String() string {
	var resources, traits []string
	for _, class := range slices.Sorted(maps.Keys(q.Resources)) {
		resources = append(resources, class+":"+strconv.Itoa(q.Resources[class]))
	}
	traits = append(traits, q.Required...)
	for _, t := range q.Forbidden {
		traits = append(traits, "!"+t)
	}
	v := url.Values{"resources": {strings.Join(resources, ",")}}
	if len(traits) > 0 {
		v.Set("required", strings.Join(traits, ","))
	}
	if q.Provider != "" {
		v.Set("in_tree", q.Provider)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v.Encode()
}

// Owner is whose a server's allocation is.
type Owner struct{ ServerID, ProjectID, UserID string }

// Claim allocates a candidate's resources to a server that has none. When others took the room meanwhile, or the server has
// an allocation already, claimed is false.
func (c *Client) Claim(ctx context.Context, o Owner, from Candidate) (claimed bool, err error) {
	allocations := map[string]any{}
	for provider, resources := range from.Allocations {
		allocations[provider] = map[string]any{"resources": resources}
	}
	body := map[string]any{
		"allocations": allocations, "project_id": o.ProjectID, "user_id": o.UserID,
		"consumer_generation": nil, "consumer_type": "INSTANCE",
	}
	// A concurrent change of the provider's generation says nothing about its room: the same claim is tried again.
	const tries = 4
	for range tries {
		err = c.do(ctx, "PUT", "allocations/"+o.ServerID, body, nil, http.StatusNoContent)
		if !answered(err, http.StatusConflict) {
			return err == nil, err
		}
		held, readErr := c.Held(ctx, o.ServerID)
		if readErr != nil || len(held) > 0 {
			return false, readErr
		}
	}
	return false, nil
}

// Held gives the providers on which a server has an allocation.
func (c *Client) Held(ctx context.Context, serverID string) (map[string]Resources, error) {
	var answer struct {
		Allocations map[string]struct {
			Resources Resources `json:"resources"`
		} `json:"allocations"`
	}
	if err := c.do(ctx, "GET", "allocations/"+serverID, nil, &answer, http.StatusOK); err != nil {
		return nil, err
	}
	held := map[string]Resources{}
	for provider, a := range answer.Allocations {
		held[provider] = a.Resources
	}
	return held, nil
}

// Consumers are those who have claimed of a node.
func (c *Client) Consumers(ctx context.Context, nodeID string) ([]string, error) {
	var answer struct {
		Allocations map[string]any `json:"allocations"`
	}
	if err := c.do(ctx, "GET", "resource_providers/"+nodeID+"/allocations", nil, &answer, http.StatusOK); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(answer.Allocations)), nil
}

// Release gives a server's allocation back; having none is no error.
func (c *Client) Release(ctx context.Context, serverID string) error {
	return c.do(ctx, "DELETE", "allocations/"+serverID, nil, nil, http.StatusNoContent, http.StatusNotFound)
}
