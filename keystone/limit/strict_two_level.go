package limit

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// fit refuses limits that break the enforcement model. Flat has nothing to break; by strict_two_level no project has more than its
// domain, which without a limit of its own has what is registered. As keystone/limit/models/strict_two_level.py: numbers are compared
// as they stand, -1 too. Unlike there a 0 counts, and a project further below is held against its domain as well.
func (m *Manager) fit(ctx context.Context, tx *db.Tx, limits []keystone.Limit) error {
	if m.Config.EnforcementModel != keystone.StrictTwoLevel {
		return nil
	}
	t, err := around(ctx, tx, limits)
	if err != nil {
		return err
	}
	for _, l := range limits {
		if !t.fits(l) {
			return keystone.LimitMisfit(l)
		}
	}
	return nil
}

// share is a domain's part of what is registered.
type share struct{ domainID, registeredLimitID string }

// tree is what limits are held against.
type tree struct {
	home       map[string]string // a project's domain
	above      map[share]int     // what domains have, where it is their own
	below      map[share]int     // the most that one of their projects has
	registered map[string]int    // what domains have without one
}

// around reads the tree about limits that are to be. Those of domains among them count already: a request may bring both levels.
func around(ctx context.Context, tx *db.Tx, limits []keystone.Limit) (tree, error) {
	t := tree{home: map[string]string{}, registered: map[string]int{}}
	projects, err := tx.ProjectsByID(ctx, distinct(limits, func(l keystone.Limit) string { return l.ProjectID }))
	if err != nil {
		return t, err
	}
	for _, p := range projects {
		t.home[p.ID] = p.DomainID
	}
	domains := distinct(limits, func(l keystone.Limit) string { return t.home[l.ProjectID] + l.DomainID }) // one is empty
	ids := distinct(limits, func(l keystone.Limit) string { return l.RegisteredLimitID })
	registered, err := tx.RegisteredLimitsByID(ctx, ids)
	if err != nil {
		return t, err
	}
	for _, r := range registered {
		t.registered[r.ID] = r.DefaultLimit
	}
	above, err := tx.LimitsOfDomains(ctx, domains, ids)
	if err != nil {
		return t, err
	}
	t.above = shares(append(above, limits...))
	below, err := tx.HighestLimits(ctx, domains, ids)
	t.below = shares(below)
	return t, err
}

// shares are the limits of domains; a later one goes before an earlier.
func shares(limits []keystone.Limit) map[share]int {
	all := map[share]int{}
	for _, l := range limits {
		if l.DomainID != "" {
			all[share{l.DomainID, l.RegisteredLimitID}] = l.ResourceLimit
		}
	}
	return all
}

// fits tells whether a limit is not above what stands over it, nor below what stands under it.
func (t tree) fits(l keystone.Limit) bool {
	if l.DomainID != "" {
		most, has := t.below[share{l.DomainID, l.RegisteredLimitID}]
		return !has || most <= l.ResourceLimit
	}
	most, own := t.above[share{t.home[l.ProjectID], l.RegisteredLimitID}]
	if !own {
		most = t.registered[l.RegisteredLimitID]
	}
	return l.ResourceLimit <= most
}
