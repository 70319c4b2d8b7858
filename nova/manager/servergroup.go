package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// CreateServerGroup makes a group in the caller's project.
func (m *Manager) CreateServerGroup(ctx context.Context, who policy.Who, g nova.ServerGroup) (nova.ServerGroup, error) {
	return nova.ServerGroup{}, errUnderWay
}

// ServerGroup shows one of the caller's project, or any to an admin.
func (m *Manager) ServerGroup(ctx context.Context, who policy.Who, id string) (nova.ServerGroup, error) {
	return nova.ServerGroup{}, errUnderWay
}

// ServerGroups lists a project's groups, or all when projectID is ""; offset and limit as the API's.
func (m *Manager) ServerGroups(ctx context.Context, projectID string, offset, limit int) ([]nova.ServerGroup, error) {
	return nil, errUnderWay
}

// DeleteServerGroup removes a group; its servers stay.
func (m *Manager) DeleteServerGroup(ctx context.Context, who policy.Who, id string) error {
	return errUnderWay
}
