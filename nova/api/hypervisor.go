package api

import (
	"context"
	"encoding/json"
	"strconv"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) hypervisorRoutes() []rest.Route {
	list := rest.Body(querySchema(true)).From(rest.V(2, 33), querySchema(true, "limit", "marker")).
		From(rest.V(2, 53), querySchema(false, "limit", "marker", "hypervisor_hostname_pattern", "with_servers"))
	show := rest.Body(querySchema(true)).From(rest.V(2, 53), querySchema(false, "with_servers"))
	const at, rule = "GET /v2.1/os-hypervisors", "os_compute_api:os-hypervisors:"
	return []rest.Route{
		{Do: at, Rule: rule + "list", Query: list, Status: 200, Run: rest.Get(a.listHypervisors)},
		{Do: at + "/detail", Rule: rule + "list-detail", Query: list, Status: 200, Run: rest.Get(a.detailHypervisors)},
		{Do: at + "/statistics", Rule: rule + "statistics", Max: rest.V(2, 87), Status: 200, Run: rest.Get(a.hypervisorStatistics)},
		{Do: at + "/{id}", Rule: rule + "show", Query: show, Status: 200, Run: rest.Get(a.showHypervisor)},
		{Do: at + "/{id}/uptime", Rule: rule + "uptime", Max: rest.V(2, 87), Status: 200, Run: rest.Get(a.hypervisorUptime)},
		{Do: at + "/{id}/search", Rule: rule + "search", Max: rest.V(2, 52), Status: 200, Run: rest.Get(a.searchHypervisors)},
		{Do: at + "/{id}/servers", Rule: rule + "servers", Max: rest.V(2, 52), Status: 200, Run: rest.Get(a.hypervisorServers)},
	}
}

// viewHypervisor is a hypervisor; as nova/api/openstack/compute/hypervisors.py, _view_hypervisor. What is used of it is
// placement's to tell since 2.88.
func (a *API) viewHypervisor(c *rest.Call, h nova.Hypervisor, detail, withServers bool) view {
	v := view{
		"id": h.Number, "hypervisor_hostname": h.Name, "state": upOrDown(h.Service.Up(a.Now())), "status": enabled(h.Service),
	}
	if c.Version.AtLeast(2, 53) {
		v["id"] = h.ID
	}
	if detail {
		hypervisorDetail(c, h, v)
	}
	if len(h.Servers) > 0 || withServers && c.Version.AtLeast(2, 75) {
		servers := []view{}
		for _, s := range h.Servers {
			servers = append(servers, view{"name": s.Name, "uuid": s.ID})
		}
		v["servers"] = servers
	}
	return v
}

func hypervisorDetail(c *rest.Call, h nova.Hypervisor, v view) {
	service := view{"id": h.Service.Number, "host": h.Host, "disabled_reason": h.Service.DisabledReason}
	if c.Version.AtLeast(2, 53) {
		service["id"] = h.Service.ID
	}
	v["hypervisor_type"], v["hypervisor_version"], v["host_ip"], v["service"] = h.Type, h.Version, h.HostIP, service
	if c.Version.AtLeast(2, 88) {
		v["uptime"] = orNull(h.Uptime)
		return
	}
	v["vcpus"], v["memory_mb"], v["local_gb"] = h.VCPUs, h.MemoryMiB, h.DiskGiB
	v["vcpus_used"], v["memory_mb_used"], v["local_gb_used"] = h.VCPUsUsed, h.MemoryMiBUsed, h.DiskGiBUsed
	v["free_ram_mb"], v["free_disk_gb"] = h.MemoryMiB-h.MemoryMiBUsed, h.DiskGiB-h.DiskGiBUsed
	v["current_workload"], v["running_vms"], v["disk_available_least"] = 0, h.Running, h.DiskFreeGiB
	v["cpu_info"] = viewCPU(h.CPUInfo)
	if !c.Version.AtLeast(2, 28) {
		if b, err := json.Marshal(v["cpu_info"]); err == nil {
			v["cpu_info"] = string(b)
		}
	}
}

func viewCPU(i nova.CPUInfo) view {
	return view{
		"arch": i.Arch, "model": i.Model, "vendor": i.Vendor, "features": append([]string{}, i.Features...),
		"topology": view{"cells": i.Topology.Cells, "sockets": i.Topology.Sockets, "cores": i.Topology.Cores, "threads": i.Topology.Threads},
	}
}

func (a *API) listHypervisors(ctx context.Context, c *rest.Call) (view, error) {
	return a.hypervisors(ctx, c, "os-hypervisors", false)
}

func (a *API) detailHypervisors(ctx context.Context, c *rest.Call) (view, error) {
	return a.hypervisors(ctx, c, "os-hypervisors/detail", true)
}

