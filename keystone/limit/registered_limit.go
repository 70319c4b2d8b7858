package limit

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateRegisteredLimits makes registered limits, all or none.
func (m *Manager) CreateRegisteredLimits(ctx context.Context, limits []keystone.RegisteredLimit) ([]keystone.RegisteredLimit, error) {
	resources := make([]keystone.LimitedResource, len(limits))
	for i := range limits {
		limits[i].ID, resources[i] = keystone.NewID(), limits[i].LimitedResource
	}
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if err := present(ctx, tx, "registered_limit", resources); err != nil {
			return err
		}
		if err := tx.InsertRegisteredLimits(ctx, limits); err != nil {
			return err
		}
		for _, l := range limits {
			if err := tx.Record(ctx, "identity.registered_limit.created", l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("create %d registered limits: %w", len(limits), err)
	}
	return limits, nil
}

// UpdateRegisteredLimit changes a registered limit that no limit refers to, so that whatever the enforcement model, no limit can
// come to be above it.
func (m *Manager) UpdateRegisteredLimit(
	ctx context.Context, id string, change keystone.RegisteredLimitChange,
) (l keystone.RegisteredLimit, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		var given keystone.RegisteredLimit
		change.Apply(&given)
		if err := present(ctx, tx, "registered_limit", []keystone.LimitedResource{given.LimitedResource}); err != nil {
			return err
		}
		if l, err = unused(ctx, tx, id); err != nil {
			return err
		}
		change.Apply(&l)
		if change.Moves() {
			if err := vacant(ctx, tx, l.LimitedResource); err != nil {
				return err
			}
		}
		if err := tx.UpdateRegisteredLimit(ctx, l); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.registered_limit.updated", l)
	})
	return l, keystone.Named("update registered limit", id, err)
}

// DeleteRegisteredLimit deletes a registered limit that no limit refers to.
func (m *Manager) DeleteRegisteredLimit(ctx context.Context, id string) error {
	return keystone.Named("delete registered limit", id, m.Tx(ctx, func(tx *db.Tx) error {
		l, err := unused(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteRegisteredLimit(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.registered_limit.deleted", l)
	}))
}

// unused is the registered limit of an id, or a fault where limits refer to it.
func unused(ctx context.Context, tx *db.Tx, id string) (keystone.RegisteredLimit, error) {
	l, err := tx.RegisteredLimit(ctx, id)
	if err != nil {
		return l, err
	}
	users, err := tx.Limits(ctx, keystone.Query{Limit: 1}.And("registered_limit_id", id))
	if err == nil && len(users) > 0 {
		err = keystone.RegisteredLimitInUse(id)
	}
	return l, err
}

// vacant refuses what is registered already, be it by the one that changes: who names what is so is refused, too. As
// keystone/limit/backends/sql.py, update_registered_limit.
func vacant(ctx context.Context, tx *db.Tx, r keystone.LimitedResource) error {
	there, err := tx.RegisteredLimitsOf(ctx, []string{r.ServiceID}, []string{r.ResourceName})
	for _, l := range there {
		if l.LimitedResource == r {
			return keystone.Conflict("registered_limit", "Duplicate entry")
		}
	}
	return err
}
