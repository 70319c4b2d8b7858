package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type floatingIPRow struct {
	bun.BaseModel  `bun:"table:floatingips,alias:t"`
	ID             string `bun:",pk"`
	ProjectID      string
	Description    string
	NetworkID      string
	Address        string
	FloatingPortID string
	PortID         string
	FixedAddress   string
	RouterID       string
	Status         neutron.Status
	DNSName        string `bun:"dns_name"`
	DNSDomain      string `bun:"dns_domain"`
	Revision       int
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func floatingIPRowOf(f neutron.FloatingIP) *floatingIPRow {
	return &floatingIPRow{
		ID: f.ID, ProjectID: f.ProjectID, Description: f.Description, NetworkID: f.NetworkID, Address: address(f.Address),
		FloatingPortID: f.FloatingPortID, PortID: f.PortID, FixedAddress: address(f.FixedAddress), RouterID: f.RouterID,
		Status: f.Status, DNSName: f.DNSName, DNSDomain: f.DNSDomain,
		Revision: f.Revision, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
}

func (r floatingIPRow) noun() neutron.FloatingIP {
	return neutron.FloatingIP{
		ID: r.ID, ProjectID: r.ProjectID, Description: r.Description, NetworkID: r.NetworkID, Address: parseAddress(r.Address),
		FloatingPortID: r.FloatingPortID, PortID: r.PortID, FixedAddress: parseAddress(r.FixedAddress), RouterID: r.RouterID,
		Status: r.Status, DNSName: r.DNSName, DNSDomain: r.DNSDomain,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var floatingIPLookup = lookup{
	table: "floatingips",
	columns: map[string]string{
		"floating_network_id": "t.network_id", "floating_ip_address": "t.address", "port_id": "t.port_id",
		"fixed_ip_address": "t.fixed_address", "router_id": "t.router_id", "floating_port_id": "t.floating_port_id",
		"dns_name": "t.dns_name", "dns_domain": "t.dns_domain",
	},
	visible: "t.project_id = ?",
}

// FloatingIPs lists floating addresses.
func (r rows) FloatingIPs(ctx context.Context, q neutron.Query) ([]neutron.FloatingIP, error) {
	found, err := list[floatingIPRow](ctx, r, floatingIPLookup, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	var ports []string
	for i, row := range found {
		ids[i] = row.ID
		if row.PortID != "" {
			ports = append(ports, row.PortID)
		}
	}
	details, err := grouped(ctx, ports, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*portRow)(nil)).Where("t.id IN (?)", bun.List(ids))
	}, func(p portRow) (string, neutron.PortDetails) {
		return p.ID, neutron.PortDetails{
			Name: p.Name, NetworkID: p.NetworkID, MAC: p.MAC, DeviceID: p.DeviceID, DeviceOwner: p.DeviceOwner,
			AdminUp: p.AdminUp, Status: p.Status,
		}
	})
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.FloatingIP, len(found))
	for i, row := range found {
		out[i] = row.noun()
		out[i].Tags = tags[row.ID]
		if d := details[row.PortID]; len(d) > 0 {
			out[i].PortDetails = &d[0]
		}
	}
	return out, nil
}

// FloatingIP finds a floating address within a scope.
func (r rows) FloatingIP(ctx context.Context, as neutron.Scope, id string) (neutron.FloatingIP, error) {
	return one(r.FloatingIPs, neutron.FloatingIPNotFound)(ctx, as, id)
}

// InsertFloatingIP writes a new floating address.
func (t *Tx) InsertFloatingIP(ctx context.Context, f neutron.FloatingIP) error {
	return t.insert(ctx, floatingIPRowOf(f))
}

// UpdateFloatingIP rewrites a floating address.
func (t *Tx) UpdateFloatingIP(ctx context.Context, f neutron.FloatingIP) error {
	return t.update(ctx, floatingIPRowOf(f))
}

// DeleteFloatingIP removes a floating address and its tags.
func (t *Tx) DeleteFloatingIP(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "floatingips", "id", id)
}
