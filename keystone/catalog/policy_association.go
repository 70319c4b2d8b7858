package catalog

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// AssociatePolicy makes a policy the one for an endpoint, a service in a region, or a service, in the place of another.
func (m *Manager) AssociatePolicy(ctx context.Context, a keystone.PolicyAssociation) error {
	return keystone.Named("associate policy", a.PolicyID, m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := associable(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.PutPolicyAssociation(ctx, a); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.policy_association.created", a)
	}))
}

// CheckPolicyAssociation is a fault unless the very association is there.
func (m *Manager) CheckPolicyAssociation(ctx context.Context, a keystone.PolicyAssociation) error {
	if err := associable(ctx, m, a); err != nil {
		return err
	}
	has, err := m.HasPolicyAssociation(ctx, a)
	if err == nil && !has {
		return fault.New(fault.NotFound, "PolicyAssociationNotFound", "Could not find policy association.")
	}
	return err
}

// DissociatePolicy ends an association. One that is not there is no fault, as upstream.
func (m *Manager) DissociatePolicy(ctx context.Context, a keystone.PolicyAssociation) error {
	return keystone.Named("dissociate policy", a.PolicyID, m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := associable(ctx, tx, a); err != nil {
			return err
		}
		was, err := tx.DeletePolicyAssociation(ctx, a)
		if err != nil || !was {
			return err
		}
		return tx.Record(ctx, "identity.policy_association.deleted", a)
	}))
}

// associable asks that the policy and what it is for are there, in the order in which upstream does.
func associable(ctx context.Context, s source, a keystone.PolicyAssociation) error {
	if _, err := s.Policy(ctx, a.PolicyID); err != nil {
		return err
	}
	if a.EndpointID != "" {
		_, err := s.Endpoint(ctx, a.EndpointID)
		return err
	}
	if _, err := s.Service(ctx, a.ServiceID); err != nil || a.RegionID == "" {
		return err
	}
	_, err := s.Region(ctx, a.RegionID)
	return err
}

// PolicyOfEndpoint is the policy that counts for an endpoint.
func (m *Manager) PolicyOfEndpoint(ctx context.Context, id string) (keystone.Policy, error) {
	e, err := m.Endpoint(ctx, id)
	if err != nil {
		return keystone.Policy{}, err
	}
	about, err := m.PolicyAssociationsAbout(ctx, e)
	if err != nil {
		return keystone.Policy{}, err
	}
	above, err := m.above(ctx)
	if err != nil {
		return keystone.Policy{}, err
	}
	policyID := closest(e, bySubject(about), above)
	if policyID == "" {
		return keystone.Policy{}, fault.New(fault.NotFound, "NotFound", "No policy is associated with endpoint %s.", id)
	}
	return m.Policy(ctx, policyID)
}

// EndpointsOfPolicy lists the endpoints that a policy is for: those associated, those of its services, and those of its services
// in its regions and in the regions below. That another policy may be closer to one does not matter here, as upstream.
func (m *Manager) EndpointsOfPolicy(ctx context.Context, id string) ([]keystone.Endpoint, error) {
	if _, err := m.Policy(ctx, id); err != nil {
		return nil, err
	}
	associations, err := m.PolicyAssociations(ctx, id)
	if err != nil {
		return nil, err
	}
	above, err := m.above(ctx)
	if err != nil {
		return nil, err
	}
	all, err := m.Endpoints(ctx, keystone.Query{})
	subjects := bySubject(associations)
	var endpoints []keystone.Endpoint
	for _, e := range all {
		if closest(e, subjects, above) != "" {
			endpoints = append(endpoints, e)
		}
	}
	return endpoints, err
}

// closest is the id of the policy that is the closest to an endpoint: its own, its service's in its region or in the nearest one
// above, its service's. As keystone/endpoint_policy/core.py, get_policy_for_endpoint.
func closest(e keystone.Endpoint, policies map[keystone.PolicyAssociation]string, above map[string]string) string {
	if id := policies[keystone.PolicyAssociation{EndpointID: e.ID}]; id != "" {
		return id
	}
	for region := e.RegionID; region != ""; region = above[region] {
		if id := policies[keystone.PolicyAssociation{ServiceID: e.ServiceID, RegionID: region}]; id != "" {
			return id
		}
	}
	return policies[keystone.PolicyAssociation{ServiceID: e.ServiceID}]
}

// bySubject are associations' policies by what they are for.
func bySubject(associations []keystone.PolicyAssociation) map[keystone.PolicyAssociation]string {
	policies := map[keystone.PolicyAssociation]string{}
	for _, a := range associations {
		id := a.PolicyID
		a.PolicyID = ""
		policies[a] = id
	}
	return policies
}

// above tells each region's parent. A region is never above itself: see rooted.
func (m *Manager) above(ctx context.Context) (map[string]string, error) {
	regions, err := m.Regions(ctx, keystone.Query{})
	above := make(map[string]string, len(regions))
	for _, r := range regions {
		above[r.ID] = r.ParentID
	}
	return above, err
}
