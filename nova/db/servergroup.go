package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

type groupRow struct {
	bun.BaseModel `bun:"table:server_groups,alias:g"`
	ID            string `bun:",pk"`
	Name          string
	ProjectID     string
	UserID        string
	Policy        string
	MaxPerHost    int
	CreatedAt     time.Time
}

func (r groupRow) group() nova.ServerGroup {
	return nova.ServerGroup{
		ID: r.ID, Name: r.Name, ProjectID: r.ProjectID, UserID: r.UserID, Policy: r.Policy, MaxPerHost: r.MaxPerHost,
		CreatedAt: r.CreatedAt, Members: []string{},
	}
}

// ServerGroup gives one group with its members.
func (r rows) ServerGroup(ctx context.Context, id string) (nova.ServerGroup, error) {
	var row groupRow
	if err := r.NewSelect().Model(&row).Where("g.id = ?", id).Scan(ctx); err != nil {
		return nova.ServerGroup{}, fmt.Errorf("read server group %q: %w", id, err)
	}
	groups := []nova.ServerGroup{row.group()}
	return groups[0], r.members(ctx, groups)
}

// ServerGroups lists a project's groups, or all when projectID is "".
func (r rows) ServerGroups(ctx context.Context, projectID string, offset, limit int) ([]nova.ServerGroup, error) {
	var list []groupRow
	q := r.NewSelect().Model(&list).Order("created_at", "id")
	if projectID != "" {
		q = q.Where("project_id = ?", projectID)
	}
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if offset > 0 {
		q = q.Offset(int64(offset))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list server groups: %w", err)
	}
	groups := make([]nova.ServerGroup, len(list))
	for i, row := range list {
		groups[i] = row.group()
	}
	return groups, r.members(ctx, groups)
}

// members fills the groups' members in.
func (r rows) members(ctx context.Context, groups []nova.ServerGroup) error {
	for i := range groups {
		var ids []string
		err := r.NewSelect().Model((*serverRow)(nil)).Column("id").
			Where("server_group = ? AND deleted = ?", groups[i].ID, false).Order("number").Scan(ctx, &ids)
		if err != nil {
			return fmt.Errorf("list members of group %q: %w", groups[i].ID, err)
		}
		groups[i].Members = listed(ids)
	}
	return nil
}

// GroupHosts counts a group's members by host.
func (r rows) GroupHosts(ctx context.Context, id, except string) (map[string]int, error) {
	var list []struct {
		Host  string
		Count int
	}
	err := r.NewSelect().Model((*serverRow)(nil)).ColumnExpr("host, COUNT(*) AS count").
		Where("server_group = ? AND deleted = ? AND host <> '' AND id <> ?", id, false, except).Group("host").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list hosts of group %q: %w", id, err)
	}
	hosts := make(map[string]int, len(list))
	for _, h := range list {
		hosts[h.Host] = h.Count
	}
	return hosts, nil
}

// CountServerGroups counts a project's groups.
func (r rows) CountServerGroups(ctx context.Context, projectID string) (int, error) {
	n, err := r.NewSelect().Model((*groupRow)(nil)).Where("project_id = ?", projectID).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count server groups: %w", err)
	}
	return int(n), nil
}

// InsertServerGroup writes a new group.
func (t *Tx) InsertServerGroup(ctx context.Context, g nova.ServerGroup) error {
	row := groupRow{
		ID: g.ID, Name: g.Name, ProjectID: g.ProjectID, UserID: g.UserID, Policy: g.Policy, MaxPerHost: g.MaxPerHost,
		CreatedAt: g.CreatedAt,
	}
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write server group %q: %w", g.ID, err)
	}
	return nil
}

// DeleteServerGroup removes a group, and tells whether it was there.
func (t *Tx) DeleteServerGroup(ctx context.Context, id string) (bool, error) {
	return removed(t.rows.NewDelete().Model((*groupRow)(nil)).Where("id = ?", id).Exec(ctx))
}
