package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
)

type locationRow struct {
	bun.BaseModel `bun:"table:image_locations"`
	ImageID       string `bun:",pk"`
	Store         string `bun:",pk"`
	Path          string `bun:",pk"`
	Position      int
	Doomed        bool
	DueAt         *time.Time
}

func (r locationRow) noun() glance.Location { return glance.Location{Store: r.Store, Key: r.Path} }

func (r rows) addLocations(ctx context.Context, ids []string, images map[string]*glance.Image) error {
	var found []locationRow
	err := r.NewSelect().Model(&found).Where("image_id IN (?)", bun.In(ids)).Where("doomed = ?", false).
		Order("image_id", "position", "store", "path").Scan(ctx)
	if err != nil {
		return fmt.Errorf("read image locations: %w", err)
	}
	for _, l := range found {
		images[l.ImageID].Locations = append(images[l.ImageID].Locations, l.noun())
	}
	return nil
}

// InsertLocation records where an image's bits lie, at a position among its locations. What of the image was doomed there is
// wanted again.
func (t *Tx) InsertLocation(ctx context.Context, imageID string, l glance.Location, position int) error {
	_, err := t.place(imageID, l).Where("doomed = ?", true).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert location of image %q: %w", imageID, err)
	}
	row := locationRow{Store: l.Store, Path: l.Key, ImageID: imageID, Position: position}
	if _, err := t.Tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("insert location of image %q: %w", imageID, err)
	}
	return nil
}

func (t *Tx) place(imageID string, l glance.Location) *bun.DeleteQuery {
	return t.Tx.NewDelete().Model((*locationRow)(nil)).Where("image_id = ?", imageID).Where("store = ?", l.Store).Where("path = ?", l.Key)
}

// OrderLocations gives the locations of an image their positions.
func (t *Tx) OrderLocations(ctx context.Context, imageID string, all []glance.Location) error {
	for n, l := range all {
		_, err := t.Tx.NewUpdate().Model((*locationRow)(nil)).Set("position = ?", n).
			Where("image_id = ?", imageID).Where("store = ?", l.Store).Where("path = ?", l.Key).Exec(ctx)
		if err != nil {
			return fmt.Errorf("order locations of image %q: %w", imageID, err)
		}
	}
	return nil
}

// DoomLocation marks the bits of an image in one place as to be removed, when they are due; nil is at once.
func (t *Tx) DoomLocation(ctx context.Context, imageID string, l glance.Location, due *time.Time) error {
	_, err := t.Tx.NewUpdate().Model((*locationRow)(nil)).Set("doomed = ?", true).Set("due_at = ?", due).
		Where("image_id = ?", imageID).Where("store = ?", l.Store).Where("path = ?", l.Key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("doom location %q: %w", l.Key, err)
	}
	return nil
}

// DoomLocations marks the bits of an image as to be removed, when they are due; nil is at once.
func (t *Tx) DoomLocations(ctx context.Context, imageID string, due *time.Time) error {
	_, err := t.Tx.NewUpdate().Model((*locationRow)(nil)).Set("doomed = ?", true).Set("due_at = ?", due).
		Where("image_id = ?", imageID).Where("doomed = ?", false).Exec(ctx)
	if err != nil {
		return fmt.Errorf("doom locations of image %q: %w", imageID, err)
	}
	return nil
}

// Doomed lists at most limit locations whose bits are to be removed now.
func (r rows) Doomed(ctx context.Context, store string, now time.Time, limit int) ([]glance.Location, error) {
	var found []locationRow
	err := r.NewSelect().Model(&found).Where("store = ?", store).Where("doomed = ?", true).Where("due_at IS NULL OR due_at <= ?", now.UTC()).
		Order("path", "image_id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read doomed locations: %w", err)
	}
	all := make([]glance.Location, len(found))
	for n, l := range found {
		all[n] = l.noun()
	}
	return all, nil
}

// DeleteLocation forgets a doomed location that is due. An image that was kept for its bits alone is deleted with the last of them.
func (t *Tx) DeleteLocation(ctx context.Context, l glance.Location, now time.Time) error {
	_, err := t.Tx.NewDelete().Model((*locationRow)(nil)).
		Where("store = ?", l.Store).Where("path = ?", l.Key).Where("doomed = ?", true).
		Where("due_at IS NULL OR due_at <= ?", now.UTC()).Exec(ctx)
	if err == nil {
		_, err = t.Tx.NewUpdate().Model((*imageRow)(nil)).Set("status = ?", glance.Deleted).Where("status = ?", glance.PendingDelete).
			Where("NOT EXISTS (SELECT 1 FROM image_locations l WHERE l.image_id = i.id)").Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("delete location %q: %w", l.Key, err)
	}
	return nil
}

// KnownKeys gives those of a store's keys that an image (doomed or not) or an upload has.
func (r rows) KnownKeys(ctx context.Context, store string, keys []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(keys) == 0 {
		return known, nil
	}
	// Uploads first: one that ends between two statements has its location by the later.
	keepers := []any{(*uploadRow)(nil), (*locationRow)(nil)}
	if store == glance.StagingStore {
		keepers = []any{(*uploadRow)(nil), (*stagedRow)(nil)}
	}
	for _, row := range keepers {
		var found []string
		q := r.NewSelect().Model(row).Column("path").Where("path IN (?)", bun.In(keys))
		if _, staged := row.(*stagedRow); !staged {
			q = q.Where("store = ?", store)
		}
		if err := q.Scan(ctx, &found); err != nil {
			return nil, fmt.Errorf("read keys of store %q: %w", store, err)
		}
		for _, key := range found {
			known[key] = true
		}
	}
	return known, nil
}

// KnownImages gives those of ids that are an image's, be it deleted: an id stays taken.
func (r rows) KnownImages(ctx context.Context, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	var found []string
	if err := r.NewSelect().Model((*imageRow)(nil)).Column("id").Where("id IN (?)", bun.In(ids)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("read ids of images: %w", err)
	}
	for _, id := range found {
		known[id] = true
	}
	return known, nil
}
