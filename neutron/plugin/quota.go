package plugin

import (
	"context"

	"cumulet/neutron"
	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
)

// admit refuses more of a resource than the project's quota allows, counted in this transaction.
func (w *work) admit(ctx context.Context, projectID, resource string, delta int) error {
	if projectID == "" { // what belongs to nobody (gateways' ports) counts for nobody
		return nil
	}
	limits, err := w.Quotas(ctx, projectID)
	if err != nil {
		return err
	}
	most, ok := limits[projectID][resource]
	if !ok {
		most = w.p.defaultQuota(resource)
	}
	if most < 0 {
		return nil
	}
	used, err := w.Used(ctx, projectID, resource)
	if err != nil {
		return err
	}
	return limit.Admit(ctx, func(over []limit.Request) *fault.Fault {
		return neutron.OverQuota([]string{resource})
	}, limit.Request{Resource: resource, Limit: most, Used: used, Delta: delta})
}

func (p *Plugin) defaultQuota(resource string) int {
	if n, ok := p.Config.Quota[resource]; ok {
		return n
	}
	return limit.Unlimited
}

// DefaultQuotas are the limits of projects that have none of their own, by resource.
func (p *Plugin) DefaultQuotas() map[string]int {
	out := map[string]int{}
	for _, r := range neutron.Resources() {
		out[r] = p.defaultQuota(r)
	}
	return out
}

// Quota is a project's limits, by resource.
func (p *Plugin) Quota(ctx context.Context, projectID string) (map[string]int, error) {
	set, err := p.DB.Quotas(ctx, projectID)
	if err != nil {
		return nil, err
	}
	out := p.DefaultQuotas()
	for r, n := range set[projectID] {
		out[r] = n
	}
	return out, nil
}

// Quotas are the limits of all projects that have some of their own.
func (p *Plugin) Quotas(ctx context.Context) (map[string]map[string]int, error) {
	set, err := p.DB.Quotas(ctx)
	if err != nil {
		return nil, err
	}
	for project, own := range set {
		all := p.DefaultQuotas()
		for r, n := range own {
			all[r] = n
		}
		set[project] = all
	}
	return set, nil
}

// Usage counts what a project has, by resource.
func (p *Plugin) Usage(ctx context.Context, projectID string) (map[string]int, error) {
	out := map[string]int{}
	for _, r := range neutron.Resources() {
		n, err := p.DB.Used(ctx, projectID, r)
		if err != nil {
			return nil, err
		}
		out[r] = n
	}
	return out, nil
}

// UpdateQuota sets limits of a project; others stay.
func (p *Plugin) UpdateQuota(ctx context.Context, projectID string, limits map[string]int) error {
	return p.tx(ctx, func(w *work) error {
		for _, r := range neutron.Resources() {
			if n, ok := limits[r]; ok {
				if err := w.SetQuota(ctx, projectID, r, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// DeleteQuota gives a project the defaults again; a fault when it had none of its own.
func (p *Plugin) DeleteQuota(ctx context.Context, projectID string) error {
	return p.tx(ctx, func(w *work) error {
		set, err := w.Quotas(ctx, projectID)
		if err != nil {
			return err
		}
		if len(set) == 0 {
			return fault.New(fault.NotFound, "TenantQuotaNotFound", "Quota for tenant %s could not be found.", projectID)
		}
		return w.DeleteQuotas(ctx, projectID)
	})
}
