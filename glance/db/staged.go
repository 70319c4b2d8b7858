package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/glance"
)

type stagedRow struct {
	bun.BaseModel `bun:"table:image_staged"`
	ImageID       string `bun:",pk"`
	Host          string
	Path          string
	Size          int64
}

// InsertStaged records that an image's bits lie in the staging area.
func (t *Tx) InsertStaged(ctx context.Context, imageID string, s glance.Staged) error {
	row := stagedRow{ImageID: imageID, Host: s.Host, Path: s.Key, Size: s.Size}
	if _, err := t.Tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("insert staged bits of image %q: %w", imageID, err)
	}
	return nil
}

// ReplaceStaged records that an image's bits lie in the staging area, and not where they did before: those are nobody's.
func (t *Tx) ReplaceStaged(ctx context.Context, imageID string, s glance.Staged) error {
	if err := t.DeleteStaged(ctx, imageID); err != nil {
		return err
	}
	return t.InsertStaged(ctx, imageID, s)
}

// Staged tells where in the staging area an image's bits lie; nil when nowhere.
func (r rows) Staged(ctx context.Context, imageID string) (*glance.Staged, error) {
	var found []stagedRow
	if err := r.NewSelect().Model(&found).Where("image_id = ?", imageID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read staged bits of image %q: %w", imageID, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &glance.Staged{Host: found[0].Host, Key: found[0].Path, Size: found[0].Size}, nil
}

// DeleteStaged forgets the staged bits of an image: what lies there is nobody's from then on.
func (t *Tx) DeleteStaged(ctx context.Context, imageID string) error {
	if _, err := t.Tx.NewDelete().Model((*stagedRow)(nil)).Where("image_id = ?", imageID).Exec(ctx); err != nil {
		return fmt.Errorf("delete staged bits of image %q: %w", imageID, err)
	}
	return nil
}
