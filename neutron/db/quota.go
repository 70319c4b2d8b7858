package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

type quotaRow struct {
	bun.BaseModel `bun:"table:quotas"`
	ProjectID     string `bun:",pk"`
	Resource      string `bun:",pk"`
	QuotaLimit    int
}

// Quotas reads the limits set for projects, by project; of all projects when none is named.
func (r rows) Quotas(ctx context.Context, projects ...string) (map[string]map[string]int, error) {
	var found []quotaRow
	q := r.NewSelect().Model(&found)
	if len(projects) > 0 {
		q = q.Where("project_id IN (?)", bun.List(projects))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	out := map[string]map[string]int{}
	for _, row := range found {
		if out[row.ProjectID] == nil {
			out[row.ProjectID] = map[string]int{}
		}
		out[row.ProjectID][row.Resource] = row.QuotaLimit
	}
	return out, nil
}

// SetQuota sets one limit of a project.
func (t *Tx) SetQuota(ctx context.Context, projectID, resource string, limit int) error {
	row := &quotaRow{ProjectID: projectID, Resource: resource, QuotaLimit: limit}
	if _, err := t.Tx.NewDelete().Model(row).WherePK().Exec(ctx); err != nil {
		return err
	}
	return t.insert(ctx, row)
}

// DeleteQuotas has a project have the defaults again.
func (t *Tx) DeleteQuotas(ctx context.Context, projectID string) error {
	return t.remove(ctx, "quotas", "project_id", projectID)
}

// counted are the tables whose rows quotas count, by the resource's name.
var counted = map[string]string{
	"network": "networks", "subnet": "subnets", "port": "ports", "router": "routers", "floatingip": "floatingips",
	"security_group": "security_groups", "security_group_rule": "security_group_rules",
}

// Used counts what a project has of a resource.
func (r rows) Used(ctx context.Context, projectID, resource string) (int, error) {
	table, ok := counted[resource]
	if !ok {
		return 0, nil
	}
	n, err := r.NewSelect().Table(table).Where("project_id = ?", projectID).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count %s of project %q: %w", table, projectID, err)
	}
	return int(n), nil
}
