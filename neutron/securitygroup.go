package neutron

import "time"

// SecurityGroup is a set of rules that ports share: what no rule allows is dropped.
type SecurityGroup struct {
	ID, ProjectID, Name, Description string

	Stateful bool
	Shared   bool
	Rules    []SecurityGroupRule
	Tags     []string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the group's id and project, for events.
func (g SecurityGroup) Identity() (id, projectID string) { return g.ID, g.ProjectID }

// DefaultGroup is the name of the group that each project has.
const DefaultGroup = "default"

// Direction of a rule, seen from the port.
type Direction string

// The directions.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// SecurityGroupRule allows traffic. What is zero or nil matches everything.
type SecurityGroupRule struct {
	ID, ProjectID, GroupID, Description string

	Direction Direction
	EtherType string // "IPv4", "IPv6"
	// Protocol is a name ("tcp", "icmp") or a number, as given; empty matches all.
	Protocol string
	// PortMin and PortMax are the range of destination ports, or ICMP type and code.
	PortMin, PortMax *int
	RemoteGroupID    string
	RemotePrefix     string // CIDR
	RemoteAddresses  string // address group id; none exist yet
	Implicit         bool   // it came with its group: nobody described it

	// GroupProjectID is the owner of its group: policy asks for it.
	GroupProjectID string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the rule's id and project, for events.
func (r SecurityGroupRule) Identity() (id, projectID string) { return r.ID, r.ProjectID }
