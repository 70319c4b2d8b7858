package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type policyAssociationRow struct {
	bun.BaseModel `bun:"table:policy_association,alias:t"`
	keystone.PolicyAssociation
}

// sameSubject is what an association is for.
const sameSubject = "endpoint_id = ? AND service_id = ? AND region_id = ?"

// PolicyAssociations lists what a policy is for.
func (r rows) PolicyAssociations(ctx context.Context, policyID string) ([]keystone.PolicyAssociation, error) {
	var found []policyAssociationRow
	err := r.IDB.NewSelect().Model(&found).Where("policy_id = ?", policyID).Scan(ctx)
	return policyAssociationsOf(found), err
}

// PolicyAssociationsAbout lists the associations of an endpoint and of its service, in whatever region.
func (r rows) PolicyAssociationsAbout(ctx context.Context, e keystone.Endpoint) ([]keystone.PolicyAssociation, error) {
	var found []policyAssociationRow
	err := r.IDB.NewSelect().Model(&found).Where("endpoint_id = ? OR service_id = ?", e.ID, e.ServiceID).Scan(ctx)
	return policyAssociationsOf(found), err
}

func policyAssociationsOf(found []policyAssociationRow) []keystone.PolicyAssociation {
	associations := make([]keystone.PolicyAssociation, len(found))
	for i, a := range found {
		associations[i] = a.PolicyAssociation
	}
	return associations
}

// HasPolicyAssociation tells whether the very association is there.
func (r rows) HasPolicyAssociation(ctx context.Context, a keystone.PolicyAssociation) (bool, error) {
	return r.IDB.NewSelect().Model((*policyAssociationRow)(nil)).
		Where("policy_id = ? AND "+sameSubject, a.PolicyID, a.EndpointID, a.ServiceID, a.RegionID).Exists(ctx)
}

// PutPolicyAssociation writes an association in the place of the one that was.
func (t *Tx) PutPolicyAssociation(ctx context.Context, a keystone.PolicyAssociation) error {
	if _, err := t.remove(ctx, (*policyAssociationRow)(nil), sameSubject, a.EndpointID, a.ServiceID, a.RegionID); err != nil {
		return err
	}
	return t.insert(ctx, &policyAssociationRow{PolicyAssociation: a}, keystone.Conflict("policy_association", "Duplicate entry"))
}

// DeletePolicyAssociation deletes an association and tells whether it was there.
func (t *Tx) DeletePolicyAssociation(ctx context.Context, a keystone.PolicyAssociation) (bool, error) {
	n, err := t.remove(ctx, (*policyAssociationRow)(nil), "policy_id = ? AND "+sameSubject, a.PolicyID, a.EndpointID, a.ServiceID, a.RegionID)
	return n > 0, err
}
