package manager

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"cumulet/oslo/fault"
	"cumulet/placement"
	rows "cumulet/placement/db"
)

// ConsumerAllocations lists what a consumer has, with the providers' and its own state; found is false for one that has nothing.
func (m *Manager) ConsumerAllocations(ctx context.Context, id string) (
	c placement.Consumer, list []placement.Allocation, providers map[string]placement.ResourceProvider, err error,
) {
	if c, _, err = m.DB.Consumer(ctx, id); err != nil {
		return c, nil, nil, err
	}
	if list, err = m.DB.AllocationsByConsumer(ctx, id); err != nil {
		return c, nil, nil, err
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.ProviderID)
	}
	providers, err = m.DB.ProvidersByID(ctx, ids)
	return c, list, providers, err
}

// ProviderAllocations lists what is claimed of a provider, and its consumers.
func (m *Manager) ProviderAllocations(ctx context.Context, id string) (
	p placement.ResourceProvider, list []placement.Allocation, consumers map[string]placement.Consumer, err error,
) {
	if p, err = m.DB.ResourceProvider(ctx, id); err != nil {
		return p, nil, nil, reword(err, fault.NotFound, named(err), "Resource provider '%s' not found: %s", id)
	}
	if list, err = m.DB.AllocationsByProvider(ctx, id); err != nil {
		return p, nil, nil, err
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.ConsumerID)
	}
	consumers, err = m.DB.ConsumersByID(ctx, ids)
	return p, list, consumers, err
}

// Claim gives consumers what they ask for, all or nothing, in one transaction.
func (m *Manager) Claim(ctx context.Context, claims []placement.Claim) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error { return m.claim(ctx, tx, claims) })
}

