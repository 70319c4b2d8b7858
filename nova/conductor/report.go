package conductor

import (
	"context"
	"fmt"
	"sync"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/messaging"
)

// heartbeats gathers who was heard of, to write many of them in one transaction.
type heartbeats struct {
	mu      sync.Mutex
	pending map[[2]string]nova.ReportService
	wake    chan struct{}
	once    sync.Once
}

func (h *heartbeats) bell() chan struct{} {
	h.once.Do(func() { h.wake = make(chan struct{}, 1) })
	return h.wake
}

func (h *heartbeats) add(m nova.ReportService) {
	h.mu.Lock()
	if h.pending == nil {
		h.pending = map[[2]string]nova.ReportService{}
	}
	h.pending[[2]string{m.Host, m.Binary}] = m
	h.mu.Unlock()
	select {
	case h.bell() <- struct{}{}:
	default:
	}
}

func (h *heartbeats) take() map[[2]string]nova.ReportService {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := h.pending
	h.pending = nil
	return taken
}

// run writes what was gathered, as often as the writing before it ended.
func (h *heartbeats) run(ctx context.Context, c *Conductor) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.bell():
		}
		if err := c.touch(ctx, h.take()); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "cannot write heartbeats", "error", err)
		}
	}
}

func (c *Conductor) touch(ctx context.Context, heard map[[2]string]nova.ReportService) error {
	var strangers []string
	err := c.DB.Tx(ctx, func(tx *novadb.Tx) error {
		strangers = nil
		now := c.now()
		for _, m := range heard {
			known, err := tx.TouchService(ctx, m.Host, m.Binary, now)
			if err != nil {
				return err
			}
			if known {
				continue
			}
			strangers = append(strangers, m.Host)
			s := nova.Service{
				ID: c.NewID(), Host: m.Host, Binary: m.Binary, Topic: m.Topic, LastSeen: &now, ReportCount: 1, CreatedAt: now,
			}
			if err := tx.InsertService(ctx, &s); err != nil {
				return err
			}
			if err := tx.Record(ctx, "service.create", s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write heartbeats: %w", err)
	}
	for _, host := range strangers {
		if err := c.announce(ctx, host); err != nil {
			return err
		}
	}
	return nil
}

// ReportService notes that a service is alive.
func (c *Conductor) ReportService(_ context.Context, m nova.ReportService) error {
	c.touched.add(m)
	return nil
}

// ReportNode records a hypervisor and answers how it is recorded; a node keeps its id, which is its provider's in placement.
func (c *Conductor) ReportNode(ctx context.Context, m nova.ReportNode) (nova.ComputeNode, error) {
	n := m.Node
	changed := false
	err := c.DB.Tx(ctx, func(tx *novadb.Tx) error {
		known, err := tx.ComputeNodes(ctx, n.Host)
		if err != nil {
			return err
		}
		n.UpdatedAt = c.now()
		for _, k := range known {
			if k.Name == n.Name {
				n.ID, n.Number, n.CreatedAt = k.ID, k.Number, k.CreatedAt
				changed = !alike(k, n)
				return tx.UpdateComputeNode(ctx, n)
			}
		}
		changed = true
		n.ID, n.CreatedAt = c.NewID(), n.UpdatedAt
		return tx.InsertComputeNode(ctx, &n)
	})
	if err != nil {
		return n, fmt.Errorf("record node %s: %w", n.Name, err)
	}
	if changed {
		err = c.announce(ctx, n.Host)
	}
	return n, err
}

// alike tells whether two reports of a node say the same, but for what always changes.
func alike(a, b nova.ComputeNode) bool {
	return a.VCPUs == b.VCPUs && a.MemoryMiB == b.MemoryMiB && a.DiskGiB == b.DiskGiB && a.Type == b.Type && a.Version == b.Version
}

// AnnounceHost tells all schedulers how a host stands.
func (c *Conductor) AnnounceHost(ctx context.Context, m nova.AnnounceHost) error {
	return c.announce(ctx, m.Host)
}

func (c *Conductor) announce(ctx context.Context, host string) error {
	states, err := c.hostStates(ctx, host)
	if err != nil {
		return err
	}
	for _, state := range states {
		if err := messaging.Fanout(ctx, c.Bus, nova.SchedulerTopic, nova.HostChanged{State: state}); err != nil {
			return err
		}
	}
	return nil
}

// ListHostStates gives all hosts as schedulers see them.
func (c *Conductor) ListHostStates(ctx context.Context, m nova.ListHostStates) (nova.HostStates, error) {
	states, err := c.hostStates(ctx, m.Host)
	return nova.HostStates{Hosts: states}, err
}

func (c *Conductor) hostStates(ctx context.Context, host string) ([]nova.HostState, error) {
	at := c.now()
	nodes, err := c.DB.ComputeNodes(ctx, host)
	if err != nil {
		return nil, err
	}
	services, err := c.DB.Services(ctx, nova.ServiceFilter{Host: host, Binary: nova.ComputeBinary})
	if err != nil {
		return nil, err
	}
	aggregates, err := c.DB.Aggregates(ctx)
	if err != nil {
		return nil, err
	}
	loads, err := c.DB.Loads(ctx, host)
	if err != nil {
		return nil, err
	}
	byHost := make(map[string]nova.Service, len(services))
	for _, s := range services {
		byHost[s.Host] = s
	}
	in := map[string][]nova.Aggregate{}
	for _, a := range aggregates {
		for _, h := range a.Hosts {
			in[h] = append(in[h], nova.Aggregate{ID: a.ID, UUID: a.UUID, Name: a.Name, Metadata: a.Metadata})
		}
	}
	states := make([]nova.HostState, 0, len(nodes))
	for _, n := range nodes {
		zone := c.Config.DefaultZone
		for _, a := range in[n.Host] {
			if a.Zone() != "" {
				zone = a.Zone()
				break
			}
		}
		states = append(states, nova.HostState{
			At: at, Host: n.Host, Node: n, Service: byHost[n.Host], Zone: zone, Aggregates: in[n.Host],
			Servers: loads[n.Host].Servers, Busy: loads[n.Host].Busy,
		})
	}
	return states, nil
}

// ListHostServers gives the servers recorded on a host, and those deleted of late: their guests must go.
func (c *Conductor) ListHostServers(ctx context.Context, m nova.ListHostServers) (nova.HostServers, error) {
	servers, err := c.DB.Servers(ctx, nova.ServerFilter{Host: m.Host}, nova.Page{})
	return nova.HostServers{Servers: servers}, err
}

// ListEndedClaims gives those of the servers that need no claim any more. What is no server may be another service's.
func (c *Conductor) ListEndedClaims(ctx context.Context, m nova.ListEndedClaims) (nova.EndedClaims, error) {
	ended := nova.EndedClaims{ServerIDs: []string{}}
	for _, id := range m.ServerIDs {
		s, err := c.DB.Server(ctx, id)
		if gone(err) {
			continue
		}
		if err != nil {
			return ended, err
		}
		if s.Deleted || s.Host == "" && s.TaskState == nova.NoTask && s.VMState == nova.ErrorState {
			ended.ServerIDs = append(ended.ServerIDs, id)
		}
	}
	return ended, nil
}

// GuestPower records that a guest's run changed by itself; as nova/compute/manager.py, _sync_instance_power_state. A server
// with a task under way is left to it.
func (c *Conductor) GuestPower(ctx context.Context, m nova.GuestPower) error {
	_, err := c.alter(ctx, m.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		if s.Host != m.Host || s.TaskState != nova.NoTask || s.PowerState == m.PowerState {
			return nil
		}
		s.PowerState = m.PowerState
		switch {
		case s.VMState == nova.Active && (m.PowerState == nova.PowerShutdown || m.PowerState == nova.PowerCrashed):
			s.VMState = nova.Stopped
		case s.VMState == nova.Stopped && m.PowerState == nova.PowerRunning:
			s.VMState = nova.Active
		case s.VMState == nova.Paused && m.PowerState == nova.PowerRunning:
			s.VMState = nova.Active
		}
		return record(ctx, tx, "server.power.update", *s)
	})
	if gone(err) {
		return nil
	}
	return err
}
