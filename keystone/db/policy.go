package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type policyRow struct {
	bun.BaseModel `bun:"table:policy,alias:t"`
	keystone.Policy
}

// Policy is the policy of an id.
func (r rows) Policy(ctx context.Context, id string) (keystone.Policy, error) {
	var p policyRow
	err := r.find(ctx, &p, "policy", id, "id = ?", id)
	return p.Policy, err
}

// Policies lists policies by type.
func (r rows) Policies(ctx context.Context, q keystone.Query) ([]keystone.Policy, error) {
	var found []policyRow
	err := r.list(ctx, &found, q, "id", "type")
	policies := make([]keystone.Policy, len(found))
	for i, p := range found {
		policies[i] = p.Policy
	}
	return policies, err
}

// InsertPolicy writes a new policy.
func (t *Tx) InsertPolicy(ctx context.Context, p keystone.Policy) error {
	return t.insert(ctx, &policyRow{Policy: p}, keystone.Conflict("policy", "Duplicate entry found with ID "+p.ID))
}

// UpdatePolicy writes a policy.
func (t *Tx) UpdatePolicy(ctx context.Context, p keystone.Policy) error {
	return t.update(ctx, p.ID, &policyRow{Policy: p}, nil)
}

// DeletePolicy deletes a policy and its associations.
func (t *Tx) DeletePolicy(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*policyAssociationRow)(nil), "policy_id = ?", id); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*policyRow)(nil), "id = ?", id)
	return err
}
