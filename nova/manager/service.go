package manager

import (
	"context"
	"strconv"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// Services lists nova's services, each with the zone its host is in.
func (m *Manager) Services(ctx context.Context, f nova.ServiceFilter) ([]nova.Service, error) {
	services, err := m.DB.Services(ctx, f)
	if err != nil {
		return nil, err
	}
	aggregates, err := m.DB.Aggregates(ctx)
	if err != nil {
		return nil, err
	}
	for i, s := range services {
		services[i].Zone = nova.InternalZone
		if s.Binary == nova.ComputeBinary {
			services[i].Zone = nova.ZoneOf(s.Host, aggregates, m.Config.DefaultZone)
		}
	}
	return services, nil
}

// ServiceUpdate is what may be changed of a service; nil leaves a thing as it is.
type ServiceUpdate struct {
	Disabled, ForcedDown *bool
	// DisabledReason goes with Disabled.
	DisabledReason *string
}

// UpdateService changes the service with this UUID (microversion 2.53).
func (m *Manager) UpdateService(ctx context.Context, id string, u ServiceUpdate) (nova.Service, error) {
	none := fault.New(fault.NotFound, "ServiceNotFound", "Service %s could not be found.", id)
	var s nova.Service
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		var err error
		if s, err = tx.Service(ctx, id); err != nil {
			return missing(err, none)
		}
		if u.Disabled != nil {
			s.Disabled, s.DisabledReason = *u.Disabled, u.DisabledReason
			if !s.Disabled {
				s.DisabledReason = nil
			}
		}
		if u.ForcedDown != nil {
			s.ForcedDown = *u.ForcedDown
		}
		now := m.now()
		s.UpdatedAt = &now
		if err := tx.UpdateService(ctx, s); err != nil {
			return err
		}
		return tx.Record(ctx, "service.update", s)
	})
	if err != nil {
		return nova.Service{}, doing(err, "change service %q", id)
	}
	m.hostChanged(ctx, s.Host)
	services, err := m.Services(ctx, nova.ServiceFilter{Host: s.Host, Binary: s.Binary})
	if err != nil || len(services) == 0 {
		return s, err
	}
	return services[0], nil
}

// hostChanged has a conductor tell all schedulers how a host now stands.
func (m *Manager) hostChanged(ctx context.Context, hosts ...string) {
	for _, host := range hosts {
		err := messaging.Cast(ctx, m.Bus, messaging.Topic(nova.ConductorTopic), nova.AnnounceHost{Host: host})
		if err != nil {
			m.Log.WarnContext(ctx, "cannot announce a host's change", "host", host, "error", err)
		}
	}
}

// UpdateServiceOn changes the service of this host and binary (before 2.53).
func (m *Manager) UpdateServiceOn(ctx context.Context, host, binary string, u ServiceUpdate) (nova.Service, error) {
	services, err := m.DB.Services(ctx, nova.ServiceFilter{Host: host, Binary: binary})
	if err != nil {
		return nova.Service{}, err
	}
	if len(services) == 0 {
		return nova.Service{}, fault.New(fault.NotFound, "HostBinaryNotFound", "Could not find binary %s on host %s.", binary, host)
	}
	return m.UpdateService(ctx, services[0].ID, u)
}

// DeleteService forgets a service by UUID or, before 2.53, by number. A compute with servers is a fault of kind Conflict.
func (m *Manager) DeleteService(ctx context.Context, id string) error {
	none := fault.New(fault.NotFound, "ServiceNotFound", "Service %s could not be found.", id)
	if number, err := strconv.ParseInt(id, 10, 64); err == nil {
		services, err := m.DB.Services(ctx, nova.ServiceFilter{})
		if err != nil {
			return err
		}
		for _, s := range services {
			if s.Number == number {
				id = s.ID
			}
		}
	}
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		s, err := tx.Service(ctx, id)
		if err != nil {
			return missing(err, none)
		}
		if s.Binary == nova.ComputeBinary {
			loads, err := tx.Loads(ctx, s.Host)
			if err != nil {
				return err
			}
			if loads[s.Host].Servers > 0 { // as nova/api/openstack/compute/services.py, delete
				return fault.New(fault.Conflict, "ServiceInUse",
					"Unable to delete compute service that is hosting instances. Migrate or delete the instances first.")
			}
			if err := tx.DeleteComputeNodes(ctx, s.Host); err != nil {
				return err
			}
		}
		if _, err := tx.DeleteService(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "service.delete", s)
	})
	return doing(err, "delete service %q", id)
}
