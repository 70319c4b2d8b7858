package db

import (
	"context"

	"github.com/uptrace/bun"
)

// tagRow is one tag of one resource, whatever its kind: ids are unique.
type tagRow struct {
	bun.BaseModel `bun:"table:tags"`
	ResourceID    string `bun:",pk"`
	Tag           string `bun:",pk"`
}

// tags reads the tags of resources.
func (r rows) tags(ctx context.Context, ids []string) (map[string][]string, error) {
	return grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*tagRow)(nil)).Where("resource_id IN (?)", bun.List(ids)).Order("tag")
	}, func(t tagRow) (string, string) { return t.ResourceID, t.Tag })
}

// Tags reads the tags of one resource.
func (t *Tx) Tags(ctx context.Context, id string) ([]string, error) {
	all, err := t.tags(ctx, []string{id})
	return all[id], err
}

// SetTags replaces a resource's tags.
func (t *Tx) SetTags(ctx context.Context, id string, tags []string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	for _, tag := range tags {
		if err := t.insert(ctx, &tagRow{ResourceID: id, Tag: tag}); err != nil {
			return err
		}
	}
	return nil
}
