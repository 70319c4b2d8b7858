package keystone

import "time"

// Trust hands some of a user's roles in a project on to another user, the trustee, for a while or for so many tokens.
type Trust struct {
	ID        string
	TrustorID string
	TrusteeID string
	ProjectID string // "" for none; then nothing can be done by it
	// Impersonation has the trustee's tokens be the trustor's.
	Impersonation bool
	Roles         []string // ids
	ExpiresAt     *time.Time
	RemainingUses *int // tokens still to be had; nil does not count them
	// RedelegatedID is the trust that this one hands on; "" for a first one. RedelegationCount is how often it may be handed on.
	RedelegatedID     string
	RedelegationCount int
	Extra             map[string]any
}

// Identity makes a trust's events findable.
func (t Trust) Identity() (id, projectID string) { return t.ID, t.ProjectID }

// Lasts tells whether the trust has not ended by then.
func (t Trust) Lasts(now time.Time) bool { return t.ExpiresAt == nil || now.Before(*t.ExpiresAt) }

// Used tells whether no token is to be had by it any more.
func (t Trust) Used() bool { return t.RemainingUses != nil && *t.RemainingUses <= 0 }
