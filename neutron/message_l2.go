package neutron

// HostWiring asks for everything that the L2 agent of a host must wire. Answered by Wiring.
type HostWiring struct{ Host string }

// Method is the message's name on the bus.
func (HostWiring) Method() string { return "host_wiring" }

// PortWiring asks for some ports of a host, with the networks and groups that they need. Ports that are not bound to the
// host, or gone, are missing from the answer: unwire them. Answered by Wiring; its Peers are left out.
type PortWiring struct {
	Host    string
	PortIDs []string
}

// Method is the message's name on the bus.
func (PortWiring) Method() string { return "port_wiring" }

// BoundPorts asks which ports are bound to a host, for an agent that has nothing to filter or to tunnel. Answered by Wiring with
// nothing but Ports.
type BoundPorts struct{ Host string }

// Method is the message's name on the bus.
func (BoundPorts) Method() string { return "bound_ports" }

// Wiring is the desired state of a host's layer 2.
type Wiring struct {
	Ports    []WiredPort
	Networks []WiredNetwork // those of Ports
	Groups   []WiredGroup   // those of Ports, and those that their rules name as remote (with Members)
	Peers    []TunnelPeer   // every other host that tunnels to this one may go to
}

// WiredPort is a port as its host must wire it.
type WiredPort struct {
	ID, ProjectID, NetworkID, MAC string
	AdminUp                       bool
	Status                        Status
	FixedIPs                      []FixedIP
	AddressPairs                  []AddressPair
	PortSecurity                  bool // false: no filters, no anti-spoofing
	SecurityGroups                []string
	DeviceOwner, DeviceID         string
	VIFType                       VIFType
	Revision                      int
}

// Trusted tells whether the port belongs to the network itself: no filter stands before it.
func (p WiredPort) Trusted() bool { return Port{DeviceOwner: p.DeviceOwner}.Trusted() }

// WiredNetwork is a network that has ports on the host.
type WiredNetwork struct {
	ID, ProjectID string
	MTU           int
	AdminUp       bool
	External      bool
	Segment       Segment
	// Neighbours are the network's ports on other hosts, for tunnelled segments: forwarding and ARP entries (l2 population).
	Neighbours []Neighbour
}

// Neighbour is a port behind a tunnel.
type Neighbour struct {
	Host, TunnelIP string
	MAC            string
	Addresses      []string
}

// TunnelPeer is the other end of tunnels.
type TunnelPeer struct {
	Host, TunnelIP string
	Types          []string
}

// WiredGroup is a security group with its rules resolved.
type WiredGroup struct {
	ID       string
	Stateful bool
	Rules    []WiredRule
	// Members are the addresses (with allowed address pairs: also prefixes) of the group's ports, where a rule of some group
	// in the answer names this one as remote.
	Members []string
}

// WiredRule allows traffic; what is zero or nil matches everything.
type WiredRule struct {
	ID        string
	Direction Direction
	EtherType string // "IPv4", "IPv6"
	// Protocol is the IP protocol number; 0 matches all.
	Protocol int
	// PortMin and PortMax are destination ports, or ICMP type and code.
	PortMin, PortMax *int
	RemotePrefix     string
	RemoteGroupID    string
}

// PortsUp reports that ports are wired on a host. Call on Topic; no answer.
type PortsUp struct {
	Host    string
	PortIDs []string
}

// Method is the message's name on the bus.
func (PortsUp) Method() string { return "ports_up" }

// PortsDown reports that ports are not wired on a host: unplugged (Reason empty) or not to be wired (why). Call on
// Topic; no answer.
type PortsDown struct {
	Host    string
	PortIDs []string
	Reason  string
}

// Method is the message's name on the bus.
func (PortsDown) Method() string { return "ports_down" }
