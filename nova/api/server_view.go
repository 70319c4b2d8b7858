package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"cumulet/nova"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// shown is what the caller may see of servers beyond the usual, found once for a whole list.
type shown struct {
	// brief leaves out what upstream's extensions added: the answer to an update before 2.75.
	brief      bool
	extended   bool // os-extended-server-attributes
	extraSpecs bool
	hostStatus map[string]string // by host; nil when the caller may not see it
	report     *nova.SchedulerReport
}

// shownOf asks the rules what to show, and the services for the hosts' states where they are shown.
func (a *API) shownOf(ctx context.Context, c *rest.Call, target policy.Target, servers []nova.Server) (*shown, error) {
	s := &shown{
		extended:   c.Allowed("os_compute_api:os-extended-server-attributes", target),
		extraSpecs: c.Allowed("os_compute_api:servers:show:flavor-extra-specs", target),
	}
	if !c.Version.AtLeast(2, 16) || len(servers) == 0 || !c.Allowed("os_compute_api:servers:show:host_status", target) {
		return s, nil
	}
	services, err := a.Manager.Services(ctx, nova.ServiceFilter{Binary: nova.ComputeBinary})
	if err != nil {
		return nil, err
	}
	s.hostStatus = map[string]string{}
	for _, service := range services {
		s.hostStatus[service.Host] = hostStatus(service, a.Now())
	}
	return s, nil
}

// hostStatus is a host as nova/compute/api.py, get_instance_host_status names it.
func hostStatus(s nova.Service, now time.Time) string {
	switch {
	case s.ForcedDown:
		return "DOWN"
	case s.Disabled:
		return "MAINTENANCE"
	case s.Up(now):
		return "UP"
	}
	return "UNKNOWN"
}

// server is a server on the wire; as nova/api/openstack/compute/views/servers.py, show.
func (o *shown) server(c *rest.Call, s nova.Server) view {
	status := s.Status()
	if s.Deleted {
		status = "DELETED"
	}
	v := view{
		"id": s.ID, "name": s.Name, "status": status, "tenant_id": s.ProjectID, "user_id": s.UserID,
		"metadata": orEmpty(s.Metadata), "hostId": hostID(s.ProjectID, s.Host), "image": serverImage(c, s),
		"flavor": o.flavor(c, s.Flavor), "created": isoTime(s.CreatedAt), "updated": isoTime(s.UpdatedAt),
		"addresses": serverAddresses(s, !o.brief), "accessIPv4": s.AccessIPv4, "accessIPv6": s.AccessIPv6,
		"links": links(c, "servers", s.ID), "OS-DCF:diskConfig": s.DiskConfig,
	}
	if f := o.fault(c, s, status); f != nil {
		v["fault"] = f
	}
	switch status {
	case "ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING":
		v["progress"] = s.Progress
	}
	o.versioned(c, s, v)
	if !o.brief {
		o.extensions(c, s, v)
	}
	return v
}

// versioned adds the members that came with microversions of their own.
func (o *shown) versioned(c *rest.Call, s nova.Server, v view) {
	if c.Version.AtLeast(2, 9) {
		v["locked"] = s.Locked
	}
	if c.Version.AtLeast(2, 19) {
		v["description"] = s.Description
	}
	if c.Version.AtLeast(2, 26) {
		v["tags"] = append([]string{}, s.Tags...)
	}
	if c.Version.AtLeast(2, 63) {
		v["trusted_image_certificates"] = nil
	}
	if c.Version.AtLeast(2, 73) {
		v["locked_reason"] = s.LockedReason
	}
	if c.Version.AtLeast(2, 90) {
		v["OS-EXT-SRV-ATTR:hostname"] = s.Hostname
	}
}

// extensions adds what upstream once had as extensions.
func (o *shown) extensions(c *rest.Call, s nova.Server, v view) {
	v["OS-EXT-AZ:availability_zone"] = s.AvailabilityZone
	v["config_drive"] = ""
	if s.ConfigDrive {
		v["config_drive"] = "True"
	}
	v["key_name"] = orNull(s.KeyName)
	v["OS-SRV-USG:launched_at"], v["OS-SRV-USG:terminated_at"] = microTime(s.LaunchedAt), microTime(s.TerminatedAt)
	v["OS-EXT-STS:task_state"] = orNull(string(s.TaskState))
	v["OS-EXT-STS:vm_state"], v["OS-EXT-STS:power_state"] = s.VMState, s.PowerState
	v["os-extended-volumes:volumes_attached"] = []view{}
	if groups := serverSecurityGroups(s); len(groups) > 0 {
		v["security_groups"] = groups
	}
	if o.hostStatus != nil {
		v["host_status"] = o.hostStatus[s.Host]
	}
	if !o.extended {
		return
	}
	const prefix = "OS-EXT-SRV-ATTR:"
	v[prefix+"host"], v[prefix+"hypervisor_hostname"] = orNull(s.Host), orNull(s.Node)
	v[prefix+"instance_name"] = s.GuestName()
	if c.Version.AtLeast(2, 3) {
		v[prefix+"reservation_id"], v[prefix+"launch_index"], v[prefix+"hostname"] = s.ReservationID, s.LaunchIndex, s.Hostname
		v[prefix+"kernel_id"], v[prefix+"ramdisk_id"] = s.KernelID, s.RamdiskID
		v[prefix+"root_device_name"], v[prefix+"user_data"] = orNull(s.RootDevice), orNull(s.UserData)
	}
}

