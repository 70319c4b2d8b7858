package keystone

import (
	"cmp"

	"cumulet/oslo/fault"
)

// Limit is how much of a resource one project, or one domain, may have, in the place of what its registered limit says.
type Limit struct {
	ID                string
	RegisteredLimitID string
	ProjectID         string // "" for a domain's
	DomainID          string // "" for a project's
	LimitedResource          // its registered limit's, which does not change while this is there
	ResourceLimit     int    // -1 is unlimited
	Description       *string
}

// Identity makes a limit's events findable.
func (l Limit) Identity() (id, projectID string) { return l.ID, l.ProjectID }

// LimitChange is what an update gives; nil members stay.
type LimitChange struct {
	ResourceLimit *int
	Description   **string // to nil for null
}

// Apply changes l.
func (c LimitChange) Apply(l *Limit) {
	set(&l.ResourceLimit, c.ResourceLimit)
	set(&l.Description, c.Description)
}

// LimitNotFound is the fault for a limit that is not there.
func LimitNotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "LimitNotFound", "Could not find limit for %s.", id)
}

// NoLimitReference is the fault for a limit of what no registered limit is of.
func NoLimitReference() *fault.Fault {
	return fault.New(fault.Forbidden, "NoLimitReference", "Unable to create a limit that has no corresponding registered limit.")
}

// LimitMisfit is the fault for a limit that breaks the enforcement model. The two full stops are upstream's.
func LimitMisfit(l Limit) *fault.Fault {
	level, owner := "project_id", l.ProjectID
	if owner == "" {
		level, owner = "domain_id", l.DomainID
	}
	return fault.New(fault.Forbidden, "InvalidLimit", "Invalid resource limit: The resource limit (%s: %s, resource_name: %s, "+
		"resource_limit: %d, service_id: %s, region_id: %s) doesn't satisfy current hierarchy model..",
		level, owner, l.ResourceName, l.ResourceLimit, l.ServiceID, cmp.Or(l.RegionID, "None"))
}
