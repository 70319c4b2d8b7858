package catalog

import (
	"context"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// filters are what an endpoint group may choose by. As keystone/api/os_ep_filter.py, _require_valid_filter.
var filters = []string{"service_id", "region_id", "interface"}

// CreateEndpointGroup makes an endpoint group, which must choose by something.
func (m *Manager) CreateEndpointGroup(ctx context.Context, g keystone.EndpointGroup) (keystone.EndpointGroup, error) {
	if len(g.Filters) == 0 {
		return g, keystone.Invalid("filters field is required and cannot be empty")
	}
	if err := valid(g.Filters); err != nil {
		return g, err
	}
	g.ID = keystone.NewID()
	return g, keystone.Named("create endpoint group", g.Name, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertEndpointGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint_group.created", g)
	}))
}

// UpdateEndpointGroup changes an endpoint group. Without filters it has every endpoint.
func (m *Manager) UpdateEndpointGroup(
	ctx context.Context, id string, change keystone.EndpointGroupChange,
) (g keystone.EndpointGroup, err error) {
	if err := valid(change.Filters); err != nil {
		return g, err
	}
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if g, err = tx.EndpointGroup(ctx, id); err != nil {
			return err
		}
		change.Apply(&g)
		if err := tx.UpdateEndpointGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint_group.updated", g)
	})
	return g, keystone.Named("update endpoint group", id, err)
}

// DeleteEndpointGroup deletes an endpoint group and takes it from its projects.
func (m *Manager) DeleteEndpointGroup(ctx context.Context, id string) error {
	return keystone.Named("delete endpoint group", id, m.Tx(ctx, func(tx *db.Tx) error {
		g, err := tx.EndpointGroup(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteEndpointGroup(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.endpoint_group.deleted", g)
	}))
}

// EndpointsInGroup lists the endpoints that an endpoint group has now.
func (m *Manager) EndpointsInGroup(ctx context.Context, id string) ([]keystone.Endpoint, error) {
	g, err := m.EndpointGroup(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := m.Endpoints(ctx, keystone.Query{})
	var inside []keystone.Endpoint
	for _, e := range all {
		if g.Has(e) {
			inside = append(inside, e)
		}
	}
	return inside, err
}

// valid refuses to choose by what endpoints are not chosen by.
func valid(chosen map[string]any) error {
	for name := range chosen {
		if !slices.Contains(filters, name) {
			return keystone.Missing(strings.Join(filters, " or "), "endpoint_group")
		}
	}
	return nil
}
