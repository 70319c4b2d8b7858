package neutron

import (
	"net/netip"
	"strings"
	"time"
)

// Port is where something is plugged into a network.
type Port struct {
	ID, ProjectID, NetworkID, Name, Description string

	Status         Status
	Reason         string // why the agent could not wire it
	AdminUp        bool
	MAC            string // lower case, with colons
	FixedIPs       []FixedIP
	PortSecurity   bool
	SecurityGroups []string // ids
	AddressPairs   []AddressPair
	DHCPOptions    []DHCPOption
	DeviceID       string
	DeviceOwner    string
	DNSName        string
	DNSDomain      string
	Binding        Binding
	UplinkStatus   bool // propagate_uplink_status
	Tags           []string

	// NetworkProjectID is the owner of its network: policy asks for it.
	NetworkProjectID string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the port's id and project, for events.
func (p Port) Identity() (id, projectID string) { return p.ID, p.ProjectID }

// FixedIP is an address of a port.
type FixedIP struct {
	SubnetID string
	Address  netip.Addr
}

// AddressPair is a further address that a port may speak with. Address is an address or a prefix.
type AddressPair struct{ Address, MAC string }

// DHCPOption is an option that DHCP gives to a port; Name is as dnsmasq names it, or a number.
type DHCPOption struct {
	Name, Value string
	IPVersion   int
}

// Binding is how a port is plugged on a host.
type Binding struct {
	Host     string
	VNICType string
	Profile  map[string]any
	VIFType  VIFType
	Details  map[string]any
}

// VIFType is how the hypervisor plugs a port in.
type VIFType string

// The VIF types.
const (
	VIFUnbound     VIFType = "unbound"        // no host asked
	VIFFailed      VIFType = "binding_failed" // nobody on the host can wire it
	VIFBridge      VIFType = "bridge"
	VIFOVS         VIFType = "ovs"
	VIFDistributed VIFType = "distributed"
	VNICNormal             = "normal"
)

// Device owners that mean something here; those of guests start with "compute:".
const (
	OwnerDHCP            = "network:dhcp"
	OwnerRouterInterface = "network:router_interface"
	OwnerRouterGateway   = "network:router_gateway"
	OwnerFloatingIP      = "network:floatingip"
	OwnerCompute         = "compute:"
	OwnerNetwork         = "network:"
)

// Trusted tells whether the port belongs to the network itself: no filter stands before it.
func (p Port) Trusted() bool { return strings.HasPrefix(p.DeviceOwner, OwnerNetwork) }

// Guest tells whether a server is plugged in.
func (p Port) Guest() bool { return strings.HasPrefix(p.DeviceOwner, OwnerCompute) }

// InterfaceName is what the host's device of a port is called by ("tap"); at most 14 characters,
// as neutron_lib.constants.TAP_DEVICE_PREFIX and nova's get_hybrid names.
func InterfaceName(prefix, id string) string {
	if len(id) > 11 {
		id = id[:11]
	}
	return prefix + id
}
