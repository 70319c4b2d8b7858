package neutron

import (
	"net/netip"
	"time"
)

// Subnet is a block of addresses on a network and how they are given out.
type Subnet struct {
	ID, ProjectID, NetworkID, Name, Description string

	CIDR        netip.Prefix
	Version     int        // in a request, the IP version it says; IPVersion tells what it is
	Gateway     netip.Addr // not valid: none
	Pools       []Pool     // what ports get addresses from
	DHCP        bool
	Nameservers []string
	HostRoutes  []Route
	// RAMode and AddressMode say who advertises an IPv6 subnet and how its addresses are made.
	RAMode, AddressMode IPv6Mode
	SubnetPoolID        string
	ServiceTypes        []string // device owners it is for; all when empty
	DNSPublishFixedIP   bool
	Tags                []string

	// Shared is its network's, and so are the network's tenant and external flag: policy asks for them.
	Shared, External bool
	NetworkProjectID string

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the subnet's id and project, for events.
func (s Subnet) Identity() (id, projectID string) { return s.ID, s.ProjectID }

// IPVersion is 4 or 6.
func (s Subnet) IPVersion() int {
	if s.CIDR.Addr().Is4() {
		return 4
	}
	return 6
}

// SLAAC tells whether ports make their own address from prefix and MAC (slaac, or stateless DHCP).
func (s Subnet) SLAAC() bool {
	return s.AddressMode == ModeSLAAC || s.AddressMode == ModeStateless
}

// IPv6Mode is how an IPv6 subnet is advertised or addressed; empty means by something outside.
type IPv6Mode string

// The modes.
const (
	ModeSLAAC     IPv6Mode = "slaac"
	ModeStateful  IPv6Mode = "dhcpv6-stateful"
	ModeStateless IPv6Mode = "dhcpv6-stateless"
)

// Pool is a range of addresses, both ends included.
type Pool struct{ Start, End netip.Addr }

// Contains tells whether a lies in the pool.
func (p Pool) Contains(a netip.Addr) bool {
	return p.Start.Compare(a) <= 0 && a.Compare(p.End) <= 0
}

// Route is a static route.
type Route struct {
	Destination netip.Prefix
	NextHop     netip.Addr
}
