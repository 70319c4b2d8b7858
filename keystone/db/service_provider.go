package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type serviceProviderRow struct {
	bun.BaseModel `bun:"table:service_provider,alias:t"`
	keystone.ServiceProvider
}

// ServiceProvider is the service provider of an id.
func (r rows) ServiceProvider(ctx context.Context, id string) (keystone.ServiceProvider, error) {
	var p serviceProviderRow
	err := r.IDB.NewSelect().Model(&p).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.ServiceProviderNotFound(id)
	}
	return p.ServiceProvider, err
}

// ServiceProviders lists service providers by id and enabled.
func (r rows) ServiceProviders(ctx context.Context, q keystone.Query) ([]keystone.ServiceProvider, error) {
	var found []serviceProviderRow
	err := r.list(ctx, &found, q, "id", "enabled")
	providers := make([]keystone.ServiceProvider, len(found))
	for i, row := range found {
		providers[i] = row.ServiceProvider
	}
	return providers, err
}

// InsertServiceProvider writes a new service provider.
func (t *Tx) InsertServiceProvider(ctx context.Context, p keystone.ServiceProvider) error {
	return t.insert(ctx, &serviceProviderRow{ServiceProvider: p}, keystone.Conflict("service_provider", "Duplicate entry found with ID "+p.ID))
}

// UpdateServiceProvider writes a service provider.
func (t *Tx) UpdateServiceProvider(ctx context.Context, p keystone.ServiceProvider) error {
	return t.update(ctx, p.ID, &serviceProviderRow{ServiceProvider: p}, nil)
}

// DeleteServiceProvider deletes a service provider.
func (t *Tx) DeleteServiceProvider(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*serviceProviderRow)(nil), "id = ?", id)
	return err
}
