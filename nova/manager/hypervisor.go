package manager

import (
	"context"
	"strconv"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

// HypervisorFilter says which hypervisors to list and how much of each.
type HypervisorFilter struct {
	Pattern     string // part of the name
	WithServers bool
}

// Hypervisors lists the compute nodes; the marker is a UUID or number as the caller's version has it.
func (m *Manager) Hypervisors(ctx context.Context, f HypervisorFilter, p nova.Page) ([]nova.Hypervisor, error) {
	nodes, err := m.DB.ComputeNodes(ctx, "")
	if err != nil {
		return nil, err
	}
	services, err := m.computeServices(ctx)
	if err != nil {
		return nil, err
	}
	list, behind := []nova.Hypervisor{}, p.Marker == ""
	for _, n := range nodes {
		if !behind {
			behind = n.ID == p.Marker || strconv.FormatInt(n.Number, 10) == p.Marker
			continue
		}
		if !strings.Contains(n.Name, f.Pattern) {
			continue
		}
		list = append(list, nova.Hypervisor{ComputeNode: n, Service: services[n.Host]})
		if p.Limit > 0 && len(list) == p.Limit {
			break
		}
	}
	if !behind {
		return nil, invalid("MarkerNotFound", "marker [%s] not found", p.Marker)
	}
	if f.WithServers && len(list) > 0 {
		return list, m.addServers(ctx, list)
	}
	return list, nil
}

// addServers puts the servers of hypervisors to them.
func (m *Manager) addServers(ctx context.Context, list []nova.Hypervisor) error {
	hosts := make([]string, len(list))
	for i, h := range list {
		hosts[i] = h.Host
	}
	servers, err := m.DB.Servers(ctx, nova.ServerFilter{Hosts: hosts}, nova.Page{})
	type place struct{ host, node string }
	on := map[place][]nova.Server{}
	for _, s := range servers {
		at := place{s.Host, s.Node}
		on[at] = append(on[at], s)
	}
	for i, h := range list {
		list[i].Servers = on[place{h.Host, h.Name}]
	}
	return err
}

func (m *Manager) computeServices(ctx context.Context) (map[string]nova.Service, error) {
	list, err := m.Services(ctx, nova.ServiceFilter{Binary: nova.ComputeBinary})
	services := make(map[string]nova.Service, len(list))
	for _, s := range list {
		services[s.Host] = s
	}
	return services, err
}

// Hypervisor shows one by UUID or number.
func (m *Manager) Hypervisor(ctx context.Context, id string, withServers bool) (nova.Hypervisor, error) {
	list, err := m.Hypervisors(ctx, HypervisorFilter{}, nova.Page{})
	if err != nil {
		return nova.Hypervisor{}, err
	}
	for i, h := range list {
		if h.ID != id && strconv.FormatInt(h.Number, 10) != id {
			continue
		}
		if withServers {
			err = m.addServers(ctx, list[i:i+1])
		}
		return list[i], err
	}
	return nova.Hypervisor{}, fault.New(fault.NotFound, "HypervisorNotFound", "Hypervisor with ID '%s' could not be found.", id)
}

// HypervisorStatistics sums them up, the disabled left out.
func (m *Manager) HypervisorStatistics(ctx context.Context) (nova.HypervisorStatistics, error) {
	var sum nova.HypervisorStatistics
	list, err := m.Hypervisors(ctx, HypervisorFilter{}, nova.Page{})
	for _, h := range list {
		if h.Service.Disabled {
			continue
		}
		sum.Count++
		sum.VCPUs += h.VCPUs
		sum.VCPUsUsed += h.VCPUsUsed
		sum.MemoryMiB += h.MemoryMiB
		sum.MemoryMiBUsed += h.MemoryMiBUsed
		sum.DiskGiB += h.DiskGiB
		sum.DiskGiBUsed += h.DiskGiBUsed
		sum.DiskFreeGiB += h.DiskFreeGiB
		sum.Running += h.Running
	}
	return sum, err
}
