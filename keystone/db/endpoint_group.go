package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type endpointGroupRow struct {
	bun.BaseModel `bun:"table:endpoint_group,alias:t"`
	keystone.EndpointGroup
}

// EndpointGroup is the endpoint group of an id.
func (r rows) EndpointGroup(ctx context.Context, id string) (keystone.EndpointGroup, error) {
	var g endpointGroupRow
	err := r.find(ctx, &g, "Endpoint Group", id, "id = ?", id)
	return g.EndpointGroup, err
}

// EndpointGroups lists endpoint groups by name.
func (r rows) EndpointGroups(ctx context.Context, q keystone.Query) ([]keystone.EndpointGroup, error) {
	var found []endpointGroupRow
	err := r.list(ctx, &found, q, "id", "name")
	return endpointGroupsOf(found), err
}

// EndpointGroupsGiven lists the endpoint groups that a project was given.
func (r rows) EndpointGroupsGiven(ctx context.Context, projectID string) ([]keystone.EndpointGroup, error) {
	var found []endpointGroupRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT endpoint_group_id FROM project_endpoint_group WHERE project_id = ?)", projectID).Scan(ctx)
	return endpointGroupsOf(found), err
}

func endpointGroupsOf(found []endpointGroupRow) []keystone.EndpointGroup {
	groups := make([]keystone.EndpointGroup, len(found))
	for i, g := range found {
		groups[i] = g.EndpointGroup
	}
	return groups
}

// InsertEndpointGroup writes a new endpoint group.
func (t *Tx) InsertEndpointGroup(ctx context.Context, g keystone.EndpointGroup) error {
	return t.insert(ctx, &endpointGroupRow{EndpointGroup: g}, keystone.Conflict("endpoint_group", "Duplicate ID, "+g.ID))
}

// UpdateEndpointGroup writes an endpoint group.
func (t *Tx) UpdateEndpointGroup(ctx context.Context, g keystone.EndpointGroup) error {
	return t.update(ctx, g.ID, &endpointGroupRow{EndpointGroup: g}, nil)
}

// DeleteEndpointGroup deletes an endpoint group and takes it from its projects.
func (t *Tx) DeleteEndpointGroup(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*projectEndpointGroupRow)(nil), "endpoint_group_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*endpointGroupRow)(nil), "id = ?", id)
	return err
}
