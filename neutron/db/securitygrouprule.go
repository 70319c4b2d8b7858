package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type securityGroupRuleRow struct {
	bun.BaseModel `bun:"table:security_group_rules,alias:t"`
	ID            string `bun:",pk"`
	ProjectID     string
	GroupID       string
	Description   string
	Direction     neutron.Direction
	EtherType     string
	Protocol      string
	PortMin       *int
	PortMax       *int
	RemoteGroupID string
	RemotePrefix  string
	Implicit      bool
	Revision      int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func securityGroupRuleRowOf(r neutron.SecurityGroupRule) *securityGroupRuleRow {
	return &securityGroupRuleRow{
		ID: r.ID, ProjectID: r.ProjectID, GroupID: r.GroupID, Description: r.Description, Direction: r.Direction,
		EtherType: r.EtherType, Protocol: r.Protocol, PortMin: r.PortMin, PortMax: r.PortMax,
		RemoteGroupID: r.RemoteGroupID, RemotePrefix: r.RemotePrefix, Implicit: r.Implicit,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func (r securityGroupRuleRow) noun() neutron.SecurityGroupRule {
	return neutron.SecurityGroupRule{
		ID: r.ID, ProjectID: r.ProjectID, GroupID: r.GroupID, Description: r.Description, Direction: r.Direction,
		EtherType: r.EtherType, Protocol: r.Protocol, PortMin: r.PortMin, PortMax: r.PortMax,
		RemoteGroupID: r.RemoteGroupID, RemotePrefix: r.RemotePrefix, Implicit: r.Implicit,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var securityGroupRuleLookup = lookup{
	table: "security_group_rules",
	columns: map[string]string{
		"security_group_id": "t.group_id", "direction": "t.direction", "ethertype": "t.ether_type", "protocol": "t.protocol",
		"port_range_min": "t.port_min", "port_range_max": "t.port_max", "remote_group_id": "t.remote_group_id",
		"remote_ip_prefix": "t.remote_prefix",
	},
	sorts:   map[string]string{"port_range_min": "COALESCE(t.port_min, -1)", "port_range_max": "COALESCE(t.port_max, -1)"},
	visible: "t.project_id = ? OR t.group_id IN (SELECT id FROM security_groups WHERE project_id = ?)",
}

// SecurityGroupRules lists rules.
func (r rows) SecurityGroupRules(ctx context.Context, q neutron.Query) ([]neutron.SecurityGroupRule, error) {
	found, err := list[securityGroupRuleRow](ctx, r, securityGroupRuleLookup, q)
	if err != nil {
		return nil, err
	}
	groups := make([]string, len(found))
	for i, row := range found {
		groups[i] = row.GroupID
	}
	type group struct{ ID, ProjectID string }
	of, err := grouped(ctx, groups, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Table("security_groups").Column("id", "project_id").Where("id IN (?)", bun.List(ids))
	}, func(g group) (string, string) { return g.ID, g.ProjectID })
	if err != nil {
		return nil, err
	}
	out := make([]neutron.SecurityGroupRule, len(found))
	for i, row := range found {
		out[i] = row.noun()
		if owner := of[row.GroupID]; len(owner) > 0 {
			out[i].GroupProjectID = owner[0]
		}
	}
	return out, nil
}

// SecurityGroupRule finds a rule within a scope.
func (r rows) SecurityGroupRule(ctx context.Context, as neutron.Scope, id string) (neutron.SecurityGroupRule, error) {
	return one(r.SecurityGroupRules, neutron.SecurityGroupRuleNotFound)(ctx, as, id)
}

// InsertSecurityGroupRule writes a new rule.
func (t *Tx) InsertSecurityGroupRule(ctx context.Context, r neutron.SecurityGroupRule) error {
	return t.insert(ctx, securityGroupRuleRowOf(r))
}

// DeleteSecurityGroupRule removes a rule.
func (t *Tx) DeleteSecurityGroupRule(ctx context.Context, id string) error {
	return t.remove(ctx, "security_group_rules", "id", id)
}
