package catalog

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreatePolicy makes a policy.
func (m *Manager) CreatePolicy(ctx context.Context, p keystone.Policy) (keystone.Policy, error) {
	p.ID = keystone.NewID()
	return p, keystone.Named("create policy", p.Type, m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertPolicy(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.policy.created", p)
	}))
}

// UpdatePolicy changes a policy.
func (m *Manager) UpdatePolicy(ctx context.Context, id string, change keystone.PolicyChange) (p keystone.Policy, err error) {
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = tx.Policy(ctx, id); err != nil {
			return err
		}
		change.Apply(&p)
		if err := tx.UpdatePolicy(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.policy.updated", p)
	})
	return p, keystone.Named("update policy", id, err)
}

// DeletePolicy deletes a policy; what it was for has none.
func (m *Manager) DeletePolicy(ctx context.Context, id string) error {
	return keystone.Named("delete policy", id, m.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := tx.Policy(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeletePolicy(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.policy.deleted", p)
	}))
}
