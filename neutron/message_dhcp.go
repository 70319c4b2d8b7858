package neutron

import "net/netip"

// HostNetworks asks for the networks that a host's DHCP agent serves: of NetworkIDs, or all when empty. A network missing
// from the answer is not this agent's (any more). Answered by ServedNetworks.
type HostNetworks struct {
	Host       string
	NetworkIDs []string
}

// Method is the message's name on the bus.
func (HostNetworks) Method() string { return "host_networks" }

// ServedNetworks answers HostNetworks.
type ServedNetworks struct{ Networks []ServedNetwork }

// ServedNetwork is a network with subnets that have DHCP.
type ServedNetwork struct {
	ID, ProjectID string
	MTU           int
	DNSDomain     string // ends with a dot
	Segment       Segment
	Subnets       []ServedSubnet // all of the network; only those with DHCP are served
	Ports         []ServedPort
	// Server is the agent's own port, bound to its host, made by the server when there is none.
	Server ServedPort
	// Isolated tells that no router stands on the network: metadata needs a route through DHCP (option 121).
	Isolated bool
}

// ServedSubnet is a subnet as DHCP announces it.
type ServedSubnet struct {
	ID                  string
	CIDR                netip.Prefix
	Gateway             netip.Addr // not valid: none
	DHCP                bool
	Nameservers         []string
	HostRoutes          []Route
	RAMode, AddressMode IPv6Mode
	// HasRouter tells that a router's port has the gateway's address.
	HasRouter bool
}

// ServedPort is a port that gets its addresses by DHCP and is known to DNS; those of routers and DHCP are among them.
type ServedPort struct {
	ID, ProjectID, MAC    string
	FixedIPs              []FixedIP
	DeviceID, DeviceOwner string
	Hostname              string // dns_name, or made of the address ("host-10-0-0-3")
	Options               []DHCPOption
	Status                Status
	AdminUp               bool
}

// AddressOwner asks which port has an address, on a network or behind a router: the metadata proxy's question. Answered by
// OwnedAddress; a fault of kind NotFound when nobody has.
type AddressOwner struct {
	NetworkID, RouterID string // one of them
	Address             netip.Addr
}

// Method is the message's name on the bus.
func (AddressOwner) Method() string { return "address_owner" }

// OwnedAddress answers AddressOwner.
type OwnedAddress struct{ PortID, NetworkID, ProjectID, DeviceID, DeviceOwner string }
