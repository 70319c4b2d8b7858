package keystone

import "time"

// RevocationKind is what a revocation speaks of.
type RevocationKind string

// The kinds of revocations, of at most 16 letters: so long is the column.
const (
	RevokedToken   RevocationKind = "audit_id"
	RevokedChain   RevocationKind = "audit_chain_id"
	RevokedUser    RevocationKind = "user_id"
	RevokedProject RevocationKind = "project_id"
	RevokedDomain  RevocationKind = "domain_id"
	RevokedTrust   RevocationKind = "trust_id"
)

// Revocation ends the tokens of its subject that were issued up to a moment.
type Revocation struct {
	Kind         RevocationKind
	Subject      string
	IssuedBefore time.Time
	RevokedAt    time.Time
}

// Attribute is the kind as the API calls it.
func (k RevocationKind) Attribute() string {
	if k == RevokedTrust {
		return "OS-TRUST:trust_id"
	}
	return string(k)
}

// Identity makes a revocation's events findable.
func (r Revocation) Identity() (id, projectID string) { return r.Subject, "" }

// Subjects are what revocations may say of a token, to be looked up.
func (t Token) Subjects() []Revocation {
	subjects := []Revocation{
		{Kind: RevokedToken, Subject: t.AuditIDs[0]},
		{Kind: RevokedChain, Subject: t.ChainID()},
		{Kind: RevokedUser, Subject: t.UserID},
		{Kind: RevokedDomain, Subject: t.User.DomainID},
	}
	if t.User.ID != t.UserID { // the trustor, whom the trustee's token speaks for
		subjects = append(subjects, Revocation{Kind: RevokedUser, Subject: t.User.ID})
	}
	if t.TrustID != "" {
		subjects = append(subjects, Revocation{Kind: RevokedTrust, Subject: t.TrustID})
	}
	if t.Scope.Kind == OnProject {
		subjects = append(subjects, Revocation{Kind: RevokedProject, Subject: t.Scope.ID})
	}
	if t.Domain.ID != "" && t.Domain.ID != t.User.DomainID {
		subjects = append(subjects, Revocation{Kind: RevokedDomain, Subject: t.Domain.ID})
	}
	return subjects
}
