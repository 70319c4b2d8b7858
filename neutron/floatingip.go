package neutron

import (
	"net/netip"
	"time"
)

// FloatingIP is an external address that a router maps to a port's fixed address.
type FloatingIP struct {
	ID, ProjectID, Description string

	NetworkID string     // floating_network_id
	SubnetID  string     // in a request, which subnet to take the address of
	Address   netip.Addr // floating_ip_address
	// FloatingPortID is the port that keeps the address, which no project sees.
	FloatingPortID string
	PortID         string // empty: not associated
	FixedAddress   netip.Addr
	RouterID       string
	Status         Status
	DNSName        string
	DNSDomain      string
	Tags           []string
	PortDetails    *PortDetails

	Revision             int
	CreatedAt, UpdatedAt time.Time
}

// Identity is the floating address's id and project, for events.
func (f FloatingIP) Identity() (id, projectID string) { return f.ID, f.ProjectID }

// PortDetails is what a floating address shows of its port.
type PortDetails struct {
	Name, NetworkID, MAC, DeviceID, DeviceOwner string
	AdminUp                                     bool
	Status                                      Status
}
