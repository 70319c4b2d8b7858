package keystone

import (
	"slices"
	"time"
)

// Claims are what a token carries: who, how, where, until when. All else is looked up.
type Claims struct {
	UserID                  string
	Methods                 []string // how the user authenticated, in the order of AuthMethods
	Scope                   Scope
	ApplicationCredentialID string
	TrustID                 string // of which UserID is the trustee
	AccessTokenID           string // of OAuth
	// Federated is what an identity provider vouched for; nil where none did.
	Federated *Federated
	// AuditIDs are the token's own and, where it was got with another token, the first one's of that chain.
	AuditIDs  []string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// ChainID is the audit id that all tokens got from one another share.
func (c Claims) ChainID() string { return c.AuditIDs[len(c.AuditIDs)-1] }

// Delegated tells whether the token acts by what was handed on to it: by another than its user's own proof, or one that is not said. As
// keystone/api/_shared/delegation.py.
func (t Token) Delegated() bool {
	if len(t.Methods) == 0 {
		return true
	}
	for _, m := range t.Methods {
		if !slices.Contains(ownMethods[:], m) {
			return true
		}
	}
	return false
}

// ownMethods prove who a user is.
var ownMethods = [...]string{"external", "password", "token", "totp", "mapped"}

// AuthMethods are the methods by their bits in a token. As [auth] methods, whose order upstream's tokens rely on.
var AuthMethods = [...]string{"external", "password", "token", "oauth1", "mapped", "application_credential", "totp"}

// Token is a confirmed token: its claims and what they stand for now.
type Token struct {
	Claims
	// User is the claims' user, or the trustor whom a trust has them be.
	User       User
	UserDomain Project
	// Project and Domain are the scope; Domain is the project's domain where the scope is a project.
	Project Project
	Domain  Project
	Roles   []Role
	// ApplicationCredential is set where one was used.
	ApplicationCredential *ApplicationCredential
	// Trust is set where the scope is one, AccessToken where a consumer signed in by one.
	Trust       *Trust
	AccessToken *AccessToken
}

// CatalogEntry is a service with the endpoints a token's holder can use.
type CatalogEntry struct {
	Service   Service
	Endpoints []Endpoint // with their URLs filled
}
