package db

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"cumulet/neutron"
)

type agentRow struct {
	bun.BaseModel  `bun:"table:agents,alias:t"`
	ID             string `bun:",pk"`
	AgentType      string
	AgentBinary    string
	Host           string
	Topic          string
	Zone           string
	AdminUp        bool
	Description    string
	Configurations map[string]any `bun:"type:text"`
	AgentLoad      int
	CreatedAt      time.Time
	StartedAt      time.Time
	HeartbeatAt    time.Time
}

func agentRowOf(a neutron.Agent) *agentRow {
	return &agentRow{
		ID: a.ID, AgentType: a.Type, AgentBinary: a.Binary, Host: a.Host, Topic: a.Topic, Zone: a.Zone, AdminUp: a.AdminUp,
		Description: a.Description, Configurations: a.Configurations, AgentLoad: a.Load,
		CreatedAt: a.CreatedAt, StartedAt: a.StartedAt, HeartbeatAt: a.HeartbeatAt,
	}
}

func (r agentRow) noun() neutron.Agent {
	return neutron.Agent{
		ID: r.ID, Type: r.AgentType, Binary: r.AgentBinary, Host: r.Host, Topic: r.Topic, Zone: r.Zone, AdminUp: r.AdminUp,
		Description: r.Description, Configurations: r.Configurations, Load: r.AgentLoad,
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, HeartbeatAt: r.HeartbeatAt,
	}
}

var agentLookup = lookup{
	table: "agents",
	columns: map[string]string{
		"agent_type": "t.agent_type", "binary": "t.agent_binary", "host": "t.host", "topic": "t.topic", "availability_zone": "t.zone",
	},
	special: map[string]narrowing{
		"network_id": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT agent_id FROM network_agents WHERE network_id IN (?))", bun.List(v))
		},
		"router_id": func(s *bun.SelectQuery, v []any) *bun.SelectQuery {
			return s.Where("t.id IN (SELECT agent_id FROM router_agents WHERE router_id IN (?))", bun.List(v))
		},
	},
}

// Agents lists agents; Alive is for the caller to judge.
func (r rows) Agents(ctx context.Context, q neutron.Query) ([]neutron.Agent, error) {
	q.Scope = neutron.Everything()
	found, err := list[agentRow](ctx, r, agentLookup, q)
	out := make([]neutron.Agent, len(found))
	for i, row := range found {
		out[i] = row.noun()
	}
	return out, err
}

// Agent finds an agent.
func (r rows) Agent(ctx context.Context, id string) (neutron.Agent, error) {
	return one(r.Agents, neutron.AgentNotFound)(ctx, neutron.Everything(), id)
}

// InsertAgent writes a new agent.
func (t *Tx) InsertAgent(ctx context.Context, a neutron.Agent) error {
	return t.insert(ctx, agentRowOf(a))
}

// UpdateAgent rewrites an agent.
func (t *Tx) UpdateAgent(ctx context.Context, a neutron.Agent) error {
	return t.update(ctx, agentRowOf(a))
}

// DeleteAgent removes an agent and what was given to it.
func (t *Tx) DeleteAgent(ctx context.Context, id string) error {
	return t.remove(ctx, "agents", "id", id)
}

type networkAgentRow struct {
	bun.BaseModel `bun:"table:network_agents"`
	NetworkID     string `bun:",pk"`
	AgentID       string `bun:",pk"`
}

type routerAgentRow struct {
	bun.BaseModel `bun:"table:router_agents"`
	RouterID      string `bun:",pk"`
	AgentID       string
}

// GiveNetwork has an agent serve a network.
func (t *Tx) GiveNetwork(ctx context.Context, networkID, agentID string) error {
	return t.insert(ctx, &networkAgentRow{NetworkID: networkID, AgentID: agentID})
}

// TakeNetwork has an agent serve a network no more.
func (t *Tx) TakeNetwork(ctx context.Context, networkID, agentID string) error {
	_, err := t.Tx.NewDelete().Model(&networkAgentRow{NetworkID: networkID, AgentID: agentID}).WherePK().Exec(ctx)
	return err
}

// GiveRouter has an agent, and no other, serve a router.
func (t *Tx) GiveRouter(ctx context.Context, routerID, agentID string) error {
	if err := t.TakeRouter(ctx, routerID); err != nil {
		return err
	}
	return t.insert(ctx, &routerAgentRow{RouterID: routerID, AgentID: agentID})
}

// TakeRouter has nobody serve a router.
func (t *Tx) TakeRouter(ctx context.Context, routerID string) error {
	return t.remove(ctx, "router_agents", "router_id", routerID)
}

// NetworkAgents lists which agents serve networks, by network.
func (r rows) NetworkAgents(ctx context.Context, networks []string) (map[string][]string, error) {
	return grouped(ctx, networks, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*networkAgentRow)(nil)).Where("network_id IN (?)", bun.List(ids)).Order("agent_id")
	}, func(row networkAgentRow) (string, string) { return row.NetworkID, row.AgentID })
}

// RouterAgents lists which agents serve routers, by router.
func (r rows) RouterAgents(ctx context.Context, routers []string) (map[string][]string, error) {
	return grouped(ctx, routers, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().Model((*routerAgentRow)(nil)).Where("router_id IN (?)", bun.List(ids))
	}, func(row routerAgentRow) (string, string) { return row.RouterID, row.AgentID })
}

// Served lists the networks an agent serves.
func (r rows) Served(ctx context.Context, agentID string) ([]string, error) {
	var ids []string
	err := r.NewSelect().Model((*networkAgentRow)(nil)).Column("network_id").Where("agent_id = ?", agentID).
		Order("network_id").Scan(ctx, &ids)
	return ids, err
}

// zones reads the availability zones of the agents that serve networks or routers.
func (r rows) zones(ctx context.Context, table, key string, ids []string) (map[string][]string, error) {
	type zone struct{ ID, Zone string }
	found, err := grouped(ctx, ids, func(ids []string) *bun.SelectQuery {
		return r.NewSelect().TableExpr("? AS b", bun.Ident(table)).Join("JOIN agents AS a ON a.id = b.agent_id").
			ColumnExpr("b.? AS id, a.zone", bun.Ident(key)).Where("b.? IN (?)", bun.Ident(key), bun.List(ids)).OrderExpr("a.zone")
	}, func(z zone) (string, string) { return z.ID, z.Zone })
	for id, zones := range found {
		found[id] = slices.Compact(zones)
	}
	return found, err
}
