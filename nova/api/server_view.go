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

// serverView is a server on the wire; as nova/api/openstack/compute/views/servers.py, show. A struct and no map, since it
// is what clouds show most of. What is `any` is left out when nil, and null where upstream shows null: orNone.
type serverView struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Status     string            `json:"status"`
	TenantID   string            `json:"tenant_id"`
	UserID     string            `json:"user_id"`
	Metadata   map[string]string `json:"metadata"`
	HostID     string            `json:"hostId"`
	Image      any               `json:"image"`
	Flavor     flavorView        `json:"flavor"`
	Created    string            `json:"created"`
	Updated    string            `json:"updated"`
	Addresses  serverAddresses   `json:"addresses"`
	AccessIPv4 string            `json:"accessIPv4"`
	AccessIPv6 string            `json:"accessIPv6"`
	Links      []link            `json:"links"`
	DiskConfig string            `json:"OS-DCF:diskConfig"`
	Progress   *int              `json:"progress,omitzero"`
	Fault      *faultView        `json:"fault,omitzero"`

	// Those that came with microversions of their own.
	Locked                   *bool    `json:"locked,omitzero"`
	Description              any      `json:"description,omitzero"`
	Tags                     []string `json:"tags,omitzero"`
	TrustedImageCertificates any      `json:"trusted_image_certificates,omitzero"`
	LockedReason             any      `json:"locked_reason,omitzero"`
	ServerGroups             []string `json:"server_groups,omitzero"`

	*extensionView
	*attributeView
	Hostname   *string `json:"OS-EXT-SRV-ATTR:hostname,omitzero"`
	HostStatus *string `json:"host_status,omitzero"`
}

// extensionView is what upstream once had as extensions.
type extensionView struct {
	AvailabilityZone string          `json:"OS-EXT-AZ:availability_zone"`
	ConfigDrive      string          `json:"config_drive"`
	KeyName          any             `json:"key_name"`
	LaunchedAt       any             `json:"OS-SRV-USG:launched_at"`
	TerminatedAt     any             `json:"OS-SRV-USG:terminated_at"`
	TaskState        any             `json:"OS-EXT-STS:task_state"`
	VMState          nova.VMState    `json:"OS-EXT-STS:vm_state"`
	PowerState       nova.PowerState `json:"OS-EXT-STS:power_state"`
	Volumes          []link          `json:"os-extended-volumes:volumes_attached"`
	SecurityGroups   []nameView      `json:"security_groups,omitzero"`
}

// attributeView is what administrators see; from 2.3 on all of it.
type attributeView struct {
	Host               any    `json:"OS-EXT-SRV-ATTR:host"`
	HypervisorHostname any    `json:"OS-EXT-SRV-ATTR:hypervisor_hostname"`
	InstanceName       string `json:"OS-EXT-SRV-ATTR:instance_name"`
	*laterAttributes
}

type laterAttributes struct {
	ReservationID  string `json:"OS-EXT-SRV-ATTR:reservation_id"`
	LaunchIndex    int    `json:"OS-EXT-SRV-ATTR:launch_index"`
	KernelID       string `json:"OS-EXT-SRV-ATTR:kernel_id"`
	RamdiskID      string `json:"OS-EXT-SRV-ATTR:ramdisk_id"`
	RootDeviceName any    `json:"OS-EXT-SRV-ATTR:root_device_name"`
	UserData       any    `json:"OS-EXT-SRV-ATTR:user_data"`
}

// nameView names something.
type nameView struct {
	Name string `json:"name"`
}

// orNone shows a pointer that may be nil, as null then, in a member that is left out when nothing is put there.
func orNone(s *string) any { return s }

// server is a server as the caller may see it.
func (o *shown) server(c *rest.Call, s nova.Server) serverView {
	status := s.Status()
	if s.Deleted {
		status = "DELETED"
	}
	v := serverView{
		ID: s.ID, Name: s.Name, Status: status, TenantID: s.ProjectID, UserID: s.UserID, Metadata: orEmpty(s.Metadata),
		HostID: hostID(s.ProjectID, s.Host), Image: serverImage(c, s), Flavor: o.flavor(c, s.Flavor),
		Created: isoTime(s.CreatedAt), Updated: isoTime(s.UpdatedAt), Addresses: addressesShown(s, !o.brief),
		AccessIPv4: s.AccessIPv4, AccessIPv6: s.AccessIPv6, Links: links(c, "servers", s.ID), DiskConfig: s.DiskConfig,
		Fault: o.fault(c, s, status),
	}
	switch status {
	case "ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING":
		v.Progress = &s.Progress
	}
	v.versioned(c, s)
	if !o.brief {
		o.extend(c, s, &v)
	}
	return v
}

// versioned adds the members that came with microversions of their own.
func (v *serverView) versioned(c *rest.Call, s nova.Server) {
	if c.Version.AtLeast(2, 9) {
		v.Locked = &s.Locked
	}
	if c.Version.AtLeast(2, 19) {
		v.Description = orNone(s.Description)
	}
	if c.Version.AtLeast(2, 26) {
		v.Tags = append([]string{}, s.Tags...)
	}
	if c.Version.AtLeast(2, 63) {
		v.TrustedImageCertificates = orNone(nil)
	}
	if c.Version.AtLeast(2, 73) {
		v.LockedReason = orNone(s.LockedReason)
	}
	if c.Version.AtLeast(2, 90) {
		v.Hostname = &s.Hostname
	}
}

