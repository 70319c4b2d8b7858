package keystone

import (
	"slices"
	"strings"
	"time"
)

// FederatedUser is what a user is called by an identity provider. A user may be called by several, or by one and have a password here.
type FederatedUser struct {
	UserID             string
	IdentityProviderID string
	ProtocolID         string
	UniqueID           string // unique with identity provider and protocol
	DisplayName        string
}

// ByProvider tells whether a query is for users by what an identity provider calls them.
func (q Query) ByProvider() bool {
	return slices.ContainsFunc(q.Where, func(c Condition) bool {
		return c.Attribute == "idp_id" || c.Attribute == "protocol_id" || c.Attribute == "unique_id"
	})
}

// ExpiringMembership is a user's being in a group because an identity provider told so at a sign-in.
type ExpiringMembership struct {
	UserID, GroupID    string
	IdentityProviderID string
	LastVerified       time.Time
}

// Federated is what a token knows of a sign-in that an identity provider vouched for.
type Federated struct {
	IdentityProviderID, ProtocolID string
	GroupIDs                       []string // that it told of
}

// Key tells one from others; "" is nil's.
func (f *Federated) Key() string {
	if f == nil {
		return ""
	}
	return strings.Join(append([]string{f.IdentityProviderID, f.ProtocolID}, f.GroupIDs...), "\x00")
}
