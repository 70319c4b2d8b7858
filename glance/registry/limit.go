package registry

import (
	"context"
	"fmt"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/limit"
)

// allowance is what the project of a caller may have by keystone's limits. It is asked for before the transaction, in which
// nothing else than the database may be waited for; what the project has is counted in there.
type allowance struct {
	projectID string
	limits    limit.Limits // nil where projects are held to none
}

// claim is what would be had of a resource: mine of what the change itself makes and the database does not know yet, and delta
// more. Upstream makes the change, counts it in and asks for nothing more, or asks first for what the change will take; texts
// tell the difference.
type claim struct {
	resource    string
	mine, delta int
}

// allowance asks keystone. As upstream it is the caller's project that must have room, whosever the image will be.
func (r *Registry) allowance(ctx context.Context, c glance.Caller) (allowance, error) {
	a := allowance{projectID: c.ProjectID}
	if r.Unified == nil {
		return a, nil
	}
	var err error
	if a.limits, err = r.Unified.Limits(ctx, c.ProjectID); err != nil {
		return a, fmt.Errorf("ask for the limits of project %q: %w", c.ProjectID, err)
	}
	return a, nil
}

// admit refuses what does not fit.
func (a allowance) admit(ctx context.Context, tx *db.Tx, c claim) error {
	if a.limits == nil {
		return nil
	}
	used, err := tx.Used(ctx, a.projectID, c.resource)
	if err != nil {
		return err
	}
	if over := a.limits.Enforce(limit.Request{Resource: c.resource, Used: used + c.mine, Delta: c.delta}); len(over) > 0 {
		return glance.OverQuota(over.Over(a.projectID))
	}
	return nil
}

// ShowUsage tells what the caller's project has, and may have.
func (r *Registry) ShowUsage(ctx context.Context, m glance.ShowUsage) (map[string]glance.Usage, error) {
	usage := map[string]glance.Usage{}
	a, err := r.allowance(ctx, m.Caller)
	if err != nil || a.limits == nil {
		return usage, err
	}
	for _, resource := range glance.LimitedResources() {
		used, err := r.DB.Used(ctx, a.projectID, resource)
		if err != nil {
			return nil, err
		}
		usage[resource] = glance.Usage{Usage: used, Limit: a.limits[resource]}
	}
	return usage, nil
}
