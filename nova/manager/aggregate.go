package manager

import (
	"context"
	"slices"
	"strconv"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/fault"
)

func noAggregate(id int64) *fault.Fault {
	return fault.New(fault.NotFound, "AggregateNotFound", "Aggregate %d could not be found.", id)
}

// AvailabilityZones lists the zones; with detail their hosts' services, and the internal zone.
func (m *Manager) AvailabilityZones(ctx context.Context, detail bool) ([]nova.AvailabilityZone, error) {
	services, err := m.Services(ctx, nova.ServiceFilter{})
	if err != nil {
		return nil, err
	}
	zones, at := []nova.AvailabilityZone{}, map[string]int{}
	for _, s := range services {
		if s.Zone == nova.InternalZone && !detail {
			continue
		}
		if _, ok := at[s.Zone]; !ok {
			at[s.Zone] = len(zones)
			zones = append(zones, nova.AvailabilityZone{Name: s.Zone, Services: map[string]map[string]nova.Service{}})
		}
		z := &zones[at[s.Zone]]
		z.Available = z.Available || !s.Disabled
		if z.Services[s.Host] == nil {
			z.Services[s.Host] = map[string]nova.Service{}
		}
		z.Services[s.Host][s.Binary] = s
	}
	slices.SortFunc(zones, func(a, b nova.AvailabilityZone) int {
		if a.Available != b.Available { // those that may be used come first
			if a.Available {
				return -1
			}
			return 1
		}
		return slices.Compare([]byte(a.Name), []byte(b.Name))
	})
	return zones, nil
}

// CreateAggregate makes a set of hosts, as a zone where zone is not "".
func (m *Manager) CreateAggregate(ctx context.Context, name, zone string) (nova.Aggregate, error) {
	a := nova.Aggregate{UUID: m.NewID(), Name: name, Metadata: map[string]string{}, Hosts: []string{}, CreatedAt: m.now()}
	if zone != "" {
		a.Metadata["availability_zone"] = zone
	}
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		if err := tx.InsertAggregate(ctx, &a); err != nil {
			return takenName(err, name)
		}
		return tx.Record(ctx, "aggregate.create.end", a)
	})
	return a, doing(err, "create aggregate %q", name)
}

func takenName(err error, name string) error {
	if db.Duplicate(err) {
		return fault.New(fault.Conflict, "AggregateNameExists", "Aggregate %s already exists.", name)
	}
	return err
}

// Aggregates lists them.
func (m *Manager) Aggregates(ctx context.Context) ([]nova.Aggregate, error) {
	return m.DB.Aggregates(ctx)
}

// Aggregate shows one.
func (m *Manager) Aggregate(ctx context.Context, id int64) (nova.Aggregate, error) {
	a, err := m.DB.Aggregate(ctx, id)
	return a, missing(err, noAggregate(id))
}

// alterAggregate changes one, and has the schedulers told of its hosts.
func (m *Manager) alterAggregate(
	ctx context.Context, id int64, event string, change func(*novadb.Tx, *nova.Aggregate) error,
) (nova.Aggregate, error) {
	var a nova.Aggregate
	var hosts []string
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		var err error
		if a, err = tx.Aggregate(ctx, id); err != nil {
			return missing(err, noAggregate(id))
		}
		hosts = slices.Clone(a.Hosts)
		if err := change(tx, &a); err != nil {
			return err
		}
		hosts = slices.Compact(slices.Sorted(slices.Values(append(hosts, a.Hosts...))))
		now := m.now()
		a.UpdatedAt = &now
		if err := tx.UpdateAggregate(ctx, a); err != nil {
			return takenName(err, a.Name)
		}
		return tx.Record(ctx, event, a)
	})
	if err != nil {
		return nova.Aggregate{}, doing(err, "change aggregate %d", id)
	}
	m.hostChanged(ctx, hosts...)
	return a, nil
}

// UpdateAggregate changes its name and zone, where not nil.
func (m *Manager) UpdateAggregate(ctx context.Context, id int64, name, zone *string) (nova.Aggregate, error) {
	return m.alterAggregate(ctx, id, "aggregate.updateprop.end", func(_ *novadb.Tx, a *nova.Aggregate) error {
		if name != nil {
			a.Name = *name
		}
		if zone != nil {
			a.Metadata["availability_zone"] = *zone
		}
		return nil
	})
}

// SetAggregateMetadata writes properties; nil removes one.
func (m *Manager) SetAggregateMetadata(ctx context.Context, id int64, items map[string]*string) (nova.Aggregate, error) {
	return m.alterAggregate(ctx, id, "aggregate.updatemetadata.end", func(_ *novadb.Tx, a *nova.Aggregate) error {
		for key, value := range items {
			if value == nil {
				delete(a.Metadata, key)
			} else {
				a.Metadata[key] = *value
			}
		}
		return nil
	})
}

// AddAggregateHost puts a host in.
func (m *Manager) AddAggregateHost(ctx context.Context, id int64, host string) (nova.Aggregate, error) {
	return m.alterAggregate(ctx, id, "aggregate.addhost.end", func(tx *novadb.Tx, a *nova.Aggregate) error {
		services, err := tx.Services(ctx, nova.ServiceFilter{Host: host, Binary: nova.ComputeBinary})
		if err != nil {
			return err
		}
		if len(services) == 0 {
			return fault.New(fault.NotFound, "ComputeHostNotFound", "Compute host %s could not be found.", host)
		}
		if slices.Contains(a.Hosts, host) {
			return fault.New(fault.Conflict, "AggregateHostExists", "Aggregate %d already has host %s.", id, host)
		}
		if err := oneZone(ctx, tx, *a, host); err != nil {
			return err
		}
		a.Hosts = append(a.Hosts, host)
		return nil
	})
}

// oneZone refuses a host that would be in two zones; as nova/compute/api.py, is_safe_to_update_az.
func oneZone(ctx context.Context, tx *novadb.Tx, a nova.Aggregate, host string) error {
	if a.Zone() == "" {
		return nil
	}
	others, err := tx.Aggregates(ctx)
	if err != nil {
		return err
	}
	if zone := nova.ZoneOf(host, others, a.Zone()); zone != a.Zone() {
		return fault.New(fault.Conflict, "InvalidAggregateAction",
			"Cannot add host to aggregate %s. Reason: One or more hosts already in availability zone(s) ['%s'].",
			strconv.FormatInt(a.ID, 10), zone)
	}
	return nil
}

// RemoveAggregateHost takes it out.
func (m *Manager) RemoveAggregateHost(ctx context.Context, id int64, host string) (nova.Aggregate, error) {
	return m.alterAggregate(ctx, id, "aggregate.removehost.end", func(_ *novadb.Tx, a *nova.Aggregate) error {
		at := slices.Index(a.Hosts, host)
		if at < 0 {
			return fault.New(fault.NotFound, "AggregateHostNotFound", "Aggregate %d has no host %s.", id, host)
		}
		a.Hosts = slices.Delete(a.Hosts, at, at+1)
		return nil
	})
}

// DeleteAggregate removes an empty one.
func (m *Manager) DeleteAggregate(ctx context.Context, id int64) error {
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		a, err := tx.Aggregate(ctx, id)
		if err != nil {
			return missing(err, noAggregate(id))
		}
		if len(a.Hosts) > 0 {
			return invalid("InvalidAggregateAction", "Cannot delete aggregate %d. Reason: Host aggregate is not empty.", id)
		}
		if err := tx.DeleteAggregate(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "aggregate.delete.end", a)
	})
	return doing(err, "delete aggregate %d", id)
}