func (a *API) hypervisors(ctx context.Context, c *rest.Call, path string, detail bool) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	var f manager.HypervisorFilter
	var p nova.Page
	var err error
	paged := c.Version.AtLeast(2, 33)
	if paged {
		if p, err = a.page(c); err != nil {
			return nil, err
		}
	}
	if c.Version.AtLeast(2, 53) {
		if f, err = hypervisorFilter(c); err != nil {
			return nil, err
		}
	}
	found, err := a.Manager.Hypervisors(ctx, f, p)
	if err != nil {
		return nil, err
	}
	if f.Pattern != "" && len(found) == 0 {
		return nil, none("No hypervisor matching '%s' could be found.", f.Pattern)
	}
	list := make([]view, len(found))
	for i, h := range found {
		list[i] = a.viewHypervisor(c, h, detail, f.WithServers)
	}
	v := view{"hypervisors": list}
	if paged && f.Pattern == "" && len(found) > 0 {
		id := strconv.FormatInt(found[len(found)-1].Number, 10)
		if c.Version.AtLeast(2, 53) {
			id = found[len(found)-1].ID
		}
		if more := next(c, p.Limit, len(found), path, id); more != nil {
			v["hypervisors_links"] = more
		}
	}
	return v, nil
}

func hypervisorFilter(c *rest.Call) (f manager.HypervisorFilter, err error) {
	q := c.Query()
	f.Pattern = q.Get("hypervisor_hostname_pattern")
	if f.Pattern != "" && (q.Has("limit") || q.Has("marker")) {
		return f, bad("Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.")
	}
	f.WithServers, err = withServers(c)
	return f, err
}

func withServers(c *rest.Call) (bool, error) {
	value := c.Query().Get("with_servers")
	if value != "" && !isTrue(value) && !isFalse(value) {
		return false, badQuery("with_servers", value, "'%s' is not a boolean", value)
	}
	return isTrue(value) && c.Version.AtLeast(2, 53), nil
}

func (a *API) hypervisor(ctx context.Context, c *rest.Call, servers bool) (nova.Hypervisor, error) {
	if err := c.Authorize(nil); err != nil {
		return nova.Hypervisor{}, err
	}
	absent := none("Hypervisor with ID '%s' could not be found.", c.Path("id"))
	if err := checkID(c); err != nil {
		if !c.Version.AtLeast(2, 53) {
			err = absent
		}
		return nova.Hypervisor{}, err
	}
	h, err := a.Manager.Hypervisor(ctx, c.Path("id"), servers)
	if fault.Is(err, fault.NotFound) {
		err = absent
	}
	return h, err
}

func (a *API) showHypervisor(ctx context.Context, c *rest.Call) (view, error) {
	servers, err := withServers(c)
	if err != nil {
		return nil, err
	}
	h, err := a.hypervisor(ctx, c, servers)
	if err != nil {
		return nil, err
	}
	return view{"hypervisor": a.viewHypervisor(c, h, true, servers)}, nil
}

func (a *API) hypervisorUptime(ctx context.Context, c *rest.Call) (view, error) {
	h, err := a.hypervisor(ctx, c, false)
	if err != nil {
		return nil, err
	}
	v := a.viewHypervisor(c, h, false, false)
	v["uptime"] = h.Uptime
	return view{"hypervisor": v}, nil
}

func (a *API) searchHypervisors(ctx context.Context, c *rest.Call) (view, error) {
	return a.matching(ctx, c, false)
}

func (a *API) hypervisorServers(ctx context.Context, c *rest.Call) (view, error) {
	return a.matching(ctx, c, true)
}

func (a *API) matching(ctx context.Context, c *rest.Call, servers bool) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	found, err := a.Manager.Hypervisors(ctx, manager.HypervisorFilter{Pattern: c.Path("id"), WithServers: servers}, nova.Page{})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, none("No hypervisor matching '%s' could be found.", c.Path("id"))
	}
	list := make([]view, len(found))
	for i, h := range found {
		list[i] = a.viewHypervisor(c, h, false, false)
	}
	return view{"hypervisors": list}, nil
}

func (a *API) hypervisorStatistics(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	s, err := a.Manager.HypervisorStatistics(ctx)
	return view{"hypervisor_statistics": view{
		"count": s.Count, "vcpus": s.VCPUs, "memory_mb": s.MemoryMiB, "local_gb": s.DiskGiB, "vcpus_used": s.VCPUsUsed,
		"memory_mb_used": s.MemoryMiBUsed, "local_gb_used": s.DiskGiBUsed, "free_ram_mb": s.MemoryMiB - s.MemoryMiBUsed,
		"free_disk_gb": s.DiskGiB - s.DiskGiBUsed, "current_workload": 0, "running_vms": s.Running, "disk_available_least": s.DiskFreeGiB,
	}}, err
}