func (m *Manager) claim(ctx context.Context, tx *rows.Tx, claims []placement.Claim) error {
	claims = slices.SortedFunc(slices.Values(claims), func(a, b placement.Claim) int { return cmp.Compare(a.ConsumerID, b.ConsumerID) })
	touched, err := m.touched(ctx, tx, claims)
	if err != nil {
		return err
	}
	consumers := make([]consumerState, len(claims))
	for i, c := range claims {
		if consumers[i], err = m.consumer(ctx, tx, c); err != nil {
			return err
		}
		if err := tx.DeleteAllocations(ctx, c.ConsumerID); err != nil {
			return fmt.Errorf("take allocations from %q: %w", c.ConsumerID, err)
		}
	}
	if err := m.admit(ctx, tx, claims); err != nil {
		return err
	}
	for i, c := range claims {
		if err := m.write(ctx, tx, c, consumers[i]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		p := touched[id]
		if err := m.bump(ctx, tx, &p); err != nil {
			return reword(err, fault.Conflict, named(err),
				"Inventory and/or allocations changed while attempting to allocate: %s")
		}
	}
	return nil
}

// touched are the providers whose generation a claim raises: those it takes from, and those that an empty claim gives back to.
func (m *Manager) touched(ctx context.Context, tx *rows.Tx, claims []placement.Claim) (map[string]placement.ResourceProvider, error) {
	wanted := map[string]bool{}
	var ids []string
	for _, c := range claims {
		for id := range c.Allocations {
			wanted[id] = true
			ids = append(ids, id)
		}
		if len(c.Allocations) > 0 {
			continue
		}
		old, err := tx.AllocationsByConsumer(ctx, c.ConsumerID)
		if err != nil {
			return nil, err
		}
		for _, a := range old {
			ids = append(ids, a.ProviderID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found, err := tx.ProvidersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	touched := map[string]placement.ResourceProvider{}
	for _, id := range ids {
		p, exists := found[id]
		if !exists && wanted[id] {
			return nil, placement.Invalid("Allocation for resource provider '%s' that does not exist.", id)
		}
		touched[id] = p
	}
	return touched, nil
}

type consumerState struct {
	placement.Consumer
	known bool
}

// consumer is a claim's consumer as it shall be, when the claim knows it as it is.
func (m *Manager) consumer(ctx context.Context, tx *rows.Tx, claim placement.Claim) (consumerState, error) {
	c, known, err := tx.Consumer(ctx, claim.ConsumerID)
	if err != nil {
		return consumerState{}, err
	}
	given := "None"
	if claim.Generation != nil {
		given = fmt.Sprint(*claim.Generation)
	}
	if claim.CheckGeneration {
		switch {
		case !known && claim.Generation != nil:
			return consumerState{}, placement.Conflicting(placement.ConcurrentUpdate,
				"consumer generation conflict - expected null but got %s", given)
		case known && (claim.Generation == nil || *claim.Generation != c.Generation):
			return consumerState{}, placement.Conflicting(placement.ConcurrentUpdate,
				"consumer generation conflict - expected %d but got %s", c.Generation, given)
		}
	}
	c.ID, c.UpdatedAt = claim.ConsumerID, m.Now()
	if !known {
		c.CreatedAt = c.UpdatedAt
	}
	c.ProjectID = cmp.Or(claim.ProjectID, placement.UnknownProject)
	c.UserID = cmp.Or(claim.UserID, placement.UnknownUser)
	c.Type = cmp.Or(claim.Type, c.Type)
	c.Generation++
	return consumerState{c, known}, nil
}

// write keeps a consumer and what it has; one that has nothing is forgotten.
func (m *Manager) write(ctx context.Context, tx *rows.Tx, claim placement.Claim, c consumerState) error {
	if len(claim.Allocations) == 0 {
		if !c.known {
			return nil
		}
		if err := tx.DeleteConsumer(ctx, c.ID); err != nil {
			return err
		}
		return tx.Record(ctx, "allocation.delete", c.Consumer)
	}
	if err := tx.PutConsumer(ctx, c.Consumer, c.known); err != nil {
		return fmt.Errorf("write consumer %q: %w", c.ID, err)
	}
	var list []placement.Allocation
	for _, provider := range slices.Sorted(maps.Keys(claim.Allocations)) {
		for class, used := range claim.Allocations[provider] {
			list = append(list, placement.Allocation{
				ProviderID: provider, ConsumerID: c.ID, ResourceClass: class, Used: used, CreatedAt: m.Now(),
			})
		}
	}
	if err := tx.InsertAllocations(ctx, list); err != nil {
		return fmt.Errorf("write allocations of %q: %w", c.ID, err)
	}
	return tx.Record(ctx, "allocation.update", c.Consumer)
}

// admit refuses claims for which there is no room. What the consumers had is given back already.
func (m *Manager) admit(ctx context.Context, tx *rows.Tx, claims []placement.Claim) error {
	var providers, classes []string
	for _, c := range claims {
		for id, resources := range c.Allocations {
			providers = append(providers, id)
			classes = slices.AppendSeq(classes, maps.Keys(resources))
		}
	}
	if len(providers) == 0 {
		return nil
	}
	slices.Sort(classes)
	if err := knownClasses(ctx, tx, slices.Compact(classes)); err != nil {
		if len(claims) == 1 { // as placement/handlers/allocation.py, _set_allocations_for_consumer
			return reword(err, fault.Invalid, named(err), "Unable to allocate inventory for consumer %s: %s", claims[0].ConsumerID)
		}
		return reword(err, fault.Invalid, named(err), "Unable to allocate inventory: %s")
	}
	list, err := tx.InventoriesOf(ctx, providers)
	if err != nil {
		return err
	}
	has := map[[2]string]placement.Inventory{}
	for _, i := range list {
		has[[2]string{i.ProviderID, i.ResourceClass}] = i
	}
	used, err := tx.ProviderUsages(ctx, providers)
	if err != nil {
		return err
	}
	for _, c := range claims {
		for _, id := range slices.Sorted(maps.Keys(c.Allocations)) {
			if used[id] == nil {
				used[id] = map[string]int{}
			}
			for _, class := range slices.Sorted(maps.Keys(c.Allocations[id])) {
				amount := c.Allocations[id][class]
				inv, found := has[[2]string{id, class}]
				if err := room(inv, found, id, class, used[id][class], amount); err != nil {
					return err
				}
				used[id][class] += amount
			}
		}
	}
	return nil
}

// room refuses an amount that an inventory does not give.
func room(inv placement.Inventory, found bool, id, class string, used, amount int) error {
	const unable = "Unable to allocate inventory: Unable to create allocation for '%s' on resource provider '%s'. " +
		"The requested amount would %s."
	switch {
	case !found:
		return placement.Conflicting("InvalidInventory",
			"Unable to allocate inventory: Inventory for '%s' on resource provider '%s' invalid.", class, id)
	case !inv.Takes(amount):
		return placement.Conflicting("InvalidAllocationConstraintsViolated", unable, class, id, "violate inventory constraints")
	case !inv.Holds(used, amount):
		return placement.Conflicting("InvalidAllocationCapacityExceeded", unable, class, id, "exceed the capacity")
	}
	return nil
}

// DeleteAllocations takes all from a consumer and forgets it.
func (m *Manager) DeleteAllocations(ctx context.Context, consumerID string) error {
	return m.DB.Tx(ctx, func(tx *rows.Tx) error {
		c, found, err := tx.Consumer(ctx, consumerID)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "AllocationsNotFound", "No allocations for consumer '%s'", consumerID)
		}
		if err := tx.DeleteAllocations(ctx, consumerID); err != nil {
			return err
		}
		if err := tx.DeleteConsumer(ctx, consumerID); err != nil {
			return err
		}
		return tx.Record(ctx, "allocation.delete", c)
	})
}
