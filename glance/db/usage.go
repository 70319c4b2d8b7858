package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/glance"
)

// Used is how much of a resource a project has. As glance/db/sqlalchemy/api.py, the functions behind user_get_….
func (r rows) Used(ctx context.Context, projectID, resource string) (int, error) {
	images := r.NewSelect().Model((*imageRow)(nil)).Where("i.owner = ?", projectID).Where("i.deleted_at IS NULL").
		Where("i.status NOT IN (?)", bun.In([]glance.Status{glance.Killed, glance.Deleted}))
	sum := false
	switch resource {
	case glance.ImageCountTotal:
	case glance.ImageCountUploading:
		images.Where("i.status IN (?) OR "+copied, bun.In([]glance.Status{glance.Saving, glance.Uploading, glance.Importing}), glance.ImportingStores)
	case glance.ImageStageTotal:
		images.Where("i.status IN (?) OR "+copied, bun.In([]glance.Status{glance.Uploading, glance.Importing}), glance.ImportingStores)
		sum = true
	case glance.ImageSizeTotal:
		images.Join("JOIN image_locations AS l ON l.image_id = i.id").Where("l.doomed = ?", false)
		sum = true
	default:
		return 0, fmt.Errorf("count what project %q has: there is no resource %q", projectID, resource)
	}
	if !sum {
		n, err := images.Count(ctx)
		if err != nil {
			return 0, fmt.Errorf("count %s of project %q: %w", resource, projectID, err)
		}
		return int(n), nil
	}
	var bytes int64
	if err := images.ColumnExpr("COALESCE(SUM(i.size), 0)").Scan(ctx, &bytes); err != nil {
		return 0, fmt.Errorf("sum %s of project %q: %w", resource, projectID, err)
	}
	return int(bytes >> 20), nil
}

// copied are images that are on their way from store to store.
const copied = "EXISTS (SELECT 1 FROM image_properties AS p WHERE p.image_id = i.id AND p.name = ? AND p.value <> '')"
