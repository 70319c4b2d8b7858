package catalog

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateService makes a service.
func (m *Manager) CreateService(ctx context.Context, s keystone.Service) (keystone.Service, error) {
	s.ID = keystone.NewID()
	return s, keystone.Named("create service", s.Type, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertService(ctx, s); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service.created", s)
	}))
}

// UpdateService changes a service.
func (m *Manager) UpdateService(ctx context.Context, id string, change keystone.ServiceChange) (s keystone.Service, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if s, err = tx.Service(ctx, id); err != nil {
			return err
		}
		change.Apply(&s)
		if err := tx.UpdateService(ctx, s); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service.updated", s)
	})
	return s, keystone.Named("update service", id, err)
}

// DeleteService deletes a service and its endpoints.
func (m *Manager) DeleteService(ctx context.Context, id string) error {
	return keystone.Named("delete service", id, m.Tx(ctx, func(tx *db.Tx) error {
		s, err := tx.Service(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteService(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service.deleted", s)
	}))
}
