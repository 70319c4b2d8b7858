package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
)

type uploadRow struct {
	bun.BaseModel `bun:"table:image_uploads"`
	ImageID       string `bun:",pk"`
	Token         string
	Store         string
	Path          string
	RenewedAt     time.Time
}

func (r uploadRow) noun() glance.Upload {
	return glance.Upload{
		Image: glance.Image{ID: r.ImageID}, Token: r.Token, Location: glance.Location{Store: r.Store, Key: r.Path},
	}
}

// InsertUpload records that an upload has begun.
func (t *Tx) InsertUpload(ctx context.Context, u glance.Upload, now time.Time) error {
	row := uploadRow{
		ImageID: u.Image.ID, Token: u.Token, Store: u.Location.Store, Path: u.Location.Key, RenewedAt: now.UTC(),
	}
	if _, err := t.Tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("insert upload of image %q: %w", u.Image.ID, err)
	}
	return nil
}

// RenewUpload records that an upload was heard of; held is false when the token is not, or no longer, the upload's.
func (t *Tx) RenewUpload(ctx context.Context, imageID, token string, now time.Time) (held bool, err error) {
	return changed(t.Tx.NewUpdate().Model((*uploadRow)(nil)).Set("renewed_at = ?", now.UTC()).
		Where("image_id = ?", imageID).Where("token = ?", token).Exec(ctx))
}

// Upload reads the upload that a token holds; found is false when it does not.
func (r rows) Upload(ctx context.Context, imageID, token string) (u glance.Upload, found bool, err error) {
	var all []uploadRow
	err = r.NewSelect().Model(&all).Where("image_id = ?", imageID).Where("token = ?", token).Scan(ctx)
	if err != nil || len(all) == 0 {
		return u, false, err
	}
	return all[0].noun(), true, nil
}

// DeleteUpload forgets an upload.
func (t *Tx) DeleteUpload(ctx context.Context, imageID string) error {
	_, err := t.Tx.NewDelete().Model((*uploadRow)(nil)).Where("image_id = ?", imageID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete upload of image %q: %w", imageID, err)
	}
	return nil
}

// SilentUploads lists the uploads not heard of since a time, and those heard of after another, as by a clock that was set back
// since.
func (r rows) SilentUploads(ctx context.Context, since, before time.Time) ([]glance.Upload, error) {
	var found []uploadRow
	if err := r.NewSelect().Model(&found).Where("renewed_at < ? OR renewed_at > ?", since.UTC(), before.UTC()).Order("image_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read silent uploads: %w", err)
	}
	all := make([]glance.Upload, len(found))
	for n, u := range found {
		all[n] = u.noun()
	}
	return all, nil
}

// Stranded lists images that wait for an upload that is none: what an older database or a mended one may hold.
func (r rows) Stranded(ctx context.Context) ([]string, error) {
	var ids []string
	err := r.NewSelect().Model((*imageRow)(nil)).Column("id").
		Where("status IN (?)", bun.In([]glance.Status{glance.Saving, glance.Uploading})).Where("deleted_at IS NULL").
		Where("NOT EXISTS (SELECT 1 FROM image_uploads u WHERE u.image_id = i.id)").
		Where("NOT EXISTS (SELECT 1 FROM image_staged s WHERE s.image_id = i.id)").Order("id").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("read stranded images: %w", err)
	}
	return ids, nil
}
