package manager

import (
	"context"

	"cumulet/nova"
)

// Quota gives a project's limits: its own over the class's over the defaults; with a user, that user's over them.
func (m *Manager) Quota(ctx context.Context, projectID, userID string) (nova.Limits, error) {
	return nil, errUnderWay
}

// DefaultQuota gives the limits of projects that have none of their own.
func (m *Manager) DefaultQuota(ctx context.Context) (nova.Limits, error) { return nil, errUnderWay }

// SetQuota sets some of a project's limits (or a user's in it). Less than what is in use is refused unless force.
func (m *Manager) SetQuota(ctx context.Context, projectID, userID string, limits nova.Limits, force bool) (nova.Limits, error) {
	return nil, errUnderWay
}

// ResetQuota forgets a project's (or user's) own limits.
func (m *Manager) ResetQuota(ctx context.Context, projectID, userID string) error {
	return errUnderWay
}

// SetDefaultQuota sets limits of the class "default".
func (m *Manager) SetDefaultQuota(ctx context.Context, limits nova.Limits) (nova.Limits, error) {
	return nil, errUnderWay
}

// Usage gives a project's limits with what is in use.
func (m *Manager) Usage(ctx context.Context, projectID, userID string) (nova.Usages, error) {
	return nil, errUnderWay
}
