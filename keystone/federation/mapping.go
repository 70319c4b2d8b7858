package federation

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/federation/mapping"
)

// CreateMapping makes a mapping of rules that make sense.
func (m *Manager) CreateMapping(ctx context.Context, one keystone.Mapping) (keystone.Mapping, error) {
	if _, err := mapping.Parse(one.Rules); err != nil {
		return one, keystone.Invalid("%s", err.Error())
	}
	return one, keystone.Named("create mapping", one.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertMapping(ctx, one); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.mapping.created", one)
	}))
}

// UpdateMapping gives a mapping other rules.
func (m *Manager) UpdateMapping(ctx context.Context, one keystone.Mapping) (keystone.Mapping, error) {
	if _, err := mapping.Parse(one.Rules); err != nil {
		return one, keystone.Invalid("%s", err.Error())
	}
	return one, keystone.Named("update mapping", one.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Mapping(ctx, one.ID); err != nil {
			return err
		}
		if err := tx.UpdateMapping(ctx, one); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.mapping.updated", one)
	}))
}

// DeleteMapping deletes a mapping. Protocols that refer to it map nobody then.
func (m *Manager) DeleteMapping(ctx context.Context, id string) error {
	return keystone.Named("delete mapping", id, m.Tx(ctx, func(tx *db.Tx) error {
		one, err := tx.Mapping(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteMapping(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.mapping.deleted", one)
	}))
}
