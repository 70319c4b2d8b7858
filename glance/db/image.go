package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

// imageRow is an image without what lies in tables of its own.
type imageRow struct {
	bun.BaseModel   `bun:"table:images,alias:i"`
	ID              string `bun:",pk"`
	Name            *string
	Owner           string
	Status          glance.Status
	Visibility      glance.Visibility
	DiskFormat      string
	ContainerFormat string
	MinDisk         int
	MinRAM          int `bun:"min_ram"`
	Protected       bool
	Hidden          bool `bun:"os_hidden"`
	Size            *int64
	VirtualSize     *int64
	Checksum        string
	HashAlgo        string `bun:"os_hash_algo"`
	HashValue       string `bun:"os_hash_value"`
	CreatedAt       time.Time
	UpdatedAt       time.Time
	DeletedAt       *time.Time
}

func rowOf(i glance.Image) imageRow {
	return imageRow{
		ID: i.ID, Name: i.Name, Owner: i.Owner, Status: i.Status, Visibility: i.Visibility,
		DiskFormat: i.DiskFormat, ContainerFormat: i.ContainerFormat, MinDisk: i.MinDiskGiB, MinRAM: i.MinRAMMiB,
		Protected: i.Protected, Hidden: i.Hidden, Size: i.Size, VirtualSize: i.VirtualSize,
		Checksum: i.Checksum, HashAlgo: i.HashAlgo, HashValue: i.HashValue,
		CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
	}
}

func (r imageRow) noun() glance.Image {
	return glance.Image{
		ID: r.ID, Name: r.Name, Owner: r.Owner, Status: r.Status, Visibility: r.Visibility,
		DiskFormat: r.DiskFormat, ContainerFormat: r.ContainerFormat, MinDiskGiB: r.MinDisk, MinRAMMiB: r.MinRAM,
		Protected: r.Protected, Hidden: r.Hidden, Size: r.Size, VirtualSize: r.VirtualSize,
		Checksum: r.Checksum, HashAlgo: r.HashAlgo, HashValue: r.HashValue,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Properties: map[string]string{}, Tags: []string{}, Locations: []glance.Location{},
	}
}

// Image reads an image that is not deleted, with all that belongs to it. member is the project whose membership is
// told in Image.Member.
func (r rows) Image(ctx context.Context, id, member string) (glance.Image, error) {
	var row imageRow
	err := r.NewSelect().Model(&row).Where("id = ?", id).Where("deleted_at IS NULL").Scan(ctx)
	if db.NoRows(err) {
		return glance.Image{}, glance.NotFound(id)
	}
	if err != nil {
		return glance.Image{}, fmt.Errorf("read image %q: %w", id, err)
	}
	images, err := r.complete(ctx, []imageRow{row}, member)
	if err != nil {
		return glance.Image{}, err
	}
	return images[0], nil
}

// complete adds to images what lies in other tables.
func (r rows) complete(ctx context.Context, found []imageRow, member string) ([]glance.Image, error) {
	images := make([]glance.Image, len(found))
	byID := make(map[string]*glance.Image, len(found))
	ids := make([]string, len(found))
	for n, row := range found {
		images[n] = row.noun()
		byID[row.ID], ids[n] = &images[n], row.ID
	}
	if len(ids) == 0 {
		return images, nil
	}
	for _, add := range []func(context.Context, []string, map[string]*glance.Image) error{
		r.addProperties, r.addTags, r.addLocations,
	} {
		if err := add(ctx, ids, byID); err != nil {
			return nil, err
		}
	}
	if member == "" {
		return images, nil
	}
	var shared []memberRow
	err := r.NewSelect().Model(&shared).Where("image_id IN (?)", bun.In(ids)).Where("member = ?", member).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	for _, m := range shared {
		byID[m.ImageID].Member = m.Member
	}
	return images, nil
}

// InsertImage adds an image with its properties and tags. An id that any image has or had is refused.
func (t *Tx) InsertImage(ctx context.Context, i glance.Image) error {
	row := rowOf(i)
	_, err := t.Tx.NewInsert().Model(&row).Exec(ctx)
	if db.Duplicate(err) {
		return glance.Conflict("Image ID %s already exists!", i.ID)
	}
	if err != nil {
		return fmt.Errorf("insert image %q: %w", i.ID, err)
	}
	return t.insertParts(ctx, i)
}

// UpdateImage writes an image anew, its properties and tags with it.
func (t *Tx) UpdateImage(ctx context.Context, i glance.Image) error {
	row := rowOf(i)
	_, err := t.Tx.NewUpdate().Model(&row).ExcludeColumn("id", "created_at", "deleted_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("update image %q: %w", i.ID, err)
	}
	if err := t.deleteParts(ctx, i.ID); err != nil {
		return err
	}
	return t.insertParts(ctx, i)
}

// DeleteImage marks an image deleted, in the state that it then has, and dooms its locations, whose bits are to be removed when they
// are due; nil is at once. Its id stays taken, as upstream.
func (t *Tx) DeleteImage(ctx context.Context, i glance.Image, now time.Time, due *time.Time) error {
	_, err := t.Tx.NewUpdate().Model((*imageRow)(nil)).Where("id = ?", i.ID).
		Set("status = ?", i.Status).Set("deleted_at = ?", now.UTC()).Set("updated_at = ?", now.UTC()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete image %q: %w", i.ID, err)
	}
	if err := t.deleteParts(ctx, i.ID); err != nil {
		return err
	}
	for _, row := range []any{(*memberRow)(nil), (*uploadRow)(nil), (*stagedRow)(nil)} {
		if _, err := t.Tx.NewDelete().Model(row).Where("image_id = ?", i.ID).Exec(ctx); err != nil {
			return fmt.Errorf("delete image %q: %w", i.ID, err)
		}
	}
	return t.DoomLocations(ctx, i.ID, due)
}
