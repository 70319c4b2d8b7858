package plugin

import (
	"context"
	"fmt"
	"slices"

	"cumulet/neutron"
)

// lister is where agents are read: the database, or a transaction on it.
type lister interface {
	Agents(context.Context, neutron.Query) ([]neutron.Agent, error)
}

// agents lists agents with whether they live.
func (p *Plugin) agents(ctx context.Context, from lister, q neutron.Query) ([]neutron.Agent, error) {
	agents, err := from.Agents(ctx, q)
	for i := range agents {
		agents[i].Alive = p.alive(agents[i])
	}
	return agents, err
}

// alive tells whether an agent was heard of lately. A report of the future is none: a clock was set back since.
func (p *Plugin) alive(a neutron.Agent) bool {
	return p.DB.Now().Sub(a.HeartbeatAt).Abs() < p.Config.AgentDownTime
}

// Agents lists agents; "alive" among the filters is judged now.
func (p *Plugin) Agents(ctx context.Context, q neutron.Query) ([]neutron.Agent, error) {
	agents, err := p.agents(ctx, p.DB, q)
	if wanted, ok := q.Filters["alive"]; ok {
		agents = slices.DeleteFunc(agents, func(a neutron.Agent) bool { return !slices.Contains(wanted, any(a.Alive)) })
	}
	return agents, err
}

// Agent finds an agent.
func (p *Plugin) Agent(ctx context.Context, id string) (neutron.Agent, error) {
	a, err := p.DB.Agent(ctx, id)
	a.Alive = p.alive(a)
	return a, err
}

// UpdateAgent takes an agent out of service or back, or describes it.
func (p *Plugin) UpdateAgent(ctx context.Context, id string, apply func(*neutron.Agent)) (neutron.Agent, error) {
	var a neutron.Agent
	err := p.tx(ctx, func(w *work) error {
		var err error
		if a, err = w.Agent(ctx, id); err != nil {
			return err
		}
		was := a.AdminUp
		apply(&a)
		if was != a.AdminUp {
			w.p.seen.Delete(agentKey{a.Type, a.Host}) // has it synchronise when it reports next
		}
		if err := w.UpdateAgent(ctx, a); err != nil {
			return fmt.Errorf("update agent %q: %w", id, err)
		}
		return w.Record(ctx, "agent.update.end", a)
	})
	a.Alive = p.alive(a)
	return a, err
}

// DeleteAgent forgets an agent.
func (p *Plugin) DeleteAgent(ctx context.Context, id string) error {
	return p.tx(ctx, func(w *work) error {
		a, err := w.Agent(ctx, id)
		if err != nil {
			return err
		}
		if err := w.DeleteAgent(ctx, id); err != nil {
			return fmt.Errorf("delete agent %q: %w", id, err)
		}
		w.p.seen.Delete(agentKey{a.Type, a.Host})
		return w.Record(ctx, "agent.delete.end", a)
	})
}

// agentKey is an agent that reported since this process started.
type agentKey struct{ kind, host string }

// topics are where agents listen, by type.
var topics = map[string]string{
	neutron.AgentLinuxBridge: neutron.TopicL2, neutron.AgentOpenVSwitch: neutron.TopicL2,
	neutron.AgentDHCP: neutron.TopicDHCP, neutron.AgentL3: neutron.TopicL3,
}

// report takes an agent's sign of life.
func (p *Plugin) report(ctx context.Context, in neutron.AgentReport) (neutron.AgentReported, error) {
	key := agentKey{in.Type, in.Host}
	_, seen := p.seen.Load(key)
	answer := neutron.AgentReported{Resync: !seen}
	err := p.tx(ctx, func(w *work) error {
		found, err := w.Agents(ctx, neutron.By("host", in.Host).Where("agent_type", in.Type))
		if err != nil {
			return err
		}
		a := neutron.Agent{ID: newID(), Type: in.Type, Host: in.Host, AdminUp: true, CreatedAt: w.now, StartedAt: in.StartedAt.UTC()}
		was := neutron.Agent{}
		if len(found) > 0 {
			a, was = found[0], found[0]
		}
		appeared := len(found) == 0 || !p.alive(was) || !seen
		a.Binary, a.Topic, a.Zone, a.Configurations, a.Load = in.Binary, topics[in.Type], in.Zone, in.Configurations, in.Load
		a.HeartbeatAt, a.StartedAt = w.now, in.StartedAt.UTC()
		if a.Zone == "" && (in.Type == neutron.AgentDHCP || in.Type == neutron.AgentL3) {
			a.Zone = "nova"
		}
		answer = neutron.AgentReported{AgentID: a.ID, Resync: appeared, Disabled: !a.AdminUp}
		if len(found) == 0 {
			err = w.InsertAgent(ctx, a)
		} else {
			err = w.UpdateAgent(ctx, a)
		}
		if err != nil {
			return fmt.Errorf("report of %s on %q: %w", in.Type, in.Host, err)
		}
		if topics[in.Type] == neutron.TopicL2 && (appeared || was.TunnelIP() != a.TunnelIP()) {
			w.tell(neutron.PeersChanged{}, neutron.TopicL2)
		}
		if appeared {
			return w.agentAppears(ctx, a)
		}
		return nil
	})
	if err == nil {
		p.seen.Store(key, true)
	}
	return answer, err
}

// agentAppears gives an agent what waits for one of its type.
func (w *work) agentAppears(ctx context.Context, a neutron.Agent) error {
	switch topics[a.Type] {
	case neutron.TopicL2:
		return w.bindAgain(ctx, a.Host)
	case neutron.TopicDHCP:
		return w.scheduleNetworks(ctx, nil)
	case neutron.TopicL3:
		return w.scheduleRouters(ctx, nil)
	}
	return nil
}

// bindAgain binds the ports of a host that nobody could wire.
func (w *work) bindAgain(ctx context.Context, host string) error {
	ports, err := w.Ports(ctx, neutron.By("binding:host_id", host).Where("binding:vif_type", neutron.VIFFailed))
	if err != nil {
		return err
	}
	for _, port := range ports {
		n, err := w.BareNetwork(ctx, neutron.Everything(), port.NetworkID)
		if err != nil {
			return err
		}
		if err := w.bind(ctx, &port, n); err != nil {
			return err
		}
		if port.Binding.VIFType == neutron.VIFFailed {
			continue
		}
		if err := w.rewritePort(ctx, port); err != nil {
			return err
		}
	}
	return nil
}
