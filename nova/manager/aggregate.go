package manager

import (
	"context"

	"cumulet/nova"
)

// AvailabilityZones lists the zones; with detail their hosts' services, and the internal zone.
func (m *Manager) AvailabilityZones(ctx context.Context, detail bool) ([]nova.AvailabilityZone, error) {
	return nil, errUnderWay
}

// CreateAggregate makes a set of hosts, as a zone where zone is not "".
func (m *Manager) CreateAggregate(ctx context.Context, name, zone string) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// Aggregates lists them.
func (m *Manager) Aggregates(ctx context.Context) ([]nova.Aggregate, error) { return nil, errUnderWay }

// Aggregate shows one.
func (m *Manager) Aggregate(ctx context.Context, id int64) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// UpdateAggregate changes its name and zone, where not nil.
func (m *Manager) UpdateAggregate(ctx context.Context, id int64, name, zone *string) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// SetAggregateMetadata writes properties; nil removes one.
func (m *Manager) SetAggregateMetadata(ctx context.Context, id int64, items map[string]*string) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// AddAggregateHost puts a host in.
func (m *Manager) AddAggregateHost(ctx context.Context, id int64, host string) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// RemoveAggregateHost takes it out.
func (m *Manager) RemoveAggregateHost(ctx context.Context, id int64, host string) (nova.Aggregate, error) {
	return nova.Aggregate{}, errUnderWay
}

// DeleteAggregate removes an empty one.
func (m *Manager) DeleteAggregate(ctx context.Context, id int64) error { return errUnderWay }
