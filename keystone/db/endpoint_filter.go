package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type projectEndpointRow struct {
	bun.BaseModel `bun:"table:project_endpoint,alias:t"`
	keystone.ProjectEndpoint
}

type projectEndpointGroupRow struct {
	bun.BaseModel `bun:"table:project_endpoint_group,alias:t"`
	keystone.ProjectEndpointGroup
}

// Filtered tells whether any project was given endpoints or groups of them.
func (r rows) Filtered(ctx context.Context) (bool, error) {
	some, err := r.IDB.NewSelect().Model((*projectEndpointRow)(nil)).Exists(ctx)
	if some || err != nil {
		return some, err
	}
	return r.IDB.NewSelect().Model((*projectEndpointGroupRow)(nil)).Exists(ctx)
}

// EndpointsGiven lists the endpoints that a project was given by themselves.
func (r rows) EndpointsGiven(ctx context.Context, projectID string) ([]keystone.Endpoint, error) {
	var found []endpointRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT endpoint_id FROM project_endpoint WHERE project_id = ?)", projectID).Scan(ctx)
	return endpointsOf(found), err
}

// ProjectsWithEndpoint lists the projects that were given an endpoint by itself.
func (r rows) ProjectsWithEndpoint(ctx context.Context, endpointID string) ([]keystone.Project, error) {
	var found []projectRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT project_id FROM project_endpoint WHERE endpoint_id = ?)", endpointID).Scan(ctx)
	return projectsOf(found), err
}

// ProjectsWithEndpointGroup lists the projects that were given an endpoint group.
func (r rows) ProjectsWithEndpointGroup(ctx context.Context, groupID string) ([]keystone.Project, error) {
	var found []projectRow
	err := r.IDB.NewSelect().Model(&found).OrderExpr("id").
		Where("id IN (SELECT project_id FROM project_endpoint_group WHERE endpoint_group_id = ?)", groupID).Scan(ctx)
	return projectsOf(found), err
}

// HasProjectEndpoint tells whether a project was given an endpoint by itself.
func (r rows) HasProjectEndpoint(ctx context.Context, p keystone.ProjectEndpoint) (bool, error) {
	return r.IDB.NewSelect().Model((*projectEndpointRow)(nil)).
		Where("project_id = ? AND endpoint_id = ?", p.ProjectID, p.EndpointID).Exists(ctx)
}

// InsertProjectEndpoint gives an endpoint to a project.
func (t *Tx) InsertProjectEndpoint(ctx context.Context, p keystone.ProjectEndpoint) error {
	return t.insert(ctx, &projectEndpointRow{ProjectEndpoint: p}, keystone.Conflict("project_endpoint", "Duplicate entry"))
}

// DeleteProjectEndpoint takes an endpoint from a project and tells whether it had it.
func (t *Tx) DeleteProjectEndpoint(ctx context.Context, p keystone.ProjectEndpoint) (bool, error) {
	n, err := t.remove(ctx, (*projectEndpointRow)(nil), "project_id = ? AND endpoint_id = ?", p.ProjectID, p.EndpointID)
	return n > 0, err
}

// HasProjectEndpointGroup tells whether a project was given an endpoint group.
func (r rows) HasProjectEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) (bool, error) {
	return r.IDB.NewSelect().Model((*projectEndpointGroupRow)(nil)).
		Where("project_id = ? AND endpoint_group_id = ?", p.ProjectID, p.EndpointGroupID).Exists(ctx)
}

// InsertProjectEndpointGroup gives an endpoint group to a project.
func (t *Tx) InsertProjectEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) error {
	return t.insert(ctx, &projectEndpointGroupRow{ProjectEndpointGroup: p}, keystone.Conflict("project_endpoint_group", "Duplicate entry"))
}

// DeleteProjectEndpointGroup takes an endpoint group from a project and tells whether it had it.
func (t *Tx) DeleteProjectEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) (bool, error) {
	n, err := t.remove(ctx, (*projectEndpointGroupRow)(nil), "project_id = ? AND endpoint_group_id = ?", p.ProjectID, p.EndpointGroupID)
	return n > 0, err
}

// unfilter forgets what a project was given.
func (t *Tx) unfilter(ctx context.Context, projectID string) error {
	if _, err := t.remove(ctx, (*projectEndpointRow)(nil), "project_id = ?", projectID); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*projectEndpointGroupRow)(nil), "project_id = ?", projectID)
	return err
}
