package keystone

// Role is a name that policies ask for.
type Role struct {
	ID          string
	Name        string // unique among the global roles, and in its domain
	DomainID    string // "" for a global role; the roles of a domain never stand in tokens, only what they imply
	Description *string
	Options     map[string]any
	Extra       map[string]any
}

// Identity makes a role's events findable.
func (r Role) Identity() (id, projectID string) { return r.ID, "" }

// Immutable tells whether the role may be neither changed nor deleted.
func (r Role) Immutable() bool { return on(r.Options, Immutable) }

// RoleChange is what an update gives; nil members stay.
type RoleChange struct {
	Name, Description *string
	Options, Extra    map[string]any
}

// Thaws tells whether the change does nothing but make the role mutable again.
func (c RoleChange) Thaws() bool {
	return thaws(c.Options, c.Name == nil && c.Description == nil && len(c.Extra) == 0)
}

// Apply changes r.
func (c RoleChange) Apply(r *Role) {
	set(&r.Name, c.Name)
	if c.Description != nil {
		r.Description = c.Description
	}
	r.Options = merged(r.Options, c.Options, true)
	r.Extra = merged(r.Extra, c.Extra, false)
}

// ImpliedRole says that whoever has the prior role has the implied one too.
type ImpliedRole struct{ PriorID, ImpliedID string }

// Identity makes an inference's events findable.
func (i ImpliedRole) Identity() (id, projectID string) { return i.PriorID, "" }
