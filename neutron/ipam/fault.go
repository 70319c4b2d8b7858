package ipam

import (
	"fmt"
	"net/netip"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

func rangeText(p neutron.Pool) string { return fmt.Sprintf("%s-%s", p.Start, p.End) }

// InvalidPool says that a pool's start lies after its end, or its addresses are of another kind than the subnet's.
func InvalidPool(p neutron.Pool) error {
	return fault.New(fault.Invalid, "InvalidAllocationPool", "The allocation pool %s is not valid.", rangeText(p))
}

// OutOfBounds says that a pool leaves its subnet.
func OutOfBounds(p neutron.Pool, cidr netip.Prefix) error {
	return fault.New(fault.Invalid, "OutOfBoundsAllocationPool",
		"The allocation pool %s spans beyond the subnet cidr %s.", rangeText(p), cidr)
}

// Overlapping says that two pools have addresses in common.
func Overlapping(a, b neutron.Pool, cidr netip.Prefix) error {
	return neutron.Conflict("OverlappingAllocationPools", "Found overlapping allocation pools: %s %s for subnet %s.",
		rangeText(a), rangeText(b), cidr)
}

// Exhausted says that a network has no address left.
func Exhausted(networkID string) error {
	return neutron.Conflict("IpAddressGenerationFailure", "No more IP addresses available on network %s.", networkID)
}

// AlreadyAllocated says that an address asked for is in use.
func AlreadyAllocated(a netip.Addr, subnetID string) error {
	return neutron.Conflict("IpAddressAlreadyAllocated", "IP address %s already allocated in subnet %s", a, subnetID)
}
