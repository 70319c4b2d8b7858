package keystone

import "time"

// Project is what owns things in the other services. A domain is a project that acts as one: IsDomain, without a parent
// and without a domain of its own; names are unique within a domain and among domains.
type Project struct {
	ID          string
	Name        string
	DomainID    string  // "" for a domain
	ParentID    string  // a project or the domain; "" for a domain
	Description *string // nil for null, which projects are given by an update only
	Enabled     bool
	IsDomain    bool
	Tags        []string
	Options     map[string]any
	Extra       map[string]any
	CreatedAt   time.Time
}

// Identity makes a project's events findable.
func (p Project) Identity() (id, projectID string) { return p.ID, p.ID }

// Immutable tells whether the project may be neither changed nor deleted.
func (p Project) Immutable() bool { return on(p.Options, Immutable) }

// HomeDomain is the domain that the project lies in: itself, where it acts as one.
func (p Project) HomeDomain() string {
	if p.IsDomain {
		return p.ID
	}
	return p.DomainID
}

// ProjectChange is what an update gives; nil members stay.
type ProjectChange struct {
	Name           *string
	Description    **string // to nil for null
	Enabled        *bool
	Tags           *[]string
	Options, Extra map[string]any
}

// Thaws tells whether the change does nothing but make the project mutable again.
func (c ProjectChange) Thaws() bool {
	alone := c.Name == nil && c.Description == nil && c.Enabled == nil && c.Tags == nil && len(c.Extra) == 0
	return thaws(c.Options, alone)
}

// Apply changes p.
func (c ProjectChange) Apply(p *Project) {
	set(&p.Name, c.Name)
	set(&p.Description, c.Description)
	set(&p.Enabled, c.Enabled)
	set(&p.Tags, c.Tags)
	p.Options = merged(p.Options, c.Options, true)
	p.Extra = merged(p.Extra, c.Extra, false)
}

// Limits of tags. As keystone/resource/schema.py.
const MaxTags = 80
