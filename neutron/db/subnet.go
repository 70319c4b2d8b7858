package db

import (
	"context"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type subnetRow struct {
	bun.BaseModel     `bun:"table:subnets,alias:t"`
	ID                string `bun:",pk"`
	ProjectID         string
	NetworkID         string
	Name              string
	Description       string
	IPVersion         int              `bun:"ip_version"`
	CIDR              string           `bun:"cidr"`
	Gateway           string           `bun:"gateway"`
	Pools             []neutron.Pool   `bun:"type:text"`
	DHCP              bool             `bun:"dhcp"`
	Nameservers       []string         `bun:"type:text"`
	HostRoutes        []neutron.Route  `bun:"type:text"`
	RAMode            neutron.IPv6Mode `bun:"ra_mode"`
	AddressMode       neutron.IPv6Mode
	SubnetPoolID      string   `bun:"subnetpool_id"`
	ServiceTypes      []string `bun:"type:text"`
	DNSPublishFixedIP bool     `bun:"dns_publish_fixed_ip"`
	Revision          int
	CreatedAt         time.Time
	UpdatedAt         time.Time
}

func subnetRowOf(s neutron.Subnet) *subnetRow {
	return &subnetRow{
		ID: s.ID, ProjectID: s.ProjectID, NetworkID: s.NetworkID, Name: s.Name, Description: s.Description,
		IPVersion: s.IPVersion(), CIDR: s.CIDR.String(), Gateway: address(s.Gateway), Pools: s.Pools, DHCP: s.DHCP,
		Nameservers: s.Nameservers, HostRoutes: s.HostRoutes, RAMode: s.RAMode, AddressMode: s.AddressMode,
		SubnetPoolID: s.SubnetPoolID, ServiceTypes: s.ServiceTypes, DNSPublishFixedIP: s.DNSPublishFixedIP,
		Revision: s.Revision, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

func (r subnetRow) noun() neutron.Subnet {
	cidr, _ := netip.ParsePrefix(r.CIDR) // written by Prefix.String
	return neutron.Subnet{
		ID: r.ID, ProjectID: r.ProjectID, NetworkID: r.NetworkID, Name: r.Name, Description: r.Description,
		CIDR: cidr, Gateway: parseAddress(r.Gateway), Pools: r.Pools, DHCP: r.DHCP, Nameservers: r.Nameservers,
		HostRoutes: r.HostRoutes, RAMode: r.RAMode, AddressMode: r.AddressMode, SubnetPoolID: r.SubnetPoolID,
		ServiceTypes: r.ServiceTypes, DNSPublishFixedIP: r.DNSPublishFixedIP,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var subnetLookup = lookup{
	table: "subnets",
	columns: map[string]string{
		"network_id": "t.network_id", "ip_version": "t.ip_version", "cidr": "t.cidr", "gateway_ip": "t.gateway",
		"enable_dhcp": "t.dhcp", "ipv6_ra_mode": "t.ra_mode", "ipv6_address_mode": "t.address_mode", "subnetpool_id": "t.subnetpool_id",
	},
	special: map[string]narrowing{
		"shared": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.network_id IN (SELECT id FROM networks WHERE shared IN (?))", bun.List(v))
		},
		"router:external": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.network_id IN (SELECT id FROM networks WHERE external IN (?))", bun.List(v))
		},
	},
	visible: "t.project_id = ? OR t.network_id IN (SELECT id FROM networks WHERE shared OR project_id = ?)",
}

// Subnets lists subnets.
func (r rows) Subnets(ctx context.Context, q neutron.Query) ([]neutron.Subnet, error) {
	found, err := list[subnetRow](ctx, r, subnetLookup, q)
	if err != nil {
		return nil, err
	}
	ids, networks := make([]string, len(found)), make([]string, len(found))
	for i, s := range found {
		ids[i], networks[i] = s.ID, s.NetworkID
	}
	of, err := r.owners(ctx, networks)
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.Subnet, len(found))
	for i, row := range found {
		out[i] = row.noun()
		n := of[row.NetworkID]
		out[i].Tags, out[i].Shared, out[i].External, out[i].NetworkProjectID = tags[row.ID], n.Shared, n.External, n.ProjectID
	}
	return out, nil
}

// owner is what subnets and ports need to know of their network.
type owner struct {
	ID, ProjectID    string
	Shared, External bool
}

// owners reads whose networks are.
func (r rows) owners(ctx context.Context, networks []string) (map[string]owner, error) {
	found, err := grouped(ctx, networks, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Table("networks").Column("id", "project_id", "shared", "external").Where("id IN (?)", bun.List(ids))
	}, func(o owner) (string, owner) { return o.ID, o })
	out := make(map[string]owner, len(found))
	for id, o := range found {
		out[id] = o[0]
	}
	return out, err
}

// Subnet finds a subnet within a scope.
func (r rows) Subnet(ctx context.Context, as neutron.Scope, id string) (neutron.Subnet, error) {
	return one(r.Subnets, neutron.SubnetNotFound)(ctx, as, id)
}

// InsertSubnet writes a new subnet.
func (t *Tx) InsertSubnet(ctx context.Context, s neutron.Subnet) error {
	return t.insert(ctx, subnetRowOf(s))
}

// UpdateSubnet rewrites a subnet.
func (t *Tx) UpdateSubnet(ctx context.Context, s neutron.Subnet) error {
	return t.update(ctx, subnetRowOf(s))
}

// DeleteSubnet removes a subnet and its tags.
func (t *Tx) DeleteSubnet(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "subnets", "id", id)
}

// UsedAddresses counts the addresses in use, by subnet.
func (r rows) UsedAddresses(ctx context.Context, subnets []string) (map[string]int, error) {
	type count struct {
		SubnetID string
		N        int
	}
	found, err := grouped(ctx, subnets, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Table("ip_allocations").Column("subnet_id").ColumnExpr("COUNT(*) AS n").
			Where("subnet_id IN (?)", bun.List(ids)).Group("subnet_id")
	}, func(c count) (string, int) { return c.SubnetID, c.N })
	out := make(map[string]int, len(found))
	for id, n := range found {
		out[id] = n[0]
	}
	return out, err
}
