package neutron

import "net/netip"

// HostRouters asks for the routers that a host's L3 agent serves: of RouterIDs, or all when empty. A router missing from
// the answer is not this agent's (any more). Answered by ServedRouters.
type HostRouters struct {
	Host      string
	RouterIDs []string
}

// Method is the message's name on the bus.
func (HostRouters) Method() string { return "host_routers" }

// ServedRouters answers HostRouters.
type ServedRouters struct{ Routers []ServedRouter }

// ServedRouter is a router as its agent must build it. Its ports are bound to the agent's host.
type ServedRouter struct {
	ID, ProjectID string
	AdminUp       bool
	Interfaces    []ServedInterface
	Gateway       *ServedGateway
	FloatingIPs   []ServedFloatingIP
	Routes        []Route
}

// ServedInterface is a router's port.
type ServedInterface struct {
	PortID, NetworkID, MAC string
	AdminUp                bool
	MTU                    int
	Segment                Segment
	Addresses              []ServedAddress
}

// ServedAddress is an address of a router's port with its subnet.
type ServedAddress struct {
	SubnetID string
	Prefix   netip.Prefix // the address, with the subnet's length
	Gateway  netip.Addr   // the subnet's gateway: itself, or for the router's gateway port the next hop; may be not valid
	// Nameservers, RAMode, AddressMode are for router advertisements.
	Nameservers         []string
	RAMode, AddressMode IPv6Mode
}

// ServedGateway is a router's way out.
type ServedGateway struct {
	ServedInterface
	SNAT bool
}

// ServedFloatingIP is an external address that a router maps.
type ServedFloatingIP struct {
	ID            string
	Floating      netip.Addr
	Fixed         netip.Addr
	PortID        string
	FixedSubnetID string
	Status        Status
}

// FloatingIPStatus reports how floating addresses fare, by id. Call on Topic; no answer.
type FloatingIPStatus struct {
	Host     string
	Statuses map[string]Status
}

// Method is the message's name on the bus.
func (FloatingIPStatus) Method() string { return "floatingip_status" }

// RouterStatus reports how routers fare, by id; Reason says why one is in ERROR. Call on Topic; no answer.
type RouterStatus struct {
	Host     string
	Statuses map[string]Status
	Reason   string
}

// Method is the message's name on the bus.
func (RouterStatus) Method() string { return "router_status" }
