package catalog

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// CreateEndpoint makes an endpoint of a service that is there.
func (m *Manager) CreateEndpoint(ctx context.Context, e keystone.Endpoint) (keystone.Endpoint, error) {
	e.ID = keystone.NewID()
	return e, keystone.Named("create endpoint", e.URL, m.Tx(ctx, func(tx *db.Tx) error {
		if err := check(ctx, tx, e); err != nil {
			return err
		}
		if err := tx.InsertEndpoint(ctx, e); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint.created", e)
	}))
}

// EnsureRegion makes a region unless it is there, for requests that name a region the old way ("region").
// As keystone/api/endpoints.py, _validate_endpoint_region.
func (m *Manager) EnsureRegion(ctx context.Context, id string) error {
	_, err := m.Region(ctx, id)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = m.CreateRegion(ctx, keystone.Region{ID: id})
	return err
}

// UpdateEndpoint changes an endpoint.
func (m *Manager) UpdateEndpoint(ctx context.Context, id string, change keystone.EndpointChange) (e keystone.Endpoint, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if e, err = tx.Endpoint(ctx, id); err != nil {
			return err
		}
		change.Apply(&e)
		if err := check(ctx, tx, e); err != nil {
			return err
		}
		if err := tx.UpdateEndpoint(ctx, e); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint.updated", e)
	})
	return e, keystone.Named("update endpoint", id, err)
}

// DeleteEndpoint deletes an endpoint.
func (m *Manager) DeleteEndpoint(ctx context.Context, id string) error {
	return keystone.Named("delete endpoint", id, m.Tx(ctx, func(tx *db.Tx) error {
		e, err := tx.Endpoint(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteEndpoint(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint.deleted", e)
	}))
}

// check asks that URL, service and region of an endpoint make sense.
func check(ctx context.Context, tx *db.Tx, e keystone.Endpoint) error {
	if !e.ValidURL() {
		return fault.New(fault.Invalid, "URLValidationError", "Cannot create an endpoint with an invalid URL: %s.", e.URL)
	}
	if _, err := tx.Service(ctx, e.ServiceID); err != nil {
		return missing(err, "endpoint service_id", "service table")
	}
	if e.RegionID == "" {
		return nil
	}
	_, err := tx.Region(ctx, e.RegionID)
	return missing(err, "endpoint region_id", "region table")
}

// missing words what an endpoint points to and is not there.
func missing(err error, attribute, target string) error {
	if fault.Is(err, fault.NotFound) {
		return keystone.Missing(attribute, target)
	}
	return err
}
