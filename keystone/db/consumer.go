package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type consumerRow struct {
	bun.BaseModel `bun:"table:consumer,alias:t"`
	Secret        string
	keystone.Consumer
}

// Consumer is the consumer of an id.
func (r rows) Consumer(ctx context.Context, id string) (keystone.Consumer, error) {
	var found consumerRow
	err := r.IDB.NewSelect().Model(&found).ExcludeColumn("secret").Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.ConsumerNotFound()
	}
	return found.Consumer, err
}

// Consumers lists consumers.
func (r rows) Consumers(ctx context.Context, q keystone.Query) ([]keystone.Consumer, error) {
	var found []consumerRow
	err := r.list(ctx, &found, q, "id")
	consumers := make([]keystone.Consumer, len(found))
	for i, row := range found {
		consumers[i] = row.Consumer
	}
	return consumers, err
}

// InsertConsumer writes a new consumer.
func (t *Tx) InsertConsumer(ctx context.Context, c keystone.Consumer, secret string) error {
	return t.insert(ctx, &consumerRow{Consumer: c, Secret: secret}, keystone.Conflict("consumer", "Duplicate entry"))
}

// UpdateConsumer writes a consumer; its secret stays.
func (t *Tx) UpdateConsumer(ctx context.Context, c keystone.Consumer) error {
	_, err := t.rows.IDB.NewUpdate().Model(&consumerRow{Consumer: c}).ExcludeColumn("secret").Where("id = ?", c.ID).Exec(ctx)
	return err
}

// DeleteConsumer deletes a consumer with its tokens.
func (t *Tx) DeleteConsumer(ctx context.Context, id string) error {
	for _, tokens := range []any{(*requestTokenRow)(nil), (*accessTokenRow)(nil)} {
		if _, err := t.remove(ctx, tokens, "consumer_id = ?", id); err != nil {
			return err
		}
	}
	_, err := t.remove(ctx, (*consumerRow)(nil), "id = ?", id)
	return err
}
