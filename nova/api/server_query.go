package api

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// serverParameters are what lists of servers take, and since when; as nova/api/openstack/compute/schemas/servers.py.
const serverParameters = "user_id project_id tenant_id launch_index image_ref image kernel_id ramdisk_id hostname key_name " +
	"power_state vm_state task_state host node flavor reservation_id launched_at terminated_at availability_zone name " +
	"display_name description display_description locked_by uuid root_device_name config_drive access_ip_v4 access_ip_v6 " +
	"auto_disk_config progress sort_key sort_dir all_tenants soft_deleted deleted status changes-since ip ip6 created_at " +
	"block_device_mapping services metadata system_metadata info_cache security_groups pci_devices limit marker"

const tagParameters = " tags tags-any not-tags not-tags-any"

func serverQueries() rest.Schemas {
	all := serverParameters + tagParameters + " changes-before locked"
	return rest.Body(querySchema(true, strings.Fields(serverParameters)...)).
		From(rest.V(2, 26), querySchema(true, strings.Fields(serverParameters+tagParameters)...)).
		From(rest.V(2, 73), querySchema(true, strings.Fields(all)...)).
		From(rest.V(2, 75), querySchema(false, strings.Fields(all)...))
}

// userFilters are the parameters that count for callers who may not use all filters, by the microversion they came with.
func userFilters() map[string]rest.Version {
	filters := map[string]rest.Version{"ip6": rest.V(2, 5), "changes-before": rest.V(2, 66), "locked": rest.V(2, 73), "hostname": rest.V(2, 90)}
	for _, name := range strings.Fields("reservation_id name status image flavor ip changes-since all_tenants") {
		filters[name] = minVersion
	}
	for _, name := range strings.Fields(tagParameters) {
		filters[name] = rest.V(2, 26)
	}
	for _, name := range strings.Fields("availability_zone config_drive key_name created_at launched_at terminated_at power_state " +
		"task_state vm_state progress user_id") {
		filters[name] = rest.V(2, 83)
	}
	return filters
}

// serverQuery is a query with what the caller may not use left out.
type serverQuery struct {
	c   *rest.Call
	all bool
	own map[string]rest.Version
}

func (q serverQuery) has(name string) bool {
	if !q.c.Query().Has(name) {
		return false
	}
	since, known := q.own[name]
	if known && q.c.Version.Compare(since) < 0 && !(q.c.Version.IsZero() && since == minVersion) {
		return q.all && name != "changes-before" && name != "locked"
	}
	return known || q.all
}

func (q serverQuery) get(names ...string) string {
	for _, name := range names {
		if q.has(name) {
			return q.c.Query().Get(name)
		}
	}
	return ""
}

func (q serverQuery) list(name string) []string {
	if !q.has(name) || !q.c.Version.AtLeast(2, 26) {
		return nil
	}
	return strings.Split(q.c.Query().Get(name), ",")
}

func isAllTenants(c *rest.Call) bool {
	value := c.Query().Get("all_tenants")
	return c.Query().Has("all_tenants") && (value == "" || !isFalse(value))
}

// serverFilter reads which servers are meant; nothing tells that no server can fit. As servers.py, _get_servers.
func serverFilter(c *rest.Call) (f nova.ServerFilter, nothing bool, err error) {
	q := serverQuery{c, c.Allowed("os_compute_api:servers:allow_all_filters", c.Mine()), userFilters()}
	for _, name := range strings.Fields("block_device_mapping services metadata system_metadata info_cache security_groups pci_devices") {
		if q.has(name) {
			return f, false, bad("Invalid filter field: %s.", name)
		}
	}
	f = nova.ServerFilter{
		ProjectID: c.Who.ProjectID, UserID: q.get("user_id"), Name: q.get("name", "display_name"), IP: q.get("ip"), IP6: q.get("ip6"),
		Host: q.get("host"), Node: q.get("node"), ImageID: lastSegment(q.get("image", "image_ref")), FlavorID: lastSegment(q.get("flavor")),
		KeyName: q.get("key_name"), Hostname: q.get("hostname"), AvailabilityZone: q.get("availability_zone"),
		ReservationID: q.get("reservation_id"), Description: q.get("description", "display_description"),
		AccessIPv4: q.get("access_ip_v4"), AccessIPv6: q.get("access_ip_v6"),
		Tags: q.list("tags"), TagsAny: q.list("tags-any"), NotTags: q.list("not-tags"), NotTagsAny: q.list("not-tags-any"),
	}
	if isAllTenants(c) {
		f.ProjectID = ""
	}
	if value := q.get("all_tenants"); value != "" && !isTrue(value) && !isFalse(value) {
		return f, false, bad("Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", value)
	}
	if id := q.get("uuid"); id != "" {
		f.IDs = []string{id}
	}
	if f.ChangesSince, f.ChangesBefore, err = timeWindow(c, rest.V(2, 66)); err != nil {
		return f, false, err
	}
	if err := filterFlags(&f, q); err != nil {
		return f, false, err
	}
	nothing, err = filterStates(&f, q)
	return f, nothing, err
}

