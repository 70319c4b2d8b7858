package neutron

import (
	"net/netip"
	"time"
)

// Router joins subnets, and them to an external network.
type Router struct {
	ID, ProjectID, Name, Description string

	Status                 Status
	AdminUp                bool
	Gateway                *Gateway
	Routes                 []Route
	HA, Distributed        bool
	ZoneHints, Zones, Tags []string
	FlavorID               string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the router's id and project, for events.
func (r Router) Identity() (id, projectID string) { return r.ID, r.ProjectID }

// Gateway is a router's way out.
type Gateway struct {
	NetworkID string
	PortID    string
	FixedIPs  []FixedIP // of PortID; in a request, what is asked for
	SNAT      bool
	// SNATGiven tells that a request named enable_snat.
	SNATGiven bool
}

// RouterInterface is a router's port on a subnet, as add_router_interface answers.
type RouterInterface struct {
	RouterID, ProjectID, PortID, NetworkID string
	SubnetIDs                              []string
	Tags                                   []string
}

// Identity is the router's id and project, for events.
func (i RouterInterface) Identity() (id, projectID string) { return i.RouterID, i.ProjectID }

// Reaches tells whether addresses of the prefix a router has are next to it.
func Reaches(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
