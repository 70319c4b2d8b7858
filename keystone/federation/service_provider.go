package federation

import (
	"context"
	"encoding/json"
	"slices"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateServiceProvider makes a service provider.
func (m *Manager) CreateServiceProvider(ctx context.Context, p keystone.ServiceProvider) (keystone.ServiceProvider, error) {
	return p, keystone.Named("create service provider", p.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertServiceProvider(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service_provider.created", p)
	}))
}

// UpdateServiceProvider changes a service provider.
func (m *Manager) UpdateServiceProvider(
	ctx context.Context, id string, change keystone.ServiceProviderChange,
) (p keystone.ServiceProvider, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if p, err = tx.ServiceProvider(ctx, id); err != nil {
			return err
		}
		change.Apply(&p)
		if err := tx.UpdateServiceProvider(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service_provider.updated", p)
	})
	return p, keystone.Named("update service provider", id, err)
}

// DeleteServiceProvider deletes a service provider.
func (m *Manager) DeleteServiceProvider(ctx context.Context, id string) error {
	return keystone.Named("delete service provider", id, m.Tx(ctx, func(tx *db.Tx) error {
		p, err := tx.ServiceProvider(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteServiceProvider(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.service_provider.deleted", p)
	}))
}

// Shown is what render makes of the service providers that are enabled, nil where none is. What it made is remembered until something
// changes: every render must make the same.
func (m *Manager) Shown(ctx context.Context, render func([]keystone.ServiceProvider) (json.RawMessage, error)) (json.RawMessage, error) {
	return m.shown.Get(ctx, m.DB, m.Now(), struct{}{}, func() (json.RawMessage, error) {
		all, err := m.ServiceProviders(ctx, keystone.Query{})
		enabled := slices.DeleteFunc(all, func(p keystone.ServiceProvider) bool { return !p.Enabled })
		if err != nil || len(enabled) == 0 {
			return nil, err
		}
		return render(enabled)
	})
}
