package plugin

import (
	"context"
	"fmt"
	"slices"

	"cumulet/neutron"
)

// living are the agents of a type that can be given something.
func (w *work) living(ctx context.Context, kind string) ([]neutron.Agent, error) {
	agents, err := w.p.agents(ctx, w, neutron.By("agent_type", kind))
	return slices.DeleteFunc(agents, func(a neutron.Agent) bool { return !a.Alive || !a.AdminUp }), err
}

// zoned keeps the agents of the zones hinted at, all when none is.
func zoned(agents []neutron.Agent, hints []string) []neutron.Agent {
	if len(hints) == 0 {
		return agents
	}
	return slices.DeleteFunc(slices.Clone(agents), func(a neutron.Agent) bool { return !slices.Contains(hints, a.Zone) })
}

// least is the agent with the least given.
func least(agents []neutron.Agent, given map[string]int) neutron.Agent {
	return slices.MinFunc(agents, func(a, b neutron.Agent) int { return given[a.ID] - given[b.ID] })
}

// counts turns who serves what into how much each serves.
func counts(served map[string][]string) map[string]int {
	out := map[string]int{}
	for _, agents := range served {
		for _, a := range agents {
			out[a]++
		}
	}
	return out
}

// scheduleNetworks gives networks with DHCP (all when none is named) that too few living agents serve to more of them.
func (w *work) scheduleNetworks(ctx context.Context, ids []string) error {
	agents, err := w.living(ctx, neutron.AgentDHCP)
	if err != nil || len(agents) == 0 {
		return err
	}
	q := neutron.By("enable_dhcp", true)
	if ids != nil {
		q = q.Where("network_id", anys(ids)...)
	}
	subnets, err := w.Subnets(ctx, q)
	if err != nil {
		return err
	}
	var served []string
	for _, s := range subnets {
		served = append(served, s.NetworkID)
	}
	slices.Sort(served)
	served = slices.Compact(served)
	if len(served) == 0 {
		return nil
	}
	by, err := w.NetworkAgents(ctx, served)
	if err != nil {
		return err
	}
	networks, err := w.Networks(ctx, neutron.By("id", served...))
	if err != nil {
		return err
	}
	load := counts(by)
	for _, n := range networks {
		if err := w.scheduleNetwork(ctx, n, by[n.ID], agents, load); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) scheduleNetwork(ctx context.Context, n neutron.Network, by []string, agents []neutron.Agent, load map[string]int) error {
	candidates := zoned(agents, n.ZoneHints)
	lives := func(id string) bool {
		return slices.ContainsFunc(agents, func(a neutron.Agent) bool { return a.ID == id })
	}
	serving := slices.DeleteFunc(slices.Clone(by), func(id string) bool { return !lives(id) })
	for len(serving) < max(w.p.Config.DHCPAgentsPerNetwork, 1) {
		free := slices.DeleteFunc(slices.Clone(candidates), func(a neutron.Agent) bool { return slices.Contains(by, a.ID) })
		if len(free) == 0 {
			return nil
		}
		a := least(free, load)
		if err := w.GiveNetwork(ctx, n.ID, a.ID); err != nil {
			return fmt.Errorf("give network %q to agent %q: %w", n.ID, a.ID, err)
		}
		by, serving = append(by, a.ID), append(serving, a.ID)
		load[a.ID]++
		w.tell(neutron.NetworkChanged{ID: n.ID}, neutron.TopicDHCP)
	}
	for _, id := range by { // whoever is dead gives way once someone living serves
		if lives(id) || len(serving) == 0 {
			continue
		}
		if err := w.TakeNetwork(ctx, n.ID, id); err != nil {
			return err
		}
	}
	return nil
}

// scheduleRouters gives routers (all when none is named) that have ports and no living agent to one.
func (w *work) scheduleRouters(ctx context.Context, ids []string) error {
	agents, err := w.living(ctx, neutron.AgentL3)
	if err != nil || len(agents) == 0 {
		return err
	}
	q := neutron.Query{Scope: neutron.Everything()}
	if ids != nil {
		q = neutron.By("id", ids...)
	}
	routers, err := w.Routers(ctx, q)
	if err != nil || len(routers) == 0 {
		return err
	}
	all := make([]string, len(routers))
	for i, r := range routers {
		all[i] = r.ID
	}
	by, err := w.RouterAgents(ctx, all)
	if err != nil {
		return err
	}
	load := counts(by)
	for _, r := range routers {
		if slices.ContainsFunc(agents, func(a neutron.Agent) bool { return slices.Contains(by[r.ID], a.ID) }) {
			continue
		}
		candidates := zoned(agents, r.ZoneHints)
		if len(candidates) == 0 {
			continue
		}
		chosen := least(candidates, load)
		if err := w.scheduleRouter(ctx, r, chosen); err != nil {
			return err
		}
		load[chosen.ID]++
	}
	return nil
}

func (w *work) scheduleRouter(ctx context.Context, r neutron.Router, a neutron.Agent) error {
	ports, err := w.routerPorts(ctx, r.ID)
	if err != nil || len(ports) == 0 {
		return err
	}
	if err := w.GiveRouter(ctx, r.ID, a.ID); err != nil {
		return fmt.Errorf("give router %q to agent %q: %w", r.ID, a.ID, err)
	}
	w.tell(neutron.RouterChanged{ID: r.ID}, neutron.TopicL3)
	for _, port := range ports {
		if port.Binding.Host == a.Host {
			continue
		}
		old := port
		port.Binding.Host = a.Host
		if err := w.updatePort(ctx, neutron.Everything(), old, &port, neutron.Given{"binding:host_id": true}); err != nil {
			return err
		}
	}
	return nil
}

// routerHost is where a router is served, "" when nowhere.
func (w *work) routerHost(ctx context.Context, routerID string) (string, error) {
	agents, err := w.Agents(ctx, neutron.By("router_id", routerID))
	if err != nil || len(agents) == 0 {
		return "", err
	}
	return agents[0].Host, nil
}

func anys[V any](values []V) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// Reconcile gives what dead agents served to living ones. It runs periodically.
func (p *Plugin) Reconcile(ctx context.Context) error {
	return p.tx(ctx, func(w *work) error {
		if err := w.scheduleNetworks(ctx, nil); err != nil {
			return err
		}
		return w.scheduleRouters(ctx, nil)
	})
}
