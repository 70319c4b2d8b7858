package db

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

// orNever reads NULL as a time before all others, since databases sort NULL differently.
func orNever(column string) string { return "COALESCE(" + column + ", '1970-01-01 00:00:00')" }

// sortColumns are the API's sort keys; as nova/api/openstack/compute/schemas/servers.py, VALID_SORT_KEYS.
func sortColumns() map[string]string {
	return map[string]string{
		"access_ip_v4": "access_ipv4", "access_ip_v6": "access_ipv6", "availability_zone": "availability_zone",
		"config_drive": "config_drive", "created_at": "created_at", "display_description": "COALESCE(description, '')",
		"display_name": "name", "host": "host", "hostname": "hostname", "image_ref": "image_id",
		"instance_type_id": "flavor_id", "kernel_id": "kernel_id", "key_name": "key_name",
		"launch_index": "launch_index", "launched_at": orNever("launched_at"), "launched_on": "launched_on",
		"locked": "locked", "locked_by": "locked_by", "node": "node", "power_state": "power_state",
		"progress": "progress", "project_id": "project_id", "ramdisk_id": "ramdisk_id",
		"root_device_name": "root_device", "task_state": "task_state", "terminated_at": orNever("terminated_at"),
		"updated_at": "updated_at", "user_id": "user_id", "uuid": "id", "vm_state": "vm_state",
		"name": "name", "status": "vm_state", "tenant_id": "project_id",
	}
}

// Servers lists servers. A marker that is none is a fault of kind Invalid.
func (r rows) Servers(ctx context.Context, f nova.ServerFilter, p nova.Page) ([]nova.Server, error) {
	match, err := patterns(f)
	if err != nil {
		return nil, err
	}
	var list []serverRow
	q := where(r.NewSelect().Model(&list), f)
	if q, err = r.paged(ctx, q, p); err != nil {
		return nil, err
	}
	if p.Limit > 0 && match == nil {
		q = q.Limit(int64(p.Limit))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	servers := make([]nova.Server, len(list))
	alike := &decoder{}
	for i := range list {
		if servers[i], err = list[i].server(alike); err != nil {
			return nil, err
		}
	}
	return matching(servers, match, p.Limit), nil
}

// matching keeps those that match, up to limit; all where there is nothing to match.
func matching(servers []nova.Server, match func(nova.Server) bool, limit int) []nova.Server {
	if match == nil {
		return servers
	}
	servers = slices.DeleteFunc(servers, func(s nova.Server) bool { return !match(s) })
	if limit > 0 && len(servers) > limit {
		servers = servers[:limit]
	}
	return servers
}

// where narrows q to what SQL can tell of the filter.
func where(q *bun.SelectQuery, f nova.ServerFilter) *bun.SelectQuery {
	q = alive(q, f)
	for column, value := range map[string]string{
		"project_id": f.ProjectID, "user_id": f.UserID, "host": f.Host, "node": f.Node, "image_id": f.ImageID,
		"flavor_id": f.FlavorID, "key_name": f.KeyName, "hostname": f.Hostname, "availability_zone": f.AvailabilityZone,
		"reservation_id": f.ReservationID, "access_ipv4": f.AccessIPv4, "access_ipv6": f.AccessIPv6,
		"server_group": f.ServerGroup,
	} {
		if value != "" {
			q = q.Where("s.? = ?", bun.Ident(column), value)
		}
	}
	if f.IDs != nil {
		q = q.Where("s.id IN (?)", bun.In(f.IDs))
	}
	if f.Hosts != nil {
		q = q.Where("s.host IN (?)", bun.In(f.Hosts))
	}
	if len(f.VMStates) > 0 {
		q = q.Where("s.vm_state IN (?)", bun.In(f.VMStates))
	}
	if len(f.TaskStates) > 0 {
		q = q.Where("s.task_state IN (?)", bun.In(f.TaskStates))
	}
	if f.PowerState != nil {
		q = q.Where("s.power_state = ?", *f.PowerState)
	}
	if f.LaunchIndex != nil {
		q = q.Where("s.launch_index = ?", *f.LaunchIndex)
	}
	if f.Locked != nil {
		q = q.Where("s.locked = ?", *f.Locked)
	}
	if f.ConfigDrive != nil {
		q = q.Where("s.config_drive = ?", *f.ConfigDrive)
	}
	if f.CreatedAt != nil {
		q = q.Where("s.created_at = ?", *f.CreatedAt)
	}
	return indexed(inStates(q, f.States), f)
}

// alive keeps the deleted out, or only them, and what did not change in time.
func alive(q *bun.SelectQuery, f nova.ServerFilter) *bun.SelectQuery {
	if f.ChangesSince != nil {
		q = q.Where("s.updated_at >= ?", *f.ChangesSince)
	}
	if f.ChangesBefore != nil {
		q = q.Where("s.updated_at <= ?", *f.ChangesBefore)
	}
	switch {
	case f.Deleted != nil:
		return q.Where("s.deleted = ?", *f.Deleted)
	case f.ChangesSince == nil && f.ChangesBefore == nil:
		return q.Where("s.deleted = ?", false)
	}
	return q
}

func inStates(q *bun.SelectQuery, pairs []nova.StatePair) *bun.SelectQuery {
	if pairs == nil {
		return q
	}
	if len(pairs) == 0 {
		return q.Where("1 = 0")
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, p := range pairs {
			others := nova.OwnTasks(p.VM)
			switch {
			case p.Others && len(others) > 0:
				q = q.WhereOr("s.vm_state = ? AND s.task_state NOT IN (?)", p.VM, bun.In(others))
			case p.Others:
				q = q.WhereOr("s.vm_state = ?", p.VM)
			default:
				q = q.WhereOr("s.vm_state = ? AND s.task_state = ?", p.VM, p.Task)
			}
		}
		return q
	})
}

