package api

import (
	"context"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

type agent = neutron.Agent

func (a *API) agents() *resource[agent] {
	return &resource[agent]{
		name: "agent", plural: "agents", path: "agents", attributes: agentAttributes(),
		target: func(agent) policy.Target { return policy.Target{} },
		list:   unowned(a.Plugin.Agents),
		find: func(ctx context.Context, _ neutron.Scope, id string) (agent, error) {
			return a.Plugin.Agent(ctx, id)
		},
		update: func(ctx context.Context, _ neutron.Scope, id string, change neutron.Change[agent]) (agent, error) {
			return a.Plugin.UpdateAgent(ctx, id, change.Apply)
		},
		remove: func(ctx context.Context, _ neutron.Scope, id string, _ *int) error {
			return a.Plugin.DeleteAgent(ctx, id)
		},
	}
}

// agentAttributes are those of neutron_lib/api/definitions/agent.py.
func agentAttributes() []attribute[agent] {
	alive := shown("alive", 0, func(a agent) any { return a.Alive })
	alive.kind.filter = boolean.filter
	return []attribute[agent]{
		shown("id", sorts, func(a agent) any { return a.ID }),
		shown("agent_type", 0, func(a agent) any { return a.Type }),
		shown("binary", 0, func(a agent) any { return a.Binary }),
		shown("host", 0, func(a agent) any { return a.Host }),
		shown("topic", 0, func(a agent) any { return a.Topic }),
		shown("availability_zone", 0, func(a agent) any { return orNil(a.Zone) }),
		boolAt("admin_state_up", put, true, func(a *agent) *bool { return &a.AdminUp }),
		nullString("description", put, text(255), func(a *agent) *string { return &a.Description }),
		shown("configurations", 0, func(a agent) any { return objectOf(a.Configurations) }),
		shown("created_at", 0, func(a agent) any { return clock(a.CreatedAt) }),
		shown("started_at", 0, func(a agent) any { return clock(a.StartedAt) }),
		shown("heartbeat_timestamp", 0, func(a agent) any { return clock(a.HeartbeatAt) }),
		shown("resources_synced", 0, func(agent) any { return nil }),
		alive,
	}
}

// clock writes a time as the agents API does.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// agentRoutes are agents, and who serves what.
func (a *API) agentRoutes() []rest.Route {
	return append(routesOf(a, a.agents()),
		rest.Route{Do: "GET /v2.0/networks/{id}/dhcp-agents", Rule: "get_dhcp-agents", Status: 200, Run: a.servers("network_id")},
		rest.Route{Do: "GET /v2.0/routers/{id}/l3-agents", Rule: "get_l3-agents", Status: 200, Run: a.servers("router_id")},
		rest.Route{Do: "GET /v2.0/agents/{id}/l3-routers", Rule: "get_l3-routers", Status: 200, Run: a.servedRouters},
		rest.Route{Do: "GET /v2.0/agents/{id}/dhcp-networks", Rule: "get_dhcp-networks", Status: 200, Run: a.servedNetworks},
	)
}

// servers lists the agents that serve a network or router.
func (a *API) servers(key string) rest.Handler {
	return func(ctx context.Context, c *rest.Call) (any, error) {
		if err := c.Authorize(c.Mine()); err != nil {
			return nil, err
		}
		agents, err := a.Plugin.Agents(ctx, neutron.By(key, c.Path("id")))
		views := make([]any, len(agents))
		for i, one := range agents {
			views[i] = view(a, a.agents(), c, one, nil)
		}
		return map[string]any{"agents": views}, err
	}
}

func (a *API) servedRouters(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	list, err := a.Plugin.Routers(ctx, neutron.By("agent_id", c.Path("id")))
	views := make([]any, len(list))
	for i, r := range list {
		views[i] = view(a, a.routers(), c, r, nil)
	}
	return map[string]any{"routers": views}, err
}

func (a *API) servedNetworks(ctx context.Context, c *rest.Call) (any, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	list, err := a.Plugin.Networks(ctx, neutron.By("agent_id", c.Path("id")))
	views := make([]any, len(list))
	for i, n := range list {
		views[i] = view(a, a.networks(), c, n, nil)
	}
	return map[string]any{"networks": views}, err
}
