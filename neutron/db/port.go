package db

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type portRow struct {
	bun.BaseModel `bun:"table:ports,alias:t"`
	ID            string `bun:",pk"`
	ProjectID     string
	NetworkID     string
	Name          string
	Description   string
	Status        neutron.Status
	Reason        string
	AdminUp       bool
	MAC           string `bun:"mac"`
	PortSecurity  bool
	AddressPairs  []neutron.AddressPair `bun:"type:text"`
	DHCPOptions   []neutron.DHCPOption  `bun:"dhcp_options,type:text"`
	DeviceID      string
	DeviceOwner   string
	DNSName       string `bun:"dns_name"`
	DNSDomain     string `bun:"dns_domain"`
	Host          string
	VNICType      string          `bun:"vnic_type"`
	Profile       map[string]any  `bun:"type:text"`
	VIFType       neutron.VIFType `bun:"vif_type"`
	VIFDetails    map[string]any  `bun:"vif_details,type:text"`
	UplinkStatus  bool
	Revision      int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func portRowOf(p neutron.Port) *portRow {
	return &portRow{
		ID: p.ID, ProjectID: p.ProjectID, NetworkID: p.NetworkID, Name: p.Name, Description: p.Description,
		Status: p.Status, Reason: p.Reason, AdminUp: p.AdminUp, MAC: p.MAC, PortSecurity: p.PortSecurity,
		AddressPairs: p.AddressPairs, DHCPOptions: p.DHCPOptions, DeviceID: p.DeviceID, DeviceOwner: p.DeviceOwner,
		DNSName: p.DNSName, DNSDomain: p.DNSDomain, Host: p.Binding.Host, VNICType: p.Binding.VNICType,
		Profile: p.Binding.Profile, VIFType: p.Binding.VIFType, VIFDetails: p.Binding.Details, UplinkStatus: p.UplinkStatus,
		Revision: p.Revision, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

func (r portRow) noun() neutron.Port {
	return neutron.Port{
		ID: r.ID, ProjectID: r.ProjectID, NetworkID: r.NetworkID, Name: r.Name, Description: r.Description,
		Status: r.Status, Reason: r.Reason, AdminUp: r.AdminUp, MAC: r.MAC, PortSecurity: r.PortSecurity,
		AddressPairs: r.AddressPairs, DHCPOptions: r.DHCPOptions, DeviceID: r.DeviceID, DeviceOwner: r.DeviceOwner,
		DNSName: r.DNSName, DNSDomain: r.DNSDomain, UplinkStatus: r.UplinkStatus,
		Binding:  neutron.Binding{Host: r.Host, VNICType: r.VNICType, Profile: r.Profile, VIFType: r.VIFType, Details: r.VIFDetails},
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var portLookup = lookup{
	table: "ports",
	columns: map[string]string{
		"network_id": "t.network_id", "mac_address": "t.mac", "device_id": "t.device_id", "device_owner": "t.device_owner",
		"binding:host_id": "t.host", "binding:vif_type": "t.vif_type", "binding:vnic_type": "t.vnic_type",
		"port_security_enabled": "t.port_security", "dns_name": "t.dns_name", "dns_domain": "t.dns_domain",
	},
	special: map[string]narrowing{
		"fixed_ips": byFixedIP,
		"security_groups": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT port_id FROM port_security_groups WHERE group_id IN (?))", bun.List(v))
		},
	},
	visible: "t.project_id = ? OR t.network_id IN (SELECT id FROM networks WHERE project_id = ?)",
}

// byFixedIP narrows by "ip_address=A", "subnet_id=S" and "ip_address_substr=X": values of one key are alternatives, a port
// must match every key. As neutron/plugins/ml2/plugin.py, _get_ports_query.
func byFixedIP(s *bun.SelectQuery, values []any) *bun.SelectQuery {
	keys := map[string][]string{}
	for _, v := range values {
		if text, ok := v.(string); ok {
			key, value, _ := strings.Cut(text, "=")
			keys[key] = append(keys[key], value)
		}
	}
	const of = "t.id IN (SELECT port_id FROM ip_allocations WHERE "
	if in := keys["ip_address"]; in != nil {
		s = s.Where(of+"address IN (?))", bun.List(in))
	}
	if in := keys["subnet_id"]; in != nil {
		s = s.Where(of+"subnet_id IN (?))", bun.List(in))
	}
	if in := keys["ip_address_substr"]; in != nil {
		s = s.WhereGroup(" AND ", func(s *bun.SelectQuery) *bun.SelectQuery {
			for _, part := range in {
				s = s.WhereOr(of+"address LIKE ? ESCAPE '!')", "%"+likely.Replace(part)+"%")
			}
			return s
		})
	}
	return s
}

// likely keeps LIKE's own characters from meaning something.
var likely = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

type addressRow struct {
	bun.BaseModel `bun:"table:ip_allocations"`
	SubnetID      string `bun:",pk"`
	Address       string `bun:",pk"`
	PortID        string
	NetworkID     string
	Position      int
}

type membershipRow struct {
	bun.BaseModel `bun:"table:port_security_groups"`
	PortID        string `bun:",pk"`
	GroupID       string `bun:",pk"`
}

// Ports lists ports.
func (r rows) Ports(ctx context.Context, q neutron.Query) ([]neutron.Port, error) {
	found, err := list[portRow](ctx, r, portLookup, q)
	if err != nil {
		return nil, err
	}
	ids, networks := make([]string, len(found)), make([]string, len(found))
	for i, p := range found {
		ids[i], networks[i] = p.ID, p.NetworkID
	}
	addresses, err := grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*addressRow)(nil)).Where("port_id IN (?)", bun.List(ids)).Order("position")
	}, func(a addressRow) (string, neutron.FixedIP) {
		return a.PortID, neutron.FixedIP{SubnetID: a.SubnetID, Address: parseAddress(a.Address)}
	})
	if err != nil {
		return nil, err
	}
	groups, err := grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*membershipRow)(nil)).Where("port_id IN (?)", bun.List(ids)).Order("group_id")
	}, func(m membershipRow) (string, string) { return m.PortID, m.GroupID })
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	of, err := r.owners(ctx, networks)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.Port, len(found))
	for i, row := range found {
		p := row.noun()
		p.FixedIPs, p.SecurityGroups, p.Tags = addresses[p.ID], groups[p.ID], tags[p.ID]
		p.NetworkProjectID = of[p.NetworkID].ProjectID
		out[i] = p
	}
	return out, nil
}