// extend adds what upstream once had as extensions.
func (o *shown) extend(c *rest.Call, s nova.Server, v *serverView) {
	v.extensionView = &extensionView{
		AvailabilityZone: s.AvailabilityZone, KeyName: orNull(s.KeyName),
		LaunchedAt: microTime(s.LaunchedAt), TerminatedAt: microTime(s.TerminatedAt),
		TaskState: orNull(string(s.TaskState)), VMState: s.VMState, PowerState: s.PowerState,
		Volumes: []link{}, SecurityGroups: serverSecurityGroups(s),
	}
	if s.ConfigDrive {
		v.ConfigDrive = "True"
	}
	if o.hostStatus != nil {
		status := o.hostStatus[s.Host]
		v.HostStatus = &status
	}
	if !o.extended {
		return
	}
	v.attributeView = &attributeView{Host: orNull(s.Host), HypervisorHostname: orNull(s.Node), InstanceName: s.GuestName()}
	if c.Version.AtLeast(2, 3) {
		v.Hostname = &s.Hostname
		v.laterAttributes = &laterAttributes{
			ReservationID: s.ReservationID, LaunchIndex: s.LaunchIndex, KernelID: s.KernelID, RamdiskID: s.RamdiskID,
			RootDeviceName: orNull(s.RootDevice), UserData: orNull(s.UserData),
		}
	}
}

// inGroup adds the server's group, which lists do not tell (2.71).
func (v *serverView) inGroup(c *rest.Call, s nova.Server) {
	if !c.Version.AtLeast(2, 71) {
		return
	}
	v.ServerGroups = []string{}
	if s.ServerGroup != "" {
		v.ServerGroups = append(v.ServerGroups, s.ServerGroup)
	}
}

// flavorView is the server's own copy of its flavor, or before 2.47 a reference to it.
type flavorView struct {
	*reference
	*flavorCopy
}

type reference struct {
	ID    string `json:"id"`
	Links []link `json:"links"`
}

type flavorCopy struct {
	VCPUs        int               `json:"vcpus"`
	RAM          int               `json:"ram"`
	Disk         int               `json:"disk"`
	Ephemeral    int               `json:"ephemeral"`
	Swap         int               `json:"swap"`
	OriginalName string            `json:"original_name"`
	ExtraSpecs   map[string]string `json:"extra_specs,omitzero"`
}

// flavor is the server's own copy (2.47) or a reference to the flavor.
func (o *shown) flavor(c *rest.Call, f nova.Flavor) flavorView {
	if !c.Version.AtLeast(2, 47) {
		return flavorView{reference: &reference{f.ID, []link{bookmark(c, "flavors", f.ID)}}}
	}
	own := &flavorCopy{
		VCPUs: f.VCPUs, RAM: f.RAMMiB, Disk: f.DiskGiB, Ephemeral: f.EphemeralGiB, Swap: f.SwapMiB, OriginalName: f.Name,
	}
	if o.extraSpecs {
		own.ExtraSpecs = orEmpty(f.ExtraSpecs)
	}
	return flavorView{flavorCopy: own}
}

type faultView struct {
	Code    int    `json:"code"`
	Created string `json:"created"`
	Message string `json:"message"`
	Details string `json:"details,omitempty"`
}

// fault is the last failure of a server in ERROR; administrators read its details, with why no host was found.
func (o *shown) fault(c *rest.Call, s nova.Server, status string) *faultView {
	if s.Fault == nil || status != "ERROR" && status != "DELETED" {
		return nil
	}
	v := &faultView{Code: s.Fault.Code, Created: isoTime(s.Fault.Created), Message: s.Fault.Message}
	if !c.Who.Has("admin") && s.Fault.Code == 500 {
		return v
	}
	v.Details = s.Fault.Details
	if o.report != nil {
		v.Details = strings.TrimSpace(v.Details + "\n" + reportText(*o.report))
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
	return reference{s.ImageID, []link{bookmark(c, "images", s.ImageID)}}
}

// serverAddresses are a server's addresses by network.
type serverAddresses map[string][]addressView

type addressView struct {
	MAC     string `json:"OS-EXT-IPS-MAC:mac_addr,omitempty"`
	Type    string `json:"OS-EXT-IPS:type,omitempty"`
	Address string `json:"addr"`
	Version int    `json:"version"`
}

// addressesShown are none while a server is built.
func addressesShown(s nova.Server, extended bool) serverAddresses {
	if s.VMState == nova.Building {
		return serverAddresses{}
	}
	return addressesByNetwork(s, extended)
}

// addressesByNetwork puts the fixed ones before the floating ones.
func addressesByNetwork(s nova.Server, extended bool) serverAddresses {
	all := serverAddresses{}
	for _, kind := range []string{"fixed", "floating"} {
		for _, vif := range s.Network {
			list := all[vif.NetworkName]
			if list == nil {
				list = []addressView{}
			}
			for _, address := range vif.Addresses {
				if address.Floating != (kind == "floating") {
					continue
				}
				v := addressView{Address: address.IP, Version: address.Version}
				if extended {
					v.MAC, v.Type = vif.MAC, kind
				}
				list = append(list, v)
			}
			all[vif.NetworkName] = list
		}
	}
	return all
}

// serverSecurityGroups are the groups of a server's ports, each once; those asked for while it has no ports.
func serverSecurityGroups(s nova.Server) []nameView {
	var names []string
	for _, vif := range s.Network {
		names = append(names, vif.SecurityGroups...)
	}
	if len(s.Network) == 0 && s.VMState == nova.Building {
		names = s.SecurityGroups
	}
	var list []nameView
	for i, name := range names {
		if !slices.Contains(names[:i], name) {
			list = append(list, nameView{name})
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
