package notification

import (
	"time"

	"cumulet/nova"
	"cumulet/oslo/notification"
)

// powerStates are as nova/objects/fields.py, InstancePowerState.
var powerStates = map[nova.PowerState]string{
	nova.NoState: "pending", nova.PowerRunning: "running", nova.PowerPaused: "paused", nova.PowerShutdown: "shutdown",
	nova.PowerCrashed: "crashed", nova.PowerSuspended: "suspended",
}

// instance is a server as nova/notifications/objects/instance.py, InstancePayload. Block devices are told with
// bdms_in_notifications only, which is not built.
func instance(e notification.Event, s nova.Server) object {
	data := map[string]any{
		"uuid": s.ID, "user_id": s.UserID, "tenant_id": s.ProjectID, "reservation_id": s.ReservationID, "display_name": s.Name,
		"display_description": description(s), "host_name": s.Hostname, "host": orNil(s.Host), "node": orNil(s.Node),
		"os_type": orNil(s.Image["os_type"]), "architecture": orNil(s.Image["architecture"]), "availability_zone": orNil(s.AvailabilityZone),
		"flavor": flavorPayload(s.Flavor).primitive(), "image_uuid": s.ImageID, "key_name": orNil(s.KeyName),
		"kernel_id": s.KernelID, "ramdisk_id": s.RamdiskID,
		"created_at": isoTime(&s.CreatedAt), "launched_at": isoTime(s.LaunchedAt), "terminated_at": isoTime(s.TerminatedAt),
		"deleted_at": isoTime(s.DeletedAt), "updated_at": isoTime(&s.UpdatedAt),
		"state": s.VMState, "power_state": powerStates[s.PowerState], "task_state": orNil(string(s.TaskState)), "progress": s.Progress,
		"ip_addresses": addresses(s), "block_devices": nil, "metadata": orEmpty(s.Metadata), "locked": s.Locked,
		"auto_disk_config": s.DiskConfig, "locked_reason": s.LockedReason,
		"request_id": nil, "action_initiator_user": nil, "action_initiator_project": nil,
	}
	if a := e.Actor; a != nil && a.UserID != "" && a.ProjectID != "" {
		data["request_id"], data["action_initiator_user"], data["action_initiator_project"] = e.RequestID, a.UserID, a.ProjectID
	}
	return object{name: "InstancePayload", version: "1.8", data: data}
}

// actionPayload is InstanceActionPayload.
func actionPayload(e notification.Event, s nova.Server) object {
	return instance(e, s).with("InstanceActionPayload", "1.8", map[string]any{"fault": nil})
}

// create is InstanceCreatePayload.
func create(e notification.Event, s nova.Server) object {
	keys := []any{}
	if s.KeyName != "" {
		keys = append(keys, keypairPayload(nova.Keypair{UserID: s.UserID, Name: s.KeyName, PublicKey: s.PublicKey, Type: "ssh"}).primitive())
	}
	return instance(e, s).with("InstanceCreatePayload", "1.12", map[string]any{
		"fault": nil, "keypairs": keys, "tags": listOf(s.Tags), "trusted_image_certificates": nil, "instance_name": s.GuestName(),
	})
}

// changedInstance is InstanceUpdatePayload.
func changedInstance(e notification.Event, s nova.Server, was nova.Was) object {
	begin, end := auditPeriod(e.At)
	states := object{"InstanceStateUpdatePayload", "1.0", map[string]any{
		"old_state": was.VMState, "state": s.VMState, "old_task_state": orNil(string(was.TaskState)), "new_task_state": orNil(string(s.TaskState)),
	}}
	period := object{"AuditPeriodPayload", "1.0", map[string]any{
		"audit_period_beginning": isoTime(&begin), "audit_period_ending": isoTime(&end),
	}}
	var old any
	if was.Name != "" && was.Name != s.Name {
		old = was.Name
	}
	return instance(e, s).with("InstanceUpdatePayload", "2.0", map[string]any{
		"state_update": states.primitive(), "audit_period": period.primitive(), "old_display_name": old, "tags": listOf(s.Tags),
	})
}

// exception is ExceptionPayload, of which we know no module.
func exception(f nova.Failure) map[string]any {
	return object{"ExceptionPayload", "1.1", map[string]any{
		"module_name": "nova", "function_name": "", "exception": "NovaException", "exception_message": f.Message, "traceback": "",
	}}.primitive()
}

// addresses are IpPayload.
func addresses(s nova.Server) []any {
	all := []any{}
	for _, v := range s.Network {
		for _, a := range v.Addresses {
			if a.Floating {
				continue
			}
			all = append(all, object{"IpPayload", "1.0", map[string]any{
				"label": v.NetworkName, "mac": v.MAC, "meta": map[string]any{}, "port_uuid": v.PortID, "version": a.Version, "address": a.IP,
				"device_name": orNil(v.Device),
			}}.primitive())
		}
	}
	return all
}

func description(s nova.Server) any {
	if s.Description == nil {
		return nil
	}
	return *s.Description
}

// isoTime is as oslo_versionedobjects/fields.py, DateTime.
func isoTime(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
