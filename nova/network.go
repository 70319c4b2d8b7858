package nova

// NetworkInfo is what nova remembers of a server's ports, in the order they were asked for.
type NetworkInfo []VIF

// VIF is one port of a server as neutron bound it.
type VIF struct {
	PortID      string    `json:"port_id"`
	NetworkID   string    `json:"network_id"`
	NetworkName string    `json:"network_name"`
	MAC         string    `json:"mac"`
	MTU         int       `json:"mtu"`
	Addresses   []Address `json:"addresses"`
	Subnets     []Subnet  `json:"subnets"`
	// Type and Details are neutron's binding:vif_type and binding:vif_details; Device is the tap's name on the host.
	Type     string         `json:"type"`
	Details  map[string]any `json:"details,omitempty"`
	VNICType string         `json:"vnic_type"`
	Profile  map[string]any `json:"profile,omitempty"`
	Device   string         `json:"device"`
	Bridge   string         `json:"bridge"`
	// Active says that the port is wired.
	Active bool `json:"active"`
	// Created says that nova made the port and deletes it with the server.
	Created        bool     `json:"created"`
	SecurityGroups []string `json:"security_groups"` // names
	GroupIDs       []string `json:"security_group_ids,omitempty"`
	Tag            string   `json:"tag,omitempty"`
}

// Address is a fixed or floating address of a port.
type Address struct {
	IP       string `json:"ip"`
	Version  int    `json:"version"`
	SubnetID string `json:"subnet_id,omitempty"`
	Floating bool   `json:"floating,omitempty"`
	// FixedIP is the address a floating one leads to.
	FixedIP string `json:"fixed_ip,omitempty"`
}

// Subnet is what a guest must know of a port's subnet.
type Subnet struct {
	ID      string   `json:"id"`
	CIDR    string   `json:"cidr"`
	Gateway string   `json:"gateway"`
	Version int      `json:"version"`
	DNS     []string `json:"dns"`
	DHCP    bool     `json:"dhcp"`
	// IPv6Mode is ipv6_address_mode: slaac, dhcpv6-stateful, dhcpv6-stateless or "".
	IPv6Mode string  `json:"ipv6_mode,omitempty"`
	Routes   []Route `json:"routes"`
}

// Route is a subnet's further route.
type Route struct {
	Destination string `json:"destination"`
	NextHop     string `json:"next_hop"`
}

// RequestedNetwork is one network or port asked for at creation, or attached later.
type RequestedNetwork struct {
	NetworkID string `json:"network_id,omitempty"`
	PortID    string `json:"port_id,omitempty"`
	FixedIP   string `json:"fixed_ip,omitempty"`
	Tag       string `json:"tag,omitempty"`
}

// How networks are chosen where none is named; as the API's "auto" and "none".
const (
	NetworksNamed = ""
	NetworksAuto  = "auto"
	NetworksNone  = "none"
)

// WithPort gives the VIF of a port, or nil.
func (n NetworkInfo) WithPort(id string) *VIF {
	for i := range n {
		if n[i].PortID == id {
			return &n[i]
		}
	}
	return nil
}
