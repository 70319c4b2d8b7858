package oauth

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateConsumer makes a consumer and its secret, which is told to nobody again.
func (m *Manager) CreateConsumer(ctx context.Context, c keystone.Consumer) (made keystone.Consumer, secret string, err error) {
	c.ID, secret = keystone.NewID(), keystone.NewID()
	return c, secret, keystone.Named("create consumer", c.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertConsumer(ctx, c, secret); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.consumer.created", c)
	}))
}

// UpdateConsumer changes a consumer; its secret stays.
func (m *Manager) UpdateConsumer(ctx context.Context, id string, change keystone.ConsumerChange) (c keystone.Consumer, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if c, err = tx.Consumer(ctx, id); err != nil {
			return err
		}
		change.Apply(&c)
		if err := tx.UpdateConsumer(ctx, c); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.consumer.updated", c)
	})
	return c, keystone.Named("update consumer", id, err)
}

// DeleteConsumer deletes a consumer.
func (m *Manager) DeleteConsumer(ctx context.Context, id string) error {
	return keystone.Named("delete consumer", id, m.Tx(ctx, func(tx *db.Tx) error {
		c, err := tx.Consumer(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteConsumer(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.consumer.deleted", c)
	}))
}