// filterFlags reads the parameters that are numbers or truths.
func filterFlags(f *nova.ServerFilter, q serverQuery) error {
	if q.has("deleted") {
		deleted := isTrue(q.get("deleted"))
		f.Deleted = &deleted
	}
	if q.has("locked") {
		value := q.get("locked")
		if !isTrue(value) && !isFalse(value) {
			return bad("Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", value)
		}
		locked := isTrue(value)
		f.Locked = &locked
	}
	if q.has("config_drive") {
		drive := isTrue(q.get("config_drive"))
		f.ConfigDrive = &drive
	}
	if n, err := strconv.Atoi(q.get("launch_index")); err == nil {
		f.LaunchIndex = &n
	}
	if n, err := strconv.Atoi(q.get("power_state")); err == nil {
		state := nova.PowerState(n)
		f.PowerState = &state
	}
	if q.has("created_at") {
		created, err := timeQuery(q.c, "created_at")
		if err != nil {
			return err
		}
		f.CreatedAt = created
	}
	return checkPatterns(q)
}

// maxPattern is the length of a pattern, in bytes: names are no longer than that either.
const maxPattern = 255

// checkPatterns refuses values that are no regular expressions, where upstream takes them for ones.
func checkPatterns(q serverQuery) error {
	for _, name := range strings.Fields("name display_name ip ip6 description hostname key_name flavor") {
		if value := q.c.Query().Get(name); value != "" {
			// Parsed only: compiled, one of a few letters can take a hundred megabytes.
			if _, err := syntax.Parse(value, syntax.Perl); err != nil || len(value) > maxPattern {
				return badQuery(name, value, "'%s' is not a 'regex'", value)
			}
		}
	}
	return nil
}

// filterStates reads the statuses and states asked for.
func filterStates(f *nova.ServerFilter, q serverQuery) (nothing bool, err error) {
	if q.has("vm_state") {
		f.VMStates = []nova.VMState{nova.VMState(q.get("vm_state"))}
	}
	if q.has("task_state") {
		f.TaskStates = []nova.TaskState{nova.TaskState(q.get("task_state"))}
	}
	if !q.has("status") {
		return false, nil
	}
	f.States = nova.StatesOf(q.c.Query()["status"]...)
	if len(f.States) == 0 {
		if q.c.Version.AtLeast(2, 38) {
			return false, bad("Invalid status value")
		}
		return true, nil
	}
	if len(f.States) == 1 && f.States[0].VM == nova.DeletedState {
		if !q.c.Who.Has("admin") {
			return false, fault.New(fault.Forbidden, "HTTPForbidden", "Only administrators may list deleted instances")
		}
		deleted := true
		f.Deleted, f.States = &deleted, nil
	}
	return false, nil
}

// lastSegment takes an id out of an address, which upstream still allows.
func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// serverSort reads the order asked for. Some keys were taken and ignored before 2.75, and are refused since.
func serverSort(c *rest.Call) ([]nova.Sort, error) {
	const known = " access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at display_description " +
		"display_name host hostname image_ref instance_type_id kernel_id key_name launch_index launched_at locked_by node " +
		"power_state progress project_id ramdisk_id root_device_name task_state terminated_at updated_at user_id uuid vm_state "
	ignored := " architecture cell_name cleaned default_ephemeral_device default_swap_device deleted deleted_at disable_terminate " +
		"ephemeral_gb ephemeral_key_uuid id key_data launched_on locked memory_mb os_type reservation_id root_gb " +
		"shutdown_terminate user_data vcpus vm_mode "
	if c.Version.AtLeast(2, 73) {
		ignored = strings.Replace(ignored, " locked ", " ", 1)
	}
	q := c.Query()
	var sort []nova.Sort
	for i, key := range q["sort_key"] {
		key = strings.TrimSpace(key)
		isKnown := strings.Contains(known, " "+key+" ") || key == "locked" && c.Version.AtLeast(2, 73)
		isIgnored := strings.Contains(ignored, " "+key+" ") && !c.Version.AtLeast(2, 75)
		switch {
		case !isKnown && !isIgnored:
			return nil, badQuery("sort_key", key, "'%s' is not one of the keys to sort by", key)
		case isIgnored || key == "auto_disk_config":
			continue
		case slices.Contains([]string{"host", "node"}, key) && !c.Who.Has("admin"):
			return nil, fault.New(fault.Forbidden, "HTTPForbidden", "Only administrators can sort servers by %s", key)
		}
		direction := "desc"
		if i < len(q["sort_dir"]) {
			direction = strings.TrimSpace(q["sort_dir"][i])
		} else if len(q["sort_dir"]) > 0 {
			direction = strings.TrimSpace(q["sort_dir"][0])
		}
		if direction != "asc" && direction != "desc" {
			return nil, bad("Unknown sort direction, must be 'desc' or 'asc'.")
		}
		if !slices.ContainsFunc(sort, func(s nova.Sort) bool { return s.Key == key }) {
			sort = append(sort, nova.Sort{Key: key, Descending: direction == "desc"})
		}
	}
	if len(sort) == 0 && q.Get("sort_dir") == "asc" {
		sort = []nova.Sort{{Key: "created_at"}}
	}
	return sort, nil
}
