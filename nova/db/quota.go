package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

// quotaRow is a limit set for a project, or a user in it; the class "default" is a project of that name.
type quotaRow struct {
	bun.BaseModel `bun:"table:quotas"`
	ProjectID     string `bun:",pk"`
	UserID        string `bun:",pk"`
	Resource      string `bun:",pk"`
	HardLimit     int
}

// Quota gives the limits that were set for a project (userID "") or a user in it.
func (r rows) Quota(ctx context.Context, projectID, userID string) (nova.Limits, error) {
	var list []quotaRow
	err := r.NewSelect().Model(&list).Where("project_id = ? AND user_id = ?", projectID, userID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read quota of %q: %w", projectID, err)
	}
	limits := nova.Limits{}
	for _, row := range list {
		limits[row.Resource] = row.HardLimit
	}
	return limits, nil
}

// SetQuota sets limits of a project or a user in it.
func (t *Tx) SetQuota(ctx context.Context, projectID, userID string, limits nova.Limits) error {
	for resource, limit := range limits {
		row := quotaRow{ProjectID: projectID, UserID: userID, Resource: resource, HardLimit: limit}
		if _, err := t.rows.NewDelete().Model(&row).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("set quota of %q: %w", projectID, err)
		}
		if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
			return fmt.Errorf("set quota of %q: %w", projectID, err)
		}
	}
	return nil
}

// DeleteQuota forgets the limits set for a project and all users in it, or for one user.
func (t *Tx) DeleteQuota(ctx context.Context, projectID, userID string) error {
	q := t.rows.NewDelete().Model((*quotaRow)(nil)).Where("project_id = ?", projectID)
	if userID != "" {
		q = q.Where("user_id = ?", userID)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("forget quota of %q: %w", projectID, err)
	}
	return nil
}
