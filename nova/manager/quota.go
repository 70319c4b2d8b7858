package manager

import (
	"context"
	"maps"
	"slices"

	"cumulet/nova"
	novadb "cumulet/nova/db"
)

// Quota gives a project's limits: its own over the class's over the defaults; with a user, that user's over them.
func (m *Manager) Quota(ctx context.Context, projectID, userID string) (nova.Limits, error) {
	return m.limits(ctx, m.DB, projectID, userID)
}

// DefaultQuota gives the limits of projects that have none of their own.
func (m *Manager) DefaultQuota(ctx context.Context) (nova.Limits, error) {
	return m.limits(ctx, m.DB, defaultClass, "")
}

// SetQuota sets some of a project's limits (or a user's in it). Less than what is in use is refused unless force.
func (m *Manager) SetQuota(ctx context.Context, projectID, userID string, limits nova.Limits, force bool) (nova.Limits, error) {
	known := nova.DefaultLimits()
	for _, resource := range slices.Sorted(maps.Keys(limits)) {
		if _, ok := known[resource]; !ok {
			return nil, invalid("QuotaResourceUnknown", "Unknown quota resources %s.", resource)
		}
	}
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		if !force {
			if err := fitsUse(ctx, tx, projectID, userID, limits); err != nil {
				return err
			}
		}
		return tx.SetQuota(ctx, projectID, userID, limits)
	})
	if err != nil {
		return nil, doing(err, "set quota of %q", projectID)
	}
	return m.Quota(ctx, projectID, userID)
}

// fitsUse refuses limits below what is in use; as nova/api/openstack/compute/quota_sets.py, _validate_quota_limit.
func fitsUse(ctx context.Context, tx *novadb.Tx, projectID, userID string, limits nova.Limits) error {
	used, err := use(ctx, tx, projectID, userID)
	if err != nil {
		return err
	}
	for _, resource := range slices.Sorted(maps.Keys(limits)) {
		if l := limits[resource]; l >= 0 && l < used[resource] {
			return invalid("QuotaLimitBelowUse", "Quota limit %d for %s must be greater than or equal to already used and reserved %d.",
				l, resource, used[resource])
		}
	}
	return nil
}

// useReader counts what is in use, in a transaction or out of one.
type useReader interface {
	CountServers(ctx context.Context, projectID, userID string) (novadb.ServerUse, error)
	CountServerGroups(ctx context.Context, projectID string) (int, error)
}

func use(ctx context.Context, r useReader, projectID, userID string) (map[string]int, error) {
	servers, err := r.CountServers(ctx, projectID, userID)
	if err != nil {
		return nil, err
	}
	groups, err := r.CountServerGroups(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return map[string]int{
		"instances": servers.Instances, "cores": servers.Cores, "ram": servers.RAMMiB, "server_groups": groups,
	}, nil
}

// ResetQuota forgets a project's (or user's) own limits.
func (m *Manager) ResetQuota(ctx context.Context, projectID, userID string) error {
	return m.DB.Tx(ctx, func(tx *novadb.Tx) error { return tx.DeleteQuota(ctx, projectID, userID) })
}

// SetDefaultQuota sets limits of the class "default".
func (m *Manager) SetDefaultQuota(ctx context.Context, limits nova.Limits) (nova.Limits, error) {
	return m.SetQuota(ctx, defaultClass, "", limits, true)
}

// Usage gives a project's limits with what is in use.
func (m *Manager) Usage(ctx context.Context, projectID, userID string) (nova.Usages, error) {
	limits, err := m.Quota(ctx, projectID, userID)
	if err != nil {
		return nil, err
	}
	used, err := use(ctx, m.DB, projectID, userID)
	if err != nil {
		return nil, err
	}
	usages := nova.Usages{}
	for resource, l := range limits {
		usages[resource] = nova.Usage{Limit: l, InUse: used[resource]}
	}
	return usages, nil
}
