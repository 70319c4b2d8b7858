package notification

import (
	"maps"
	"slices"

	"cumulet/nova"
	"cumulet/oslo/notification"
)

// scheduled is as nova/scheduler/manager.py, _select_destinations; its start is told with its end.
func (t *Translator) scheduled(e notification.Event) ([]notification.Notification, error) {
	spec, err := decode[nova.RequestSpec](e)
	if err != nil {
		return nil, err
	}
	var all []notification.Notification
	for _, phase := range []string{"start", "end"} {
		kind := "scheduler.select_destinations." + phase
		all = append(all, legacy("scheduler", kind, map[string]any{"request_spec": legacySpec(spec)}),
			versioned("nova-scheduler:"+t.Host, kind, requestSpec(spec)))
	}
	return all, nil
}

// legacySpec is as nova/objects/request_spec.py, to_legacy_request_spec_dict.
func legacySpec(spec nova.RequestSpec) map[string]any {
	f := spec.Flavor
	return map[string]any{
		"num_instances": 1, "image": map[string]any{"properties": orEmpty(spec.Image)},
		"instance_properties": map[string]any{
			"uuid": spec.ServerID, "project_id": spec.ProjectID, "user_id": spec.UserID, "availability_zone": orNil(spec.AvailabilityZone),
			"memory_mb": f.RAMMiB, "vcpus": f.VCPUs, "root_gb": f.DiskGiB, "ephemeral_gb": f.EphemeralGiB,
		},
		"instance_type": flavorPayload(f).data,
	}
}

// requestSpec is as nova/notifications/objects/request_spec.py, RequestSpecPayload, without what is not built: NUMA, PCI, retries.
func requestSpec(spec nova.RequestSpec) object {
	var group any
	if g := spec.Group; g != nil {
		group = serverGroupPayload(nova.ServerGroup{ID: g.ID, Policy: g.Policy, MaxPerHost: g.MaxPerHost}).
			with("ServerGroupPayload", "1.1", map[string]any{"hosts": slices.Sorted(maps.Keys(g.Hosts))}).primitive()
	}
	return object{"RequestSpecPayload", "1.1", map[string]any{
		"instance_uuid": spec.ServerID, "project_id": spec.ProjectID, "user_id": spec.UserID, "availability_zone": orNil(spec.AvailabilityZone),
		"flavor": flavorPayload(spec.Flavor).primitive(), "force_hosts": orNil(spec.Host), "force_nodes": orNil(spec.Node),
		"ignore_hosts": listOf(spec.Ignore), "image_meta": nil, "image": nil, "instance_group": group, "numa_topology": nil,
		"pci_requests": nil, "num_instances": 1, "requested_destination": nil, "retry": nil, "scheduler_hints": spec.Hints,
		"security_groups": []string{},
	}}
}

// unscheduled tells that a server found no host; as nova/scheduler/utils.py, set_vm_state_and_notify.
func (t *Translator) unscheduled(s nova.Server) []notification.Notification {
	const kind = "compute_task.build_instances"
	var failure nova.Failure
	if s.Fault != nil {
		failure = *s.Fault
	}
	older := legacy("compute_task", kind, map[string]any{
		"request_spec": map[string]any{}, "instance_properties": map[string]any{}, "instance_id": s.ID, "state": s.VMState,
		"method": "build_instances", "reason": failure.Message,
	})
	older.Priority = notification.Error
	return []notification.Notification{older, versioned("nova-conductor:"+t.Host, kind+".error", object{"ComputeTaskPayload", "1.0", map[string]any{
		"instance_uuid": s.ID, "request_spec": nil, "state": s.VMState, "reason": exception(failure),
	}})}
}
