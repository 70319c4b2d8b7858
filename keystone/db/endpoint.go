package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type endpointRow struct {
	bun.BaseModel `bun:"table:endpoint,alias:t"`
	keystone.Endpoint
}

// Endpoint is the endpoint of an id.
func (r rows) Endpoint(ctx context.Context, id string) (keystone.Endpoint, error) {
	var e endpointRow
	err := r.find(ctx, &e, "endpoint", id, "id = ?", id)
	return e.Endpoint, err
}

// Endpoints lists endpoints by interface, service_id, region_id and enabled.
func (r rows) Endpoints(ctx context.Context, q keystone.Query) ([]keystone.Endpoint, error) {
	var found []endpointRow
	err := r.list(ctx, &found, q, "id", "interface", "service_id", "region_id", "enabled")
	return endpointsOf(found), err
}

func endpointsOf(found []endpointRow) []keystone.Endpoint {
	endpoints := make([]keystone.Endpoint, len(found))
	for i, e := range found {
		endpoints[i] = e.Endpoint
	}
	return endpoints
}

// InsertEndpoint writes a new endpoint.
func (t *Tx) InsertEndpoint(ctx context.Context, e keystone.Endpoint) error {
	return t.insert(ctx, &endpointRow{Endpoint: e}, keystone.Conflict("endpoint", "Duplicate ID, "+e.ID))
}

// UpdateEndpoint writes an endpoint.
func (t *Tx) UpdateEndpoint(ctx context.Context, e keystone.Endpoint) error {
	return t.update(ctx, e.ID, &endpointRow{Endpoint: e}, nil)
}

// DeleteEndpoint deletes an endpoint, takes it from the projects that were given it and ends what policy was for it.
func (t *Tx) DeleteEndpoint(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*projectEndpointRow)(nil), "endpoint_id = ?", id); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*policyAssociationRow)(nil), "endpoint_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*endpointRow)(nil), "id = ?", id)
	return err
}
