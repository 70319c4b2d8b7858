package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type routerRow struct {
	bun.BaseModel `bun:"table:routers,alias:t"`
	ID            string `bun:",pk"`
	ProjectID     string
	Name          string
	Description   string
	Status        neutron.Status
	AdminUp       bool
	GatewayPort   string
	SNAT          bool            `bun:"snat"`
	Routes        []neutron.Route `bun:"type:text"`
	ZoneHints     []string        `bun:"type:text"`
	FlavorID      string
	Revision      int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func routerRowOf(r neutron.Router) *routerRow {
	row := &routerRow{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Description: r.Description, Status: r.Status, AdminUp: r.AdminUp,
		Routes: r.Routes, ZoneHints: r.ZoneHints, FlavorID: r.FlavorID, SNAT: true,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Gateway != nil {
		row.GatewayPort, row.SNAT = r.Gateway.PortID, r.Gateway.SNAT
	}
	return row
}

func (r routerRow) noun() neutron.Router {
	return neutron.Router{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Description: r.Description, Status: r.Status, AdminUp: r.AdminUp,
		Routes: r.Routes, ZoneHints: r.ZoneHints, FlavorID: r.FlavorID,
		Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

var routerLookup = lookup{
	table:   "routers",
	columns: map[string]string{"flavor_id": "t.flavor_id"},
	special: map[string]narrowing{
		"gateway_network_id": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.gateway_port IN (SELECT id FROM ports WHERE network_id IN (?))", bun.List(v))
		},
		"agent_id": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT router_id FROM router_agents WHERE agent_id IN (?))", bun.List(v))
		},
	},
	visible: "t.project_id = ?",
}

// Routers lists routers.
func (r rows) Routers(ctx context.Context, q neutron.Query) ([]neutron.Router, error) {
	found, err := list[routerRow](ctx, r, routerLookup, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	var ports []string
	for i, row := range found {
		ids[i] = row.ID
		if row.GatewayPort != "" {
			ports = append(ports, row.GatewayPort)
		}
	}
	gateways := map[string]neutron.Port{}
	if len(ports) > 0 {
		list, err := r.Ports(ctx, neutron.By("id", ports...))
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			gateways[p.ID] = p
		}
	}
	tags, err := r.tags(ctx, ids)
	if err != nil {
		return nil, err
	}
	zones, err := r.zones(ctx, "router_agents", "router_id", ids)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.Router, len(found))
	for i, row := range found {
		out[i] = row.noun()
		out[i].Tags, out[i].Zones = tags[row.ID], zones[row.ID]
		if p, ok := gateways[row.GatewayPort]; ok {
			out[i].Gateway = &neutron.Gateway{NetworkID: p.NetworkID, PortID: p.ID, FixedIPs: p.FixedIPs, SNAT: row.SNAT}
		}
	}
	return out, nil
}

// Router finds a router within a scope.
func (r rows) Router(ctx context.Context, as neutron.Scope, id string) (neutron.Router, error) {
	return one(r.Routers, neutron.RouterNotFound)(ctx, as, id)
}

// InsertRouter writes a new router.
func (t *Tx) InsertRouter(ctx context.Context, r neutron.Router) error {
	return t.insert(ctx, routerRowOf(r))
}

// UpdateRouter rewrites a router.
func (t *Tx) UpdateRouter(ctx context.Context, r neutron.Router) error {
	return t.update(ctx, routerRowOf(r))
}

// DeleteRouter removes a router and its tags.
func (t *Tx) DeleteRouter(ctx context.Context, id string) error {
	if err := t.remove(ctx, "tags", "resource_id", id); err != nil {
		return err
	}
	return t.remove(ctx, "routers", "id", id)
}
