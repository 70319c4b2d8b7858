package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
	"cumulet/oslo/db"
)

type networkRow struct {
	bun.BaseModel   `bun:"table:networks,alias:t"`
	ID              string `bun:",pk"`
	ProjectID       string
	Name            string
	Description     string
	Status          neutron.Status
	AdminUp         bool
	Shared          bool
	External        bool
	IsDefault       bool
	MTU             int `bun:"mtu"`
	PortSecurity    bool
	DNSDomain       string   `bun:"dns_domain"`
	ZoneHints       []string `bun:"type:text"`
	SegmentType     neutron.SegmentType
	PhysicalNetwork string
	SegmentID       int
	Revision        int
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

func networkRowOf(n neutron.Network) *networkRow {
	return &networkRow{
		ID: n.ID, ProjectID: n.ProjectID, Name: n.Name, Description: n.Description, Status: n.Status, AdminUp: n.AdminUp,
		Shared: n.Shared, External: n.External, IsDefault: n.Default, MTU: n.MTU, PortSecurity: n.PortSecurity,
		DNSDomain: n.DNSDomain, ZoneHints: n.ZoneHints, SegmentType: n.Segment.Type,
		PhysicalNetwork: n.Segment.PhysicalNetwork, SegmentID: n.Segment.ID,
		Revision: n.Revision, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
}

func (r networkRow) noun() neutron.Network {
	return neutron.Network{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Description: r.Description, Status: r.Status, AdminUp: r.AdminUp,
		Shared: r.Shared, External: r.External, Default: r.IsDefault, MTU: r.MTU, PortSecurity: r.PortSecurity,
		DNSDomain: r.DNSDomain, ZoneHints: r.ZoneHints,
		Segment:  neutron.Segment{Type: r.SegmentType, PhysicalNetwork: r.PhysicalNetwork, ID: r.SegmentID},
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var networkLookup = lookup{
	table: "networks",
	columns: map[string]string{
		"shared": "t.shared", "router:external": "t.external", "is_default": "t.is_default", "mtu": "t.mtu",
		"port_security_enabled": "t.port_security", "dns_domain": "t.dns_domain", "provider:network_type": "t.segment_type",
		"provider:physical_network": "t.physical_network", "provider:segmentation_id": "t.segment_id",
		"availability_zone_hints": "t.zone_hints",
	},
	special: map[string]narrowing{
		"agent_id": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT network_id FROM network_agents WHERE agent_id IN (?))", bun.List(v))
		},
		"subnets": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT network_id FROM subnets WHERE id IN (?))", bun.List(v))
		},
	},
	visible: "t.project_id = ? OR t.shared OR t.external",
}

// Networks lists networks.
func (r rows) Networks(ctx context.Context, q neutron.Query) ([]neutron.Network, error) {
	found, err := list[networkRow](ctx, r, networkLookup, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, n := range found {
		ids[i] = n.ID
	}
	type member struct{ ID, NetworkID string }
	subnets, err := grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Table("subnets").Column("id", "network_id").Where("network_id IN (?)", bun.List(ids)).Order("id")
	}, func(m member) (string, string) { return m.NetworkID, m.ID })
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	zones, err := r.zones(ctx, "network_agents", "network_id", ids)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.Network, len(found))
	for i, row := range found {
		out[i] = row.noun()
		out[i].SubnetIDs, out[i].Tags, out[i].Zones = subnets[row.ID], tags[row.ID], zones[row.ID]
	}
	return out, nil
}

// Network finds a network within a scope.
func (r rows) Network(ctx context.Context, as neutron.Scope, id string) (neutron.Network, error) {
	return one(r.Networks, neutron.NetworkNotFound)(ctx, as, id)
}

// BareNetwork is Network without what lies elsewhere: its subnets' ids, tags and zones. For whoever only asks whose it is, or how
// it is wired.
func (r rows) BareNetwork(ctx context.Context, as neutron.Scope, id string) (neutron.Network, error) {
	found, err := one(func(ctx context.Context, q neutron.Query) ([]networkRow, error) {
		return list[networkRow](ctx, r, networkLookup, q)
	}, neutron.NetworkNotFound)(ctx, as, id)
	return found.noun(), err
}

// InsertNetwork writes a new network.
func (t *Tx) InsertNetwork(ctx context.Context, n neutron.Network) error {
	return t.insert(ctx, networkRowOf(n))
}

// UpdateNetwork rewrites a network.
func (t *Tx) UpdateNetwork(ctx context.Context, n neutron.Network) error {
	return t.update(ctx, networkRowOf(n))
}

// DeleteNetwork removes a network, its tags and its segment.
func (t *Tx) DeleteNetwork(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	if err := t.remove(ctx, "segment_allocations", "network_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "networks", "id", id)
}

type segmentRow struct {
	bun.BaseModel   `bun:"table:segment_allocations"`
	SegmentType     neutron.SegmentType `bun:",pk"`
	PhysicalNetwork string              `bun:",pk"`
	SegmentID       int                 `bun:",pk"`
	NetworkID       string
}

// TakeSegment reserves a segment for a network; false when another has it.
func (t *Tx) TakeSegment(ctx context.Context, s neutron.Segment, networkID string) (bool, error) {
	row := &segmentRow{SegmentType: s.Type, PhysicalNetwork: s.PhysicalNetwork, SegmentID: s.ID, NetworkID: networkID}
	taken, err := t.Tx.NewSelect().Model(row).WherePK().Exists(ctx)
	if err != nil || taken {
		return false, err
	}
	err = t.insert(ctx, row)
	if db.Duplicate(err) {
		return false, nil
	}
	return err == nil, err
}

// Segments lists the ids taken in a range, in their order.
func (t *Tx) Segments(ctx context.Context, kind neutron.SegmentType, physical string, low, high int) ([]int, error) {
	var ids []int
	err := t.Tx.NewSelect().Model((*segmentRow)(nil)).Column("segment_id").
		Where("segment_type = ? AND physical_network = ? AND segment_id BETWEEN ? AND ?", kind, physical, low, high).
		Order("segment_id").Scan(ctx, &ids)
	return ids, err
}

// one makes a finder by id of a list.
func one[N any](all func(context.Context, neutron.Query) ([]N, error), missing func(string) error) func(context.Context, neutron.Scope, string) (N, error) {
	return func(ctx context.Context, as neutron.Scope, id string) (N, error) {
		var zero N
		found, err := all(ctx, neutron.Query{Scope: as, Filters: map[string][]any{"id": {id}}})
		if err != nil {
			return zero, err
		}
		if len(found) == 0 {
			return zero, missing(id)
		}
		return found[0], nil
	}
}
