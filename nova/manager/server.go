package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// Server shows one server. Another project's is not found, except for an admin.
func (m *Manager) Server(ctx context.Context, who policy.Who, id string) (nova.Server, error) {
	return nova.Server{}, errUnderWay
}

// Servers lists servers by filter and page; the caller sets the filter's project, "" is all projects. The marker's server
// must exist, else a fault of kind Invalid "marker [<id>] not found".
func (m *Manager) Servers(ctx context.Context, f nova.ServerFilter, p nova.Page) ([]nova.Server, error) {
	return nil, errUnderWay
}

// ServerUpdate is what may be changed of a server; nil leaves a thing as it is.
type ServerUpdate struct {
	Name, Hostname, DiskConfig, AccessIPv4, AccessIPv6 *string
	// Description is set to *Description where SetDescription.
	Description    *string
	SetDescription bool
}

// UpdateServer changes a server's record.
func (m *Manager) UpdateServer(ctx context.Context, who policy.Who, id string, u ServerUpdate) (nova.Server, error) {
	return nova.Server{}, errUnderWay
}

// SchedulerReport tells how the server's host was chosen or why there was none; nil before that.
func (m *Manager) SchedulerReport(ctx context.Context, who policy.Who, id string) (*nova.SchedulerReport, error) {
	return nil, errUnderWay
}
