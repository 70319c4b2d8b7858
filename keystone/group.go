package keystone

import "time"

// Group is users who share assignments.
type Group struct {
	ID          string
	DomainID    string
	Name        string // unique in its domain
	Description string
	Extra       map[string]any
	// MembershipExpiresAt is when the user whose groups are listed is in it no more; nil where that is not so.
	MembershipExpiresAt *time.Time `bun:"-"`
}

// Identity makes a group's events findable.
func (g Group) Identity() (id, projectID string) { return g.ID, "" }

// GroupChange is what an update gives; nil members stay.
type GroupChange struct {
	Name, Description *string
	Extra             map[string]any
}

// Apply changes g.
func (c GroupChange) Apply(g *Group) {
	set(&g.Name, c.Name)
	set(&g.Description, c.Description)
	g.Extra = merged(g.Extra, c.Extra, false)
}

// Membership is a user's being in a group, as the events tell it.
type Membership struct{ UserID, GroupID string }

// Identity makes a membership's events findable.
func (m Membership) Identity() (id, projectID string) { return m.GroupID, "" }
