package neutron

import "time"

// Network is a layer 2 segment that belongs to a project.
type Network struct {
	ID, ProjectID, Name, Description string

	Status       Status
	AdminUp      bool
	Shared       bool
	External     bool // floating addresses and gateways may come from it
	Default      bool // among external networks, the one for auto-allocated topologies
	MTU          int
	PortSecurity bool // default for its ports
	DNSDomain    string
	ZoneHints    []string
	Zones        []string // of the agents that serve it
	Segment      Segment
	SubnetIDs    []string
	Tags         []string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the network's id and project, for events.
func (n Network) Identity() (id, projectID string) { return n.ID, n.ProjectID }

// SegmentType is how frames of a network are told apart on the physical wire.
type SegmentType string

// The segment types.
const (
	Flat  SegmentType = "flat"
	VLAN  SegmentType = "vlan"
	VXLAN SegmentType = "vxlan"
	GRE   SegmentType = "gre"
	Local SegmentType = "local"
)

// Tunnelled tells whether the segment crosses hosts inside tunnels.
func (t SegmentType) Tunnelled() bool { return t == VXLAN || t == GRE }

// Segment is where a network lies: PhysicalNetwork for flat and vlan, ID for vlan (tag), vxlan (VNI) and gre (key).
type Segment struct {
	Type            SegmentType
	PhysicalNetwork string
	ID              int
}
