package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type serviceRow struct {
	bun.BaseModel `bun:"table:service,alias:t"`
	keystone.Service
}

// Service is the service of an id.
func (r rows) Service(ctx context.Context, id string) (keystone.Service, error) {
	var s serviceRow
	err := r.find(ctx, &s, "service", id, "id = ?", id)
	return s.Service, err
}

// Services lists services by name, type and enabled.
func (r rows) Services(ctx context.Context, q keystone.Query) ([]keystone.Service, error) {
	var found []serviceRow
	err := r.list(ctx, &found, q, "id", "name", "type", "enabled")
	return servicesOf(found), err
}

// ServicesByID lists the services of ids.
func (r rows) ServicesByID(ctx context.Context, ids []string) ([]keystone.Service, error) {
	var found []serviceRow
	err := r.IDB.NewSelect().Model(&found).Where("id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return servicesOf(found), err
}

func servicesOf(found []serviceRow) []keystone.Service {
	services := make([]keystone.Service, len(found))
	for i, s := range found {
		services[i] = s.Service
	}
	return services
}

// InsertService writes a new service.
func (t *Tx) InsertService(ctx context.Context, s keystone.Service) error {
	return t.insert(ctx, &serviceRow{Service: s}, keystone.Conflict("service", "Duplicate ID, "+s.ID))
}

// UpdateService writes a service.
func (t *Tx) UpdateService(ctx context.Context, s keystone.Service) error {
	return t.update(ctx, s.ID, &serviceRow{Service: s}, nil)
}

// DeleteService deletes a service and its endpoints, with what refers to either.
func (t *Tx) DeleteService(ctx context.Context, id string) error {
	const ofIt = "endpoint_id IN (SELECT id FROM endpoint WHERE service_id = ?)"
	if _, err := t.remove(ctx, (*projectEndpointRow)(nil), ofIt, id); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*policyAssociationRow)(nil), "service_id = ? OR "+ofIt, id, id); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*endpointRow)(nil), "service_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*serviceRow)(nil), "id = ?", id)
	return err
}