// Port finds a port within a scope.
func (r rows) Port(ctx context.Context, as neutron.Scope, id string) (neutron.Port, error) {
	return one(r.Ports, neutron.PortNotFound)(ctx, as, id)
}

// InsertPort writes a new port with its addresses and groups.
func (t *Tx) InsertPort(ctx context.Context, p neutron.Port) error {
	if err := t.insert(ctx, portRowOf(p)); err != nil {
		return err
	}
	return t.writePortParts(ctx, p)
}

// UpdatePort rewrites a port, its addresses and groups.
func (t *Tx) UpdatePort(ctx context.Context, p neutron.Port) error {
	if err := t.update(ctx, portRowOf(p)); err != nil {
		return err
	}
	for _, table := range []string{"ip_allocations", "port_security_groups"} {
		if err := t.remove(ctx, table, "port_id", p.ID); err != nil {
			return err
		}
	}
	return t.writePortParts(ctx, p)
}

func (t *Tx) writePortParts(ctx context.Context, p neutron.Port) error {
	for i, f := range p.FixedIPs {
		row := &addressRow{SubnetID: f.SubnetID, Address: f.Address.String(), PortID: p.ID, NetworkID: p.NetworkID, Position: i}
		if err := t.insert(ctx, row); err != nil {
			return err
		}
	}
	for _, g := range p.SecurityGroups {
		if err := t.insert(ctx, &membershipRow{PortID: p.ID, GroupID: g}); err != nil {
			return err
		}
	}
	return nil
}

// DeletePort removes a port, its addresses, groups and tags.
func (t *Tx) DeletePort(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "ports", "id", id)
}

// AddressTaken tells which port has an address of a subnet, "" when none has.
func (r rows) AddressTaken(ctx context.Context, subnetID string, a netip.Addr) (portID string, err error) {
	var found []string
	err = r.NewSelect().Model((*addressRow)(nil)).Column("port_id").
		Where("subnet_id = ? AND address = ?", subnetID, a.String()).Scan(ctx, &found)
	if len(found) == 0 {
		return "", err
	}
	return found[0], err
}

// AddressesTaken lists the addresses in use of a subnet.
func (r rows) AddressesTaken(ctx context.Context, subnetID string) (map[netip.Addr]bool, error) {
	var found []string
	err := r.NewSelect().Model((*addressRow)(nil)).Column("address").Where("subnet_id = ?", subnetID).Scan(ctx, &found)
	out := make(map[netip.Addr]bool, len(found))
	for _, a := range found {
		out[parseAddress(a)] = true
	}
	return out, err
}

// MACTaken tells whether a port of the network has the MAC.
func (r rows) MACTaken(ctx context.Context, networkID, mac string) (bool, error) {
	return r.NewSelect().Model((*portRow)(nil)).Where("network_id = ? AND mac = ?", networkID, mac).Exists(ctx)
}
