package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

type memberRow struct {
	bun.BaseModel `bun:"table:image_members,alias:m"`
	ImageID       string `bun:",pk"`
	Member        string `bun:",pk"`
	Status        glance.MemberStatus
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func (r memberRow) noun() glance.Member {
	return glance.Member{ImageID: r.ImageID, ProjectID: r.Member, Status: r.Status, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// Members lists an image's members, oldest first.
func (r rows) Members(ctx context.Context, imageID string) ([]glance.Member, error) {
	var found []memberRow
	if err := r.NewSelect().Model(&found).Where("image_id = ?", imageID).Order("created_at", "member").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read members of image %q: %w", imageID, err)
	}
	all := make([]glance.Member, len(found))
	for n, m := range found {
		all[n] = m.noun()
	}
	return all, nil
}

// Member reads one member; found is false when the image is not shared with the project.
func (r rows) Member(ctx context.Context, imageID, projectID string) (m glance.Member, found bool, err error) {
	var row memberRow
	err = r.NewSelect().Model(&row).Where("image_id = ?", imageID).Where("member = ?", projectID).Scan(ctx)
	if db.NoRows(err) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("read member of image %q: %w", imageID, err)
	}
	return row.noun(), true, nil
}

// InsertMember shares an image with a project; duplicate is true when it was already.
func (t *Tx) InsertMember(ctx context.Context, m glance.Member) (duplicate bool, err error) {
	row := memberRow{ImageID: m.ImageID, Member: m.ProjectID, Status: m.Status, CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC()}
	_, err = t.Tx.NewInsert().Model(&row).Exec(ctx)
	if db.Duplicate(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("insert member of image %q: %w", m.ImageID, err)
	}
	return false, nil
}

// UpdateMember writes a member's status.
func (t *Tx) UpdateMember(ctx context.Context, m glance.Member) error {
	_, err := t.Tx.NewUpdate().Model((*memberRow)(nil)).Set("status = ?", m.Status).Set("updated_at = ?", m.UpdatedAt.UTC()).
		Where("image_id = ?", m.ImageID).Where("member = ?", m.ProjectID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("update member of image %q: %w", m.ImageID, err)
	}
	return nil
}

// DeleteMember ends the sharing of an image with a project.
func (t *Tx) DeleteMember(ctx context.Context, imageID, projectID string) error {
	_, err := t.Tx.NewDelete().Model((*memberRow)(nil)).Where("image_id = ?", imageID).Where("member = ?", projectID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete member of image %q: %w", imageID, err)
	}
	return nil
}
