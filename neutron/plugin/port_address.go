package plugin

import (
	"context"
	"net/netip"
	"slices"

	"cumulet/neutron"
	"cumulet/neutron/ipam"
	"cumulet/oslo/fault"
)

// maxFixedIPs bounds the addresses of one port.
const maxFixedIPs = 64

// allocation gives a port its addresses.
type allocation struct {
	w       *work
	port    *neutron.Port
	subnets []neutron.Subnet
	current []neutron.FixedIP // what the port has, to be kept where it fits
	out     []neutron.FixedIP
}

// allocate gives a port the addresses it asks for (given), or one per IP version of its network. current are those it has.
func (w *work) allocate(ctx context.Context, port *neutron.Port, current []neutron.FixedIP, given bool) error {
	subnets, err := w.Subnets(ctx, neutron.By("network_id", port.NetworkID))
	if err != nil {
		return err
	}
	a := &allocation{w: w, port: port, subnets: subnets, current: slices.Clone(current)}
	if given {
		err = a.asked(ctx)
	} else {
		err = a.automatic(ctx)
	}
	if err != nil {
		return err
	}
	port.FixedIPs = a.out
	return nil
}

// automatic takes an address of each IP version, and one of each subnet where ports make their own.
func (a *allocation) automatic(ctx context.Context) error {
	served := slices.DeleteFunc(slices.Clone(a.subnets), func(s neutron.Subnet) bool {
		return len(s.ServiceTypes) > 0 && !slices.Contains(s.ServiceTypes, a.port.DeviceOwner)
	})
	if slices.ContainsFunc(served, func(s neutron.Subnet) bool { return len(s.ServiceTypes) > 0 }) && a.port.DeviceOwner != "" {
		served = slices.DeleteFunc(served, func(s neutron.Subnet) bool { return len(s.ServiceTypes) == 0 })
	}
	if len(served) == 0 && len(a.subnets) > 0 {
		return neutron.Conflict("IpAddressGenerationFailureNoMatchingSubnet",
			"No valid service subnet for the given device owner, network %s, service type %s.", a.port.NetworkID, a.port.DeviceOwner)
	}
	for _, version := range []int{4, 6} {
		if err := a.anyOf(ctx, served, version); err != nil {
			return err
		}
	}
	for _, s := range served {
		if s.SLAAC() && a.port.DeviceOwner != neutron.OwnerRouterInterface {
			if err := a.own(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// anyOf takes an address of the first subnet of an IP version that has one.
func (a *allocation) anyOf(ctx context.Context, subnets []neutron.Subnet, version int) error {
	tried := false
	for _, s := range subnets {
		if s.IPVersion() != version || s.SLAAC() {
			continue
		}
		tried = true
		ok, err := a.next(ctx, s)
		if ok || err != nil {
			return err
		}
	}
	if tried {
		return ipam.Exhausted(a.port.NetworkID)
	}
	return nil
}

// next takes a free address of a subnet's pools; false when there is none.
func (a *allocation) next(ctx context.Context, s neutron.Subnet) (bool, error) {
	mine := func(addr netip.Addr) bool {
		return slices.Contains(a.out, neutron.FixedIP{SubnetID: s.ID, Address: addr})
	}
	n := random
	if a.port.DeviceOwner == neutron.OwnerDHCP {
		n = nil // the first free one, as neutron/ipam/requests.py, AddressRequestFactory
	}
	addr, ok, err := ipam.Pick(s.Pools, ipam.Taken{
		One: func(addr netip.Addr) (bool, error) {
			port, err := a.w.AddressTaken(ctx, s.ID, addr)
			return port != "" || mine(addr), err
		},
		All: func() (map[netip.Addr]bool, error) {
			all, err := a.w.AddressesTaken(ctx, s.ID)
			for _, f := range a.out {
				if f.SubnetID == s.ID && err == nil {
					all[f.Address] = true
				}
			}
			return all, err
		},
		N: n,
	})
	if ok {
		a.out = append(a.out, neutron.FixedIP{SubnetID: s.ID, Address: addr})
	}
	return ok, err
}

// own takes the address that the port makes itself of its MAC.
func (a *allocation) own(ctx context.Context, s neutron.Subnet) error {
	addr, ok := ipam.EUI64(s.CIDR, a.port.MAC)
	if !ok {
		return nil
	}
	return a.take(ctx, s, addr)
}

// take takes exactly one address.
func (a *allocation) take(ctx context.Context, s neutron.Subnet, addr netip.Addr) error {
	f := neutron.FixedIP{SubnetID: s.ID, Address: addr}
	if slices.Contains(a.out, f) {
		return nil
	}
	owner, err := a.w.AddressTaken(ctx, s.ID, addr)
	if err != nil {
		return err
	}
	if owner != "" && owner != a.port.ID {
		return ipam.AlreadyAllocated(addr, s.ID)
	}
	a.out = append(a.out, f)
	return nil
}

// asked takes the addresses that a request names: those with an address first, so that a subnet's pick avoids them.
func (a *allocation) asked(ctx context.Context) error {
	asked := a.port.FixedIPs
	if len(asked) > maxFixedIPs {
		return neutron.Invalid("Exceeded maximum amount of fixed ips per port")
	}
	exact := func(f neutron.FixedIP) bool { return f.Address.IsValid() }
	for _, f := range asked {
		if !exact(f) {
			continue
		}
		s, err := a.subnetOf(ctx, f)
		if err != nil {
			return err
		}
		if err := a.mayTake(s, f.Address); err != nil {
			return err
		}
		if err := a.take(ctx, s, f.Address); err != nil {
			return err
		}
	}
	a.current = slices.DeleteFunc(a.current, func(f neutron.FixedIP) bool { return slices.Contains(a.out, f) })
	for _, f := range asked {
		if exact(f) {
			continue
		}
		if err := a.ofSubnet(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// mayTake refuses to choose an address where ports make their own.
func (a *allocation) mayTake(s neutron.Subnet, addr netip.Addr) error {
	if !s.SLAAC() || a.port.DeviceOwner == neutron.OwnerRouterInterface {
		return nil
	}
	if own, ok := ipam.EUI64(s.CIDR, a.port.MAC); ok && own == addr {
		return nil
	}
	f := neutron.Invalid("")
	f.Name = "AllocationOnAutoAddressSubnet"
	f.Text = "IPv6 address " + addr.String() + " cannot be directly assigned to a port on subnet " + s.ID +
		" as the subnet is configured for automatic addresses"
	return f
}

// ofSubnet takes any address of a named subnet, the one that the port has when it has one.
func (a *allocation) ofSubnet(ctx context.Context, f neutron.FixedIP) error {
	s, err := a.subnetOf(ctx, f)
	if err != nil {
		return err
	}
	if s.SLAAC() && a.port.DeviceOwner != neutron.OwnerRouterInterface {
		return a.own(ctx, s)
	}
	if i := slices.IndexFunc(a.current, func(c neutron.FixedIP) bool { return c.SubnetID == s.ID }); i >= 0 {
		a.out = append(a.out, a.current[i])
		a.current = slices.Delete(a.current, i, i+1)
		return nil
	}
	ok, err := a.next(ctx, s)
	if err == nil && !ok {
		err = ipam.Exhausted(a.port.NetworkID)
	}
	return err
}

// subnetOf finds the subnet of an address asked for. As neutron/db/ipam_backend_mixin.py, _get_subnet_for_fixed_ip.
func (a *allocation) subnetOf(ctx context.Context, f neutron.FixedIP) (neutron.Subnet, error) {
	if len(a.subnets) == 0 {
		return neutron.Subnet{}, neutron.Invalid("IP allocation requires subnets for network")
	}
	if f.SubnetID == "" {
		if !f.Address.IsValid() {
			return neutron.Subnet{}, neutron.Invalid("IP allocation requires subnet_id or ip_address")
		}
		for _, s := range a.subnets {
			if usable(s, f.Address, a.port.DeviceOwner) {
				return s, nil
			}
		}
		return neutron.Subnet{}, fault.New(fault.Invalid, "InvalidIpForNetwork",
			"IP address %s is not a valid IP for any of the subnets on the specified network.", f.Address)
	}
	i := slices.IndexFunc(a.subnets, func(s neutron.Subnet) bool { return s.ID == f.SubnetID })
	if i < 0 {
		if _, err := a.w.Subnet(ctx, neutron.Everything(), f.SubnetID); err != nil {
			return neutron.Subnet{}, err
		}
		return neutron.Subnet{}, neutron.Invalid(
			"Failed to create port on network %s, because fixed_ips included invalid subnet %s", a.port.NetworkID, f.SubnetID)
	}
	if f.Address.IsValid() && !usable(a.subnets[i], f.Address, a.port.DeviceOwner) {
		return neutron.Subnet{}, fault.New(fault.Invalid, "InvalidIpForSubnet",
			"IP address %s is not a valid IP for the specified subnet.", f.Address)
	}
	return a.subnets[i], nil
}

// usable tells whether a port can have an address of a subnet: not IPv4's broadcast, nor the network's own, which in IPv6 is
// the routers'. As neutron/ipam/utils.py, check_subnet_ip.
func usable(s neutron.Subnet, addr netip.Addr, deviceOwner string) bool {
	if !s.CIDR.Contains(addr) {
		return false
	}
	router := deviceOwner == neutron.OwnerRouterInterface || deviceOwner == neutron.OwnerRouterGateway
	return !ipam.Edge(s.CIDR, addr) || router && addr.Is6()
}
