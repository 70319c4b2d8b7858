package keystone

import "cumulet/oslo/fault"

// LimitedResource is what a service counts and limits: in one region, or, without one, wherever no region is asked for.
type LimitedResource struct {
	ServiceID    string
	RegionID     string // "" for none
	ResourceName string
}

// RegisteredLimit is how much of a resource a project may have where no Limit says otherwise. It stays as it is while one does.
type RegisteredLimit struct {
	ID string
	LimitedResource
	DefaultLimit int     // -1 is unlimited
	Description  *string // nil for null
}

// Identity makes a registered limit's events findable.
func (l RegisteredLimit) Identity() (id, projectID string) { return l.ID, "" }

// RegisteredLimitChange is what an update gives; nil members stay.
type RegisteredLimitChange struct {
	ServiceID, RegionID, ResourceName *string // a region of "" is none
	DefaultLimit                      *int
	Description                       **string // to nil for null
}

// Moves tells whether the change names what is limited.
func (c RegisteredLimitChange) Moves() bool {
	return c.ServiceID != nil || c.RegionID != nil || c.ResourceName != nil
}

// Apply changes l.
func (c RegisteredLimitChange) Apply(l *RegisteredLimit) {
	set(&l.ServiceID, c.ServiceID)
	set(&l.RegionID, c.RegionID)
	set(&l.ResourceName, c.ResourceName)
	set(&l.DefaultLimit, c.DefaultLimit)
	set(&l.Description, c.Description)
}

// RegisteredLimitNotFound is the fault for a registered limit that is not there.
func RegisteredLimitNotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "RegisteredLimitNotFound", "Could not find registered limit for %s.", id)
}

// RegisteredLimitInUse is the fault for touching a registered limit that limits refer to.
func RegisteredLimitInUse(id string) *fault.Fault {
	return fault.New(fault.Forbidden, "RegisteredLimitError",
		"Unable to update or delete registered limit %s because there are project limits associated with it.", id)
}
