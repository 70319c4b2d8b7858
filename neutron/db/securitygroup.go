package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type securityGroupRow struct {
	bun.BaseModel `bun:"table:security_groups,alias:t"`
	ID            string `bun:",pk"`
	ProjectID     string
	Name          string
	Description   string
	Stateful      bool
	Revision      int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func securityGroupRowOf(g neutron.SecurityGroup) *securityGroupRow {
	return &securityGroupRow{
		ID: g.ID, ProjectID: g.ProjectID, Name: g.Name, Description: g.Description, Stateful: g.Stateful,
		Revision: g.Revision, CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	}
}

func (r securityGroupRow) noun() neutron.SecurityGroup {
	return neutron.SecurityGroup{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Description: r.Description, Stateful: r.Stateful,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var securityGroupLookup = lookup{
	table:   "security_groups",
	columns: map[string]string{"stateful": "t.stateful"},
	visible: "t.project_id = ?",
}

// SecurityGroups lists groups with their rules.
func (r rows) SecurityGroups(ctx context.Context, q neutron.Query) ([]neutron.SecurityGroup, error) {
	found, err := list[securityGroupRow](ctx, r, securityGroupLookup, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	rules, err := grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*securityGroupRuleRow)(nil)).Where("group_id IN (?)", bun.List(ids)).Order("id")
	}, func(row securityGroupRuleRow) (string, neutron.SecurityGroupRule) { return row.GroupID, row.noun() })
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.SecurityGroup, len(found))
	for i, row := range found {
		out[i] = row.noun()
		out[i].Rules, out[i].Tags = rules[row.ID], tags[row.ID]
		for k := range out[i].Rules {
			out[i].Rules[k].GroupProjectID = row.ProjectID
		}
	}
	return out, nil
}

// SecurityGroup finds a group within a scope.
func (r rows) SecurityGroup(ctx context.Context, as neutron.Scope, id string) (neutron.SecurityGroup, error) {
	return one(r.SecurityGroups, neutron.SecurityGroupNotFound)(ctx, as, id)
}

// InsertSecurityGroup writes a new group with its rules.
func (t *Tx) InsertSecurityGroup(ctx context.Context, g neutron.SecurityGroup) error {
	if err := t.insert(ctx, securityGroupRowOf(g)); err != nil {
		return err
	}
	for _, rule := range g.Rules {
		if err := t.InsertSecurityGroupRule(ctx, rule); err != nil {
			return err
		}
	}
	return nil
}

// UpdateSecurityGroup rewrites a group without its rules.
func (t *Tx) UpdateSecurityGroup(ctx context.Context, g neutron.SecurityGroup) error {
	return t.update(ctx, securityGroupRowOf(g))
}

// DeleteSecurityGroup removes a group, its rules and tags.
func (t *Tx) DeleteSecurityGroup(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "security_groups", "id", id)
}

type defaultGroupRow struct {
	bun.BaseModel `bun:"table:default_security_groups"`
	ProjectID     string `bun:",pk"`
	GroupID       string
}

// DefaultGroupID is a project's default group, "" when it has none yet.
func (r rows) DefaultGroupID(ctx context.Context, projectID string) (string, error) {
	var found []string
	err := r.NewSelect().Model((*defaultGroupRow)(nil)).Column("group_id").Where("project_id = ?", projectID).Scan(ctx, &found)
	if len(found) == 0 {
		return "", err
	}
	return found[0], err
}

// SetDefaultGroup makes a group its project's default.
func (t *Tx) SetDefaultGroup(ctx context.Context, g neutron.SecurityGroup) error {
	return t.insert(ctx, &defaultGroupRow{ProjectID: g.ProjectID, GroupID: g.ID})
}

// GroupInUse tells whether a port has the group.
func (r rows) GroupInUse(ctx context.Context, id string) (bool, error) {
	return r.NewSelect().Model((*membershipRow)(nil)).Where("group_id = ?", id).Exists(ctx)
}

// Members are the ports of groups that carry filters, by group: their addresses and allowed pairs.
func (r rows) Members(ctx context.Context, groups []string) (map[string][]string, error) {
	type member struct {
		GroupID, Address string
	}
	fixed, err := grouped(ctx, groups, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().TableExpr("port_security_groups AS m").
			Join("JOIN ip_allocations AS a ON a.port_id = m.port_id").
			ColumnExpr("m.group_id, a.address").Where("m.group_id IN (?)", bun.List(ids)).OrderExpr("a.address")
	}, func(m member) (string, string) { return m.GroupID, m.Address })
	if err != nil {
		return nil, err
	}
	type pairs struct {
		GroupID      string
		AddressPairs []neutron.AddressPair `bun:"type:text"`
	}
	further, err := grouped(ctx, groups, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().TableExpr("port_security_groups AS m").Join("JOIN ports AS p ON p.id = m.port_id").
			ColumnExpr("m.group_id, p.address_pairs").
			Where("m.group_id IN (?)", bun.List(ids)).Where("p.address_pairs NOT IN ('null', '[]')")
	}, func(p pairs) (string, []neutron.AddressPair) { return p.GroupID, p.AddressPairs })
	if err != nil {
		return nil, err
	}
	for group, lists := range further {
		for _, list := range lists {
			for _, p := range list {
				fixed[group] = append(fixed[group], p.Address)
			}
		}
	}
	return fixed, nil
}
