package keystone

import "cumulet/oslo/fault"

// IdentityProvider is who vouches for users that are not kept here.
type IdentityProvider struct {
	ID          string
	DomainID    string // of the users that it vouches for
	Enabled     bool
	Description *string
	// AuthorizationTTL is how many minutes after a sign-in a user stays in the groups that it told of; nil is the configuration's.
	AuthorizationTTL *int
	// RemoteIDs are the names it has for itself; none lets it have any.
	RemoteIDs []string `bun:"-"`
}

// Identity makes an identity provider's events findable.
func (p IdentityProvider) Identity() (id, projectID string) { return p.ID, "" }

// IdentityProviderChange is what an update gives; nil members stay.
type IdentityProviderChange struct {
	Enabled          *bool
	Description      **string
	AuthorizationTTL **int
	RemoteIDs        *[]string
}

// Apply changes p.
func (c IdentityProviderChange) Apply(p *IdentityProvider) {
	set(&p.Enabled, c.Enabled)
	set(&p.Description, c.Description)
	set(&p.AuthorizationTTL, c.AuthorizationTTL)
	set(&p.RemoteIDs, c.RemoteIDs)
}

// IdentityProviderNotFound is the fault for an identity provider that is not there.
func IdentityProviderNotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "IdentityProviderNotFound", "Could not find Identity Provider: %s.", id)
}
