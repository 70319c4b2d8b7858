package inventory

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cumulet/nova"
)

// provider is a resource provider on the wire.
type provider struct {
	UUID       string `json:"uuid"`
	Name       string `json:"name"`
	Generation int    `json:"generation"`
}

// stock is how much a provider has of one class.
type stock struct {
	Total    int     `json:"total"`
	Reserved int     `json:"reserved"`
	MinUnit  int     `json:"min_unit"`
	MaxUnit  int     `json:"max_unit"`
	StepSize int     `json:"step_size"`
	Ratio    float64 `json:"allocation_ratio"`
}

// Reserved is what a host keeps for itself.
type Reserved struct{ MemoryMiB, DiskGiB int }

// Report brings placement's record of a compute node up to date: the provider, what it has, and its traits. What is as
// it should be is not written again.
func (c *Client) Report(ctx context.Context, n nova.ComputeNode, kept Reserved) error {
	p, err := c.provide(ctx, n)
	if err != nil {
		return err
	}
	want := map[string]stock{
		"VCPU":      entry(n.VCPUs, 0, n.CPURatio),
		"MEMORY_MB": entry(n.MemoryMiB, kept.MemoryMiB, n.RAMRatio),
		"DISK_GB":   entry(n.DiskGiB, kept.DiskGiB, n.DiskRatio),
	}
	var now struct {
		Generation  int              `json:"resource_provider_generation"`
		Inventories map[string]stock `json:"inventories"`
	}
	path := "resource_providers/" + p.UUID
	if err := c.do(ctx, "GET", path+"/inventories", nil, &now, http.StatusOK); err != nil {
		return err
	}
	for class, s := range want {
		if s.Total <= 0 {
			delete(want, class)
		}
	}
	if !same(want, now.Inventories) {
		now.Inventories = want
		if err := c.do(ctx, "PUT", path+"/inventories", now, &now, http.StatusOK); err != nil {
			return err
		}
	}
	return c.setTraits(ctx, path, n.Traits)
}

// entry makes a stock; what is kept for the host is never more than there is.
func entry(total, reserved int, ratio float64) stock {
	return stock{Total: total, Reserved: min(reserved, max(total-1, 0)), MinUnit: 1, MaxUnit: max(total, 1), StepSize: 1, Ratio: ratio}
}

func same(a, b map[string]stock) bool {
	if len(a) != len(b) {
		return false
	}
	for class, s := range a {
		if b[class] != s {
			return false
		}
	}
	return true
}

// provide finds the node's provider or makes it.
func (c *Client) provide(ctx context.Context, n nova.ComputeNode) (provider, error) {
	var p provider
	err := c.do(ctx, "GET", "resource_providers/"+n.ID, nil, &p, http.StatusOK)
	if !answered(err, http.StatusNotFound) {
		return p, err
	}
	err = c.do(ctx, "POST", "resource_providers", map[string]string{"uuid": n.ID, "name": n.Name}, &p, http.StatusOK, http.StatusCreated)
	if !answered(err, http.StatusConflict) {
		return p, err
	}
	// Its name is taken: a provider left from when this node had another id. With nothing allocated it goes.
	var found struct {
		Providers []provider `json:"resource_providers"`
	}
	if err := c.do(ctx, "GET", "resource_providers?name="+url.QueryEscape(n.Name), nil, &found, http.StatusOK); err != nil {
		return p, err
	}
	for _, old := range found.Providers {
		if err := c.do(ctx, "DELETE", "resource_providers/"+old.UUID, nil, nil, http.StatusNoContent, http.StatusNotFound); err != nil {
			return p, err
		}
	}
	err = c.do(ctx, "POST", "resource_providers", map[string]string{"uuid": n.ID, "name": n.Name}, &p, http.StatusOK, http.StatusCreated)
	return p, err
}

// setTraits writes a provider's traits if they are others. Custom ones are made first.
func (c *Client) setTraits(ctx context.Context, path string, traits []string) error {
	var now struct {
		Generation int      `json:"resource_provider_generation"`
		Traits     []string `json:"traits"`
	}
	if err := c.do(ctx, "GET", path+"/traits", nil, &now, http.StatusOK); err != nil {
		return err
	}
	want := slices.Compact(slices.Sorted(slices.Values(traits)))
	if slices.Equal(want, slices.Sorted(slices.Values(now.Traits))) {
		return nil
	}
	for _, t := range want {
		if strings.HasPrefix(t, "CUSTOM_") {
			if err := c.do(ctx, "PUT", "traits/"+t, nil, nil, http.StatusCreated, http.StatusNoContent); err != nil {
				return err
			}
		}
	}
	body := map[string]any{"resource_provider_generation": now.Generation, "traits": append([]string{}, want...)}
	return c.do(ctx, "PUT", path+"/traits", body, &now, http.StatusOK)
}

// Forget removes a node's provider; one that is not there is forgotten already.
func (c *Client) Forget(ctx context.Context, nodeID string) error {
	return c.do(ctx, "DELETE", "resource_providers/"+nodeID, nil, nil, http.StatusNoContent, http.StatusNotFound)
}
