package limit

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateLimits makes limits of what is registered, all or none. What is given for a project that acts as a domain is the domain's.
func (m *Manager) CreateLimits(ctx context.Context, limits []keystone.Limit) ([]keystone.Limit, error) {
	resources := make([]keystone.LimitedResource, len(limits))
	for i := range limits {
		limits[i].ID, resources[i] = keystone.NewID(), limits[i].LimitedResource
	}
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if err := present(ctx, tx, "limit", resources); err != nil {
			return err
		}
		if err := own(ctx, tx, limits); err != nil {
			return err
		}
		if err := refer(ctx, tx, limits); err != nil {
			return err
		}
		if err := m.fit(ctx, tx, limits); err != nil {
			return err
		}
		if err := tx.InsertLimits(ctx, limits); err != nil {
			return err
		}
		for _, l := range limits {
			if err := tx.Record(ctx, "identity.limit.created", l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("create %d limits: %w", len(limits), err)
	}
	return limits, nil
}

// own finds the projects and domains that limits are given for.
func own(ctx context.Context, tx *db.Tx, limits []keystone.Limit) error {
	found, err := tx.ProjectsByID(ctx, distinct(limits, func(l keystone.Limit) string { return l.ProjectID + l.DomainID })) // one is empty
	if err != nil {
		return err
	}
	isDomain := map[string]bool{}
	for _, p := range found {
		isDomain[p.ID] = p.IsDomain
	}
	for i := range limits {
		l := &limits[i]
		if l.ProjectID == "" {
			if !isDomain[l.DomainID] {
				return keystone.Missing("domain_id", "limit")
			}
			continue
		}
		acts, there := isDomain[l.ProjectID]
		if !there {
			return keystone.Missing("project_id", "limit")
		}
		if acts {
			l.ProjectID, l.DomainID = "", l.ProjectID
		}
	}
	return nil
}

// refer finds the registered limits of what limits are of.
func refer(ctx context.Context, tx *db.Tx, limits []keystone.Limit) error {
	services := distinct(limits, func(l keystone.Limit) string { return l.ServiceID })
	found, err := tx.RegisteredLimitsOf(ctx, services, distinct(limits, func(l keystone.Limit) string { return l.ResourceName }))
	if err != nil {
		return err
	}
	registered := map[keystone.LimitedResource]string{}
	for _, r := range found {
		registered[r.LimitedResource] = r.ID
	}
	for i := range limits {
		l := &limits[i]
		if l.RegisteredLimitID = registered[l.LimitedResource]; l.RegisteredLimitID == "" {
			return keystone.NoLimitReference()
		}
	}
	return nil
}

// UpdateLimit changes a limit.
func (m *Manager) UpdateLimit(ctx context.Context, id string, change keystone.LimitChange) (l keystone.Limit, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if l, err = tx.Limit(ctx, id); err != nil {
			return err
		}
		change.Apply(&l)
		if err := m.fit(ctx, tx, []keystone.Limit{l}); err != nil {
			return err
		}
		if err := tx.UpdateLimit(ctx, l); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.limit.updated", l)
	})
	return l, keystone.Named("update limit", id, err)
}

// DeleteLimit deletes a limit. That of a domain may go though its projects have more than is registered, as upstream.
func (m *Manager) DeleteLimit(ctx context.Context, id string) error {
	return keystone.Named("delete limit", id, m.Tx(ctx, func(tx *db.Tx) error {
		l, err := tx.Limit(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteLimit(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.limit.deleted", l)
	}))
}
