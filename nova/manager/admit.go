package manager

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/limit"
)

// admitServers tells how many of the servers the quota has room for, counted in the transaction that writes them: as many as
// asked, or fewer down to the least wanted; as nova/compute/utils.py, check_num_instances_quota.
func (m *Manager) admitServers(ctx context.Context, tx *novadb.Tx, o order) (int, error) {
	if err := m.admitDetails(ctx, tx, o); err != nil {
		return 0, err
	}
	project, user := o.who.ProjectID, o.who.UserID
	limits, err := m.limits(ctx, tx, project, user)
	if err != nil {
		return 0, err
	}
	own, err := tx.Quota(ctx, project, user)
	if err != nil {
		return 0, err
	}
	if !own.Have("instances", "cores", "ram") {
		user = ""
	}
	used, err := tx.CountServers(ctx, project, user)
	if err != nil {
		return 0, err
	}
	asked := func(count int) []limit.Request {
		return []limit.Request{
			{Resource: "cores", Limit: limits["cores"], Used: used.Cores, Delta: count * o.flavor.VCPUs},
			{Resource: "instances", Limit: limits["instances"], Used: used.Instances, Delta: count},
			{Resource: "ram", Limit: limits["ram"], Used: used.RAMMiB, Delta: count * o.flavor.RAMMiB},
		}
	}
	for count := o.Max; count >= o.Min; count-- {
		if len(limit.Check(asked(count)...)) == 0 {
			return count, nil
		}
	}
	return 0, tooMany(o, limit.Check(asked(o.Max)...))
}

// tooMany words the refusal; as TooManyInstances in nova/exception.py.
func tooMany(o order, over []limit.Request) error {
	var names, requested, used, allowed []string
	for _, r := range over {
		asked := strconv.Itoa(r.Delta)
		if r.Resource == "instances" && o.Min != o.Max {
			asked = fmt.Sprintf("%d-%d", o.Min, o.Max)
		}
		names, requested = append(names, r.Resource), append(requested, asked)
		used, allowed = append(used, strconv.Itoa(r.Used)), append(allowed, strconv.Itoa(r.Limit))
	}
	list := func(words []string) string { return strings.Join(words, ", ") }
	return overQuota("TooManyInstances", "Quota exceeded for %s: Requested %s, but already used %s of %s %s",
		list(names), list(requested), list(used), list(allowed), list(names))
}

// admitDetails holds a server's metadata and its group's members to their limits.
func (m *Manager) admitDetails(ctx context.Context, tx *novadb.Tx, o order) error {
	limits, err := m.limits(ctx, tx, o.who.ProjectID, "")
	if err != nil {
		return err
	}
	if over := limit.Check(limit.Request{Limit: limits["metadata_items"], Delta: len(o.Metadata)}); len(over) > 0 {
		return overQuota("MetadataLimitExceeded", "Maximum number of metadata items exceeds %d", limits["metadata_items"])
	}
	if o.group == nil {
		return nil
	}
	g, err := tx.ServerGroup(ctx, o.group.ID)
	if err != nil {
		return missing(err, invalid("InstanceGroupNotFound", "Instance group %s could not be found.", o.group.ID))
	}
	members := limit.Request{Limit: limits["server_group_members"], Used: len(g.Members), Delta: o.Max}
	if len(limit.Check(members)) > 0 {
		return overQuota("OverQuota", "Quota exceeded, too many servers in group")
	}
	return nil
}

// limits are a project's limits as they apply, a user's in it over them when userID is not "".
func (m *Manager) limits(ctx context.Context, r quotaReader, projectID, userID string) (nova.Limits, error) {
	limits := nova.DefaultLimits()
	layers := [][2]string{{defaultClass, ""}, {projectID, ""}}
	if userID != "" {
		layers = append(layers, [2]string{projectID, userID})
	}
	for _, layer := range layers {
		set, err := r.Quota(ctx, layer[0], layer[1])
		if err != nil {
			return nil, err
		}
		for resource, value := range set {
			limits[resource] = value
		}
	}
	return limits, nil
}

// quotaReader reads limits, in a transaction or out of one.
type quotaReader interface {
	Quota(ctx context.Context, projectID, userID string) (nova.Limits, error)
}

// defaultClass stands where a project would, for the limits of the class "default".
const defaultClass = "class:default"