// indexed narrows q by tags and metadata.
func indexed(q *bun.SelectQuery, f nova.ServerFilter) *bun.SelectQuery {
	const tagged = "EXISTS (SELECT 1 FROM server_tags AS t WHERE t.server_id = s.id AND t.tag IN (?))"
	if tags := slices.Compact(slices.Sorted(slices.Values(f.Tags))); len(tags) > 0 { // one condition, however many they are
		q = q.Where("(SELECT COUNT(*) FROM server_tags AS t WHERE t.server_id = s.id AND t.tag IN (?)) = ?", bun.In(tags), len(tags))
	}
	if len(f.TagsAny) > 0 {
		q = q.Where(tagged, bun.In(f.TagsAny))
	}
	if len(f.NotTags) > 0 { // not all of them
		q = q.Where("(SELECT COUNT(*) FROM server_tags AS t WHERE t.server_id = s.id AND t.tag IN (?)) < ?",
			bun.In(f.NotTags), len(f.NotTags))
	}
	if len(f.NotTagsAny) > 0 {
		q = q.Where("NOT "+tagged, bun.In(f.NotTagsAny))
	}
	for name, value := range f.Metadata {
		q = q.Where("EXISTS (SELECT 1 FROM server_metadata AS m WHERE m.server_id = s.id AND m.name = ? AND m.value = ?)",
			name, value)
	}
	return q
}

// patterns gives the test of the filter's regular expressions, which databases do not share; nil when there are none.
func patterns(f nova.ServerFilter) (func(nova.Server) bool, error) {
	type test struct {
		pattern *regexp.Regexp
		in      func(nova.Server) []string
	}
	var tests []test
	for _, t := range []struct {
		pattern string
		in      func(nova.Server) []string
	}{
		{f.Name, func(s nova.Server) []string { return []string{s.Name} }},
		{f.Description, func(s nova.Server) []string {
			if s.Description == nil {
				return nil
			}
			return []string{*s.Description}
		}},
		{f.IP, func(s nova.Server) []string { return addresses(s, 4) }},
		{f.IP6, func(s nova.Server) []string { return addresses(s, 6) }},
	} {
		if t.pattern == "" {
			continue
		}
		compiled, err := regexp.Compile("(?i)" + t.pattern)
		if err != nil { // then it is meant as it stands; as nova's safe_regex
			compiled = regexp.MustCompile("(?i)" + regexp.QuoteMeta(t.pattern))
		}
		tests = append(tests, test{compiled, t.in})
	}
	if tests == nil {
		return nil, nil
	}
	return func(s nova.Server) bool {
		return !slices.ContainsFunc(tests, func(t test) bool {
			return !slices.ContainsFunc(t.in(s), t.pattern.MatchString)
		})
	}, nil
}

func addresses(s nova.Server, version int) []string {
	var all []string
	for _, vif := range s.Network {
		for _, a := range vif.Addresses {
			if a.Version == version {
				all = append(all, a.IP)
			}
		}
	}
	return all
}

// paged orders q and begins it after the marker. The newest come first where nothing else is asked.
func (r rows) paged(ctx context.Context, q *bun.SelectQuery, p nova.Page) (*bun.SelectQuery, error) {
	sort := p.Sort
	if len(sort) == 0 {
		sort = []nova.Sort{{Key: "created_at", Descending: true}}
	}
	columns, known := make([]string, 0, len(sort)+1), sortColumns()
	descending := make([]bool, 0, len(sort)+1)
	for _, s := range sort {
		column, ok := known[s.Key]
		if !ok {
			return nil, fault.New(fault.Invalid, "InvalidSortKey", "Sort key supplied is invalid: %s", s.Key)
		}
		columns, descending = append(columns, column), append(descending, s.Descending)
	}
	// The number makes the order total, in the direction of the last key.
	columns, descending = append(columns, "number"), append(descending, sort[len(sort)-1].Descending)
	for i, column := range columns {
		direction := " ASC"
		if descending[i] {
			direction = " DESC"
		}
		q = q.OrderExpr(column + direction)
	}
	if p.Marker == "" {
		return q, nil
	}
	found, err := r.NewSelect().Model((*serverRow)(nil)).Where("s.id = ?", p.Marker).Exists(ctx)
	if err != nil {
		return nil, fmt.Errorf("find marker %q: %w", p.Marker, err)
	}
	if !found {
		return nil, fault.New(fault.Invalid, "MarkerNotFound", "marker [%s] not found", p.Marker)
	}
	condition, args := after(columns, descending, p.Marker)
	return q.Where(condition, args...), nil
}

// after is the condition of standing behind the marker's row in the order of the columns, which are constants of this
// package.
func after(columns []string, descending []bool, marker string) (string, []any) {
	var parts []string
	var args []any
	value := func(column string) string { return "(SELECT " + column + " FROM servers WHERE id = ?)" }
	for i, column := range columns {
		var part []string
		for _, same := range columns[:i] {
			part = append(part, same+" = "+value(same))
			args = append(args, marker)
		}
		operator := " > "
		if descending[i] {
			operator = " < "
		}
		part = append(part, column+operator+value(column))
		args = append(args, marker)
		parts = append(parts, "("+strings.Join(part, " AND ")+")")
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}
