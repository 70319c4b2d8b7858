package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/glance"
)

type propertyRow struct {
	bun.BaseModel `bun:"table:image_properties"`
	ImageID       string `bun:",pk"`
	Name          string `bun:",pk"`
	Value         string
}

type tagRow struct {
	bun.BaseModel `bun:"table:image_tags"`
	ImageID       string `bun:",pk"`
	Value         string `bun:",pk"`
}

func (r rows) addProperties(ctx context.Context, ids []string, images map[string]*glance.Image) error {
	var found []propertyRow
	if err := r.NewSelect().Model(&found).Where("image_id IN (?)", bun.In(ids)).Scan(ctx); err != nil {
		return fmt.Errorf("read image properties: %w", err)
	}
	for _, p := range found {
		images[p.ImageID].Properties[p.Name] = p.Value
	}
	return nil
}

func (r rows) addTags(ctx context.Context, ids []string, images map[string]*glance.Image) error {
	var found []tagRow
	if err := r.NewSelect().Model(&found).Where("image_id IN (?)", bun.In(ids)).Order("value").Scan(ctx); err != nil {
		return fmt.Errorf("read image tags: %w", err)
	}
	for _, t := range found {
		images[t.ImageID].Tags = append(images[t.ImageID].Tags, t.Value)
	}
	return nil
}

// insertParts adds an image's properties and tags.
func (t *Tx) insertParts(ctx context.Context, i glance.Image) error {
	if len(i.Properties) > 0 {
		properties := make([]propertyRow, 0, len(i.Properties))
		for name, value := range i.Properties {
			properties = append(properties, propertyRow{ImageID: i.ID, Name: name, Value: value})
		}
		if _, err := t.Tx.NewInsert().Model(&properties).Exec(ctx); err != nil {
			return fmt.Errorf("insert properties of image %q: %w", i.ID, err)
		}
	}
	if len(i.Tags) == 0 {
		return nil
	}
	tags := make([]tagRow, len(i.Tags))
	for n, value := range i.Tags {
		tags[n] = tagRow{ImageID: i.ID, Value: value}
	}
	if _, err := t.Tx.NewInsert().Model(&tags).Exec(ctx); err != nil {
		return fmt.Errorf("insert tags of image %q: %w", i.ID, err)
	}
	return nil
}

// deleteParts removes an image's properties and tags.
func (t *Tx) deleteParts(ctx context.Context, imageID string) error {
	for _, row := range []any{(*propertyRow)(nil), (*tagRow)(nil)} {
		if _, err := t.Tx.NewDelete().Model(row).Where("image_id = ?", imageID).Exec(ctx); err != nil {
			return fmt.Errorf("delete parts of image %q: %w", imageID, err)
		}
	}
	return nil
}