// showServerGroup adds the server's group, which lists do not tell (2.71).
func showServerGroup(c *rest.Call, s nova.Server, v view) {
	if !c.Version.AtLeast(2, 71) {
		return
	}
	groups := []string{}
	if s.ServerGroup != "" {
		groups = append(groups, s.ServerGroup)
	}
	v["server_groups"] = groups
}

// flavor is the server's own copy (2.47) or a reference to the flavor.
func (o *shown) flavor(c *rest.Call, f nova.Flavor) view {
	if !c.Version.AtLeast(2, 47) {
		return view{"id": f.ID, "links": []view{bookmark(c, "flavors", f.ID)}}
	}
	v := view{
		"vcpus": f.VCPUs, "ram": f.RAMMiB, "disk": f.DiskGiB, "ephemeral": f.EphemeralGiB, "swap": f.SwapMiB, "original_name": f.Name,
	}
	if o.extraSpecs {
		v["extra_specs"] = orEmpty(f.ExtraSpecs)
	}
	return v
}

// fault is the last failure of a server in ERROR; administrators read its details, with why no host was found.
func (o *shown) fault(c *rest.Call, s nova.Server, status string) view {
	if s.Fault == nil || status != "ERROR" && status != "DELETED" {
		return nil
	}
	v := view{"code": s.Fault.Code, "created": isoTime(s.Fault.Created), "message": s.Fault.Message}
	if !c.Who.Has("admin") && s.Fault.Code == 500 {
		return v
	}
	details := s.Fault.Details
	if o.report != nil {
		details = strings.TrimSpace(details + "\n" + reportText(*o.report))
	}
	if details != "" {
		v["details"] = details
	}
	return v
}

// reportText tells how many hosts each filter of the scheduler let pass, and why the others were refused.
func reportText(r nova.SchedulerReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Hosts with room: %d.", r.Candidates)
	for _, f := range r.Filters {
		fmt.Fprintf(&b, " %s: %d of %d.", f.Filter, f.After, f.Before)
	}
	hosts := make([]string, 0, len(r.Refused))
	for host := range r.Refused {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range hosts[:min(len(hosts), 20)] {
		fmt.Fprintf(&b, "\n%s: %s: %s", host, r.Refused[host].Filter, r.Refused[host].Why)
	}
	return b.String()
}

// hostID hides a host's name from its tenants; as nova/utils.py, generate_hostid.
func hostID(projectID, host string) string {
	if host == "" {
		return ""
	}
	sum := sha256.Sum224([]byte(projectID + host))
	return hex.EncodeToString(sum[:])
}

func serverImage(c *rest.Call, s nova.Server) any {
	if s.ImageID == "" {
		return ""
	}
	return view{"id": s.ImageID, "links": []view{bookmark(c, "images", s.ImageID)}}
}

// serverAddresses are a server's addresses by network, the fixed before the floating ones; none while it is built.
func serverAddresses(s nova.Server, extended bool) view {
	v := view{}
	if s.VMState == nova.Building {
		return v
	}
	for name, list := range addressesByNetwork(s, extended) {
		v[name] = list
	}
	return v
}

func addressesByNetwork(s nova.Server, extended bool) map[string][]view {
	fixed, floating := map[string][]view{}, map[string][]view{}
	for _, vif := range s.Network {
		if _, ok := fixed[vif.NetworkName]; !ok {
			fixed[vif.NetworkName] = []view{}
		}
		for _, address := range vif.Addresses {
			item, kind, into := view{"addr": address.IP, "version": address.Version}, "fixed", fixed
			if address.Floating {
				kind, into = "floating", floating
			}
			if extended {
				item["OS-EXT-IPS:type"], item["OS-EXT-IPS-MAC:mac_addr"] = kind, vif.MAC
			}
			into[vif.NetworkName] = append(into[vif.NetworkName], item)
		}
	}
	for name, list := range floating {
		fixed[name] = append(fixed[name], list...)
	}
	return fixed
}

// serverSecurityGroups are the groups of a server's ports, each once; those asked for while it has no ports.
func serverSecurityGroups(s nova.Server) []view {
	var names []string
	for _, vif := range s.Network {
		names = append(names, vif.SecurityGroups...)
	}
	if len(s.Network) == 0 && s.VMState == nova.Building {
		names = s.SecurityGroups
	}
	var list []view
	for i, name := range names {
		if !slices.Contains(names[:i], name) {
			list = append(list, view{"name": name})
		}
	}
	return list
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
