package manager

import (
	"context"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
	"cumulet/oslo/policy"
)

func noGroup(id string) *fault.Fault {
	return fault.New(fault.NotFound, "InstanceGroupNotFound", "Instance group %s could not be found.", id)
}

// CreateServerGroup makes a group in the caller's project.
func (m *Manager) CreateServerGroup(ctx context.Context, who policy.Who, g nova.ServerGroup) (nova.ServerGroup, error) {
	g.ID, g.ProjectID, g.UserID, g.CreatedAt, g.Members = m.NewID(), who.ProjectID, who.UserID, m.now(), []string{}
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		limits, err := m.limits(ctx, tx, who.ProjectID, who.UserID)
		if err != nil {
			return err
		}
		used, err := tx.CountServerGroups(ctx, who.ProjectID)
		if err != nil {
			return err
		}
		if len(limit.Check(limit.Request{Limit: limits["server_groups"], Used: used, Delta: 1})) > 0 {
			return overQuota("ServerGroupLimitExceeded", "Quota exceeded, too many server groups.")
		}
		if err := tx.InsertServerGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, "server_group.create", g)
	})
	return g, doing(err, "create server group %q", g.Name)
}

// ServerGroup shows one of the caller's project, or any to an admin.
func (m *Manager) ServerGroup(ctx context.Context, who policy.Who, id string) (nova.ServerGroup, error) {
	g, err := m.DB.ServerGroup(ctx, id)
	if err != nil {
		return g, missing(err, noGroup(id))
	}
	if g.ProjectID != who.ProjectID && !who.Has("admin") {
		return nova.ServerGroup{}, noGroup(id)
	}
	return g, nil
}

// ServerGroups lists a project's groups, or all when projectID is ""; offset and limit as the API's.
func (m *Manager) ServerGroups(ctx context.Context, projectID string, offset, limit int) ([]nova.ServerGroup, error) {
	return m.DB.ServerGroups(ctx, projectID, offset, limit)
}

// DeleteServerGroup removes a group; its servers stay.
func (m *Manager) DeleteServerGroup(ctx context.Context, who policy.Who, id string) error {
	g, err := m.ServerGroup(ctx, who, id)
	if err != nil {
		return err
	}
	err = m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		found, err := tx.DeleteServerGroup(ctx, id)
		if err != nil {
			return err
		}
		if !found {
			return noGroup(id)
		}
		return tx.Record(ctx, "server_group.delete", g)
	})
	return doing(err, "delete server group %q", id)
}
