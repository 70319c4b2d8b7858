package notification

import (
	"time"

	"cumulet/nova"
)

// info is a server in the older form; as nova/notifications/base.py, info_from_instance.
func (t *Translator) info(s nova.Server) map[string]any {
	var progress any = ""
	if s.Progress != 0 {
		progress = s.Progress
	}
	return map[string]any{
		"tenant_id": s.ProjectID, "user_id": s.UserID,
		"instance_id": s.ID, "display_name": s.Name, "reservation_id": s.ReservationID, "hostname": s.Hostname,
		"instance_type": s.Flavor.Name, "instance_type_id": nil, "instance_flavor_id": s.Flavor.ID, "architecture": orNil(s.Image["architecture"]),
		"memory_mb": s.Flavor.RAMMiB, "disk_gb": s.Flavor.DiskGiB + s.Flavor.EphemeralGiB, "vcpus": s.Flavor.VCPUs,
		"root_gb": s.Flavor.DiskGiB, "ephemeral_gb": s.Flavor.EphemeralGiB,
		"host": orNil(s.Host), "node": orNil(s.Node), "availability_zone": orNil(s.AvailabilityZone), "cell_name": "",
		"created_at": s.CreatedAt.UTC().Format("2006-01-02 15:04:05") + "+00:00", "terminated_at": longTimeOr(s.TerminatedAt),
		"deleted_at": longTimeOr(s.DeletedAt), "launched_at": longTimeOr(s.LaunchedAt),
		"image_ref_url": t.ImageURL + "/images/" + s.ImageID, "os_type": orNil(s.Image["os_type"]), "kernel_id": s.KernelID, "ramdisk_id": s.RamdiskID,
		"state": s.VMState, "state_description": string(s.TaskState), "progress": progress,
		"access_ip_v4": orNil(s.AccessIPv4), "access_ip_v6": orNil(s.AccessIPv6),
		"image_meta": imageMeta(s), "metadata": orEmpty(s.Metadata),
	}
}

// imageMeta is what is remembered of the image.
func imageMeta(s nova.Server) map[string]string {
	meta := make(map[string]string, len(s.Image)+1)
	for name, value := range s.Image {
		meta[name] = value
	}
	meta["base_image_ref"] = s.ImageID
	return meta
}

// fixedIPs are a server's addresses; as info_from_instance has them of nova/network/model.py, FixedIP.
func fixedIPs(s nova.Server) []map[string]any {
	all := []map[string]any{}
	for _, v := range s.Network {
		for _, a := range v.Addresses {
			if a.Floating {
				continue
			}
			all = append(all, map[string]any{
				"address": a.IP, "version": a.Version, "type": "fixed", "meta": map[string]any{}, "floating_ips": []any{},
				"label": v.NetworkName, "vif_mac": v.MAC,
			})
		}
	}
	return all
}

// longTime is as nova/utils.py, strtime.
func longTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }

func longTimeOr(t *time.Time) string {
	if t == nil {
		return ""
	}
	return longTime(*t)
}

// auditPeriod is the month that lasts, so far; as nova/notifications/base.py, audit_period_bounds.
func auditPeriod(now time.Time) (begin, end time.Time) {
	now = now.UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), now
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func listOf(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
