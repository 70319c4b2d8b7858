package keystone

import "cumulet/oslo/fault"

// FederationProtocol is a way by which an identity provider vouches, and the mapping of what it says then.
type FederationProtocol struct {
	ID                 string // unique with its identity provider: openid, saml2
	IdentityProviderID string
	MappingID          string
	RemoteIDAttribute  *string // which attribute of what it says names the identity provider
}

// Identity makes a protocol's events findable.
func (p FederationProtocol) Identity() (id, projectID string) { return p.ID, "" }

// FederationProtocolChange is what an update gives; nil members stay.
type FederationProtocolChange struct {
	MappingID         *string
	RemoteIDAttribute **string
}

// Apply changes p.
func (c FederationProtocolChange) Apply(p *FederationProtocol) {
	set(&p.MappingID, c.MappingID)
	set(&p.RemoteIDAttribute, c.RemoteIDAttribute)
}

// ProtocolNotFound is the fault for a protocol that an identity provider has not.
func ProtocolNotFound(providerID, id string) *fault.Fault {
	return fault.New(fault.NotFound, "FederatedProtocolNotFound", "Could not find federated protocol %s for Identity Provider: %s.", id, providerID)
}
