package keystone

import "time"

// Claims are what a token carries: who, how, where, until when. All else is looked up.
type Claims struct {
	UserID                  string
	Methods                 []string // how the user authenticated, in the order of AuthMethods
	Scope                   Scope
	ApplicationCredentialID string
	// AuditIDs are the token's own and, where it was got with another token, the first one's of that chain.
	AuditIDs  []string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// ChainID is the audit id that all tokens got from one another share.
func (c Claims) ChainID() string { return c.AuditIDs[len(c.AuditIDs)-1] }

// AuthMethods are the methods by their bits in a token. As [auth] methods, whose order upstream's tokens rely on.
var AuthMethods = [...]string{"external", "password", "token", "oauth1", "mapped", "application_credential"}

// Token is a confirmed token: its claims and what they stand for now.
type Token struct {
	Claims
	User       User
	UserDomain Project
	// Project and Domain are the scope; Domain is the project's domain where the scope is a project.
	Project Project
	Domain  Project
	Roles   []Role
	// ApplicationCredential is set where one was used.
	ApplicationCredential *ApplicationCredential
}

// CatalogEntry is a service with the endpoints a token's holder can use.
type CatalogEntry struct {
	Service   Service
	Endpoints []Endpoint // with their URLs filled
}
