package manager

import (
	"context"

	"cumulet/nova"
)

// HypervisorFilter says which hypervisors to list and how much of each.
type HypervisorFilter struct {
	Pattern     string // part of the name
	WithServers bool
}

// Hypervisors lists the compute nodes; the marker is a UUID or number as the caller's version has it.
func (m *Manager) Hypervisors(ctx context.Context, f HypervisorFilter, p nova.Page) ([]nova.Hypervisor, error) {
	return nil, errUnderWay
}

// Hypervisor shows one by UUID or number.
func (m *Manager) Hypervisor(ctx context.Context, id string, withServers bool) (nova.Hypervisor, error) {
	return nova.Hypervisor{}, errUnderWay
}

// HypervisorStatistics sums them up.
func (m *Manager) HypervisorStatistics(ctx context.Context) (nova.HypervisorStatistics, error) {
	return nova.HypervisorStatistics{}, errUnderWay
}
