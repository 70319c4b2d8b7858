package plugin

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"cumulet/neutron"
	"cumulet/neutron/ipam"
	"cumulet/oslo/fault"
)

// Subnets lists subnets.
func (p *Plugin) Subnets(ctx context.Context, q neutron.Query) ([]neutron.Subnet, error) {
	return p.DB.Subnets(ctx, q)
}

// Subnet finds a subnet within a scope.
func (p *Plugin) Subnet(ctx context.Context, as neutron.Scope, id string) (neutron.Subnet, error) {
	return p.DB.Subnet(ctx, as, id)
}

// CreateSubnets makes subnets, all or none.
func (p *Plugin) CreateSubnets(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.Subnet]) ([]neutron.Subnet, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.Subnet]) (neutron.Subnet, error) {
		return w.createSubnet(ctx, as, d.Of, d.Given)
	})
}

func (w *work) createSubnet(ctx context.Context, as neutron.Scope, s neutron.Subnet, given neutron.Given) (neutron.Subnet, error) {
	n, err := w.BareNetwork(ctx, as, s.NetworkID)
	if err != nil {
		return s, err
	}
	if err := w.admit(ctx, s.ProjectID, "subnet", 1); err != nil {
		return s, err
	}
	if !s.CIDR.IsValid() {
		return s, neutron.Bad("subnets", "a subnetpool must be specified in the absence of a cidr")
	}
	s.ID, s.Shared, s.External, s.NetworkProjectID = newID(), n.Shared, n.External, n.ProjectID
	w.made(&s.Revision, &s.CreatedAt, &s.UpdatedAt)
	s.CIDR = s.CIDR.Masked()
	if !given["gateway_ip"] {
		s.Gateway = ipam.Gateway(s.CIDR)
		if !s.CIDR.Contains(s.Gateway) {
			s.Gateway = netip.Addr{}
		}
	}
	if err := w.checkSubnet(s, "new subnet"); err != nil {
		return s, err
	}
	if err := w.noOverlap(ctx, s); err != nil {
		return s, err
	}
	if !given["allocation_pools"] {
		s.Pools = ipam.Pools(s.CIDR, s.Gateway)
	} else if s.Pools, err = checkPools(s); err != nil {
		return s, err
	}
	if err := w.InsertSubnet(ctx, s); err != nil {
		return s, fmt.Errorf("create subnet %q: %w", s.ID, err)
	}
	if err := w.Touch(ctx, "networks", n.ID); err != nil {
		return s, err
	}
	if err := w.subnetAppears(ctx, n, s); err != nil {
		return s, err
	}
	return s, w.Record(ctx, "subnet.create.end", s)
}

// subnetAppears does what follows from a new subnet: ports that make their own addresses get one, gateways on an external
// network too, and someone serves DHCP.
func (w *work) subnetAppears(ctx context.Context, n neutron.Network, s neutron.Subnet) error {
	w.tell(neutron.NetworkChanged{ID: n.ID}, neutron.TopicL2, neutron.TopicDHCP)
	if s.SLAAC() {
		ports, err := w.Ports(ctx, neutron.By("network_id", n.ID))
		if err != nil {
			return err
		}
		for _, port := range ports {
			a, ok := ipam.EUI64(s.CIDR, port.MAC)
			if !ok || port.DeviceOwner == neutron.OwnerRouterInterface || port.DeviceOwner == neutron.OwnerFloatingIP {
				continue
			}
			port.FixedIPs = append(port.FixedIPs, neutron.FixedIP{SubnetID: s.ID, Address: a})
			if err := w.rewritePort(ctx, port); err != nil {
				return err
			}
		}
	}
	if !s.DHCP {
		return nil
	}
	return w.scheduleNetworks(ctx, []string{n.ID})
}

// checkPools also refuses a gateway inside a pool. As neutron/db/ipam_backend_mixin.py, validate_gw_out_of_pools.
func checkPools(s neutron.Subnet) ([]neutron.Pool, error) {
	pools, err := ipam.CheckPools(s.CIDR, s.Pools)
	if err != nil {
		return nil, err
	}
	return pools, gatewayOutside(s.Gateway, pools)
}

func gatewayOutside(gateway netip.Addr, pools []neutron.Pool) error {
	for _, p := range pools {
		if gateway.IsValid() && p.Contains(gateway) {
			return neutron.Conflict("GatewayConflictWithAllocationPools",
				"Gateway ip %s conflicts with allocation pool %s-%s.", gateway, p.Start, p.End)
		}
	}
	return nil
}

// noOverlap refuses a subnet that shares addresses with another of its network.
func (w *work) noOverlap(ctx context.Context, s neutron.Subnet) error {
	if s.CIDR.Bits() == 0 {
		return neutron.Invalid("0 is not allowed as CIDR prefix length")
	}
	others, err := w.Subnets(ctx, neutron.By("network_id", s.NetworkID))
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.CIDR.Overlaps(s.CIDR) {
			return neutron.Invalid("Requested subnet with cidr: %s for network: %s overlaps with another subnet", s.CIDR, s.NetworkID)
		}
	}
	return nil
}

// checkSubnet is what must hold of a subnet, new or changed. As neutron/db/db_base_plugin_v2.py, _validate_subnet.
func (w *work) checkSubnet(s neutron.Subnet, name string) error {
	if s.DHCP {
		if err := checkServed(s); err != nil {
			return err
		}
	}
	if s.Gateway.IsValid() {
		if err := sameVersion(s, s.Gateway, "gateway_ip"); err != nil {
			return err
		}
		if ipam.GatewaySenseless(s.CIDR, s.Gateway) {
			return neutron.Invalid("Gateway is not valid on subnet")
		}
	}
	if len(s.Nameservers) > w.p.Config.MaxNameservers {
		return exceeds("DNSNameServersExhausted", name, "DNS nameservers", w.p.Config.MaxNameservers)
	}
	for _, server := range s.Nameservers {
		if a, err := netip.ParseAddr(server); err != nil {
			return neutron.Invalid("Error parsing dns address %s", server)
		} else if err := sameVersion(s, a, "dns_nameserver"); err != nil {
			return err
		}
	}
	if len(s.HostRoutes) > w.p.Config.MaxHostRoutes {
		return exceeds("HostRoutesExhausted", name, "host routes", w.p.Config.MaxHostRoutes)
	}
	for _, r := range s.HostRoutes {
		if err := sameVersion(s, r.NextHop, "nexthop"); err != nil {
			return err
		}
		if r.Destination.Addr().Is4() != s.CIDR.Addr().Is4() {
			return neutron.Invalid("destination '%s' does not match the ip_version '%d'", r.Destination, s.IPVersion())
		}
	}
	return checkModes(s)
}

func exceeds(name, subnet, what string, most int) error {
	return fault.New(fault.Invalid, name, "Unable to complete operation for %s. The number of %s exceeds the limit %d.",
		subnet, what, most)
}

func sameVersion(s neutron.Subnet, a netip.Addr, what string) error {
	if a.Is4() == s.CIDR.Addr().Is4() {
		return nil
	}
	return neutron.Invalid("%s '%s' does not match the ip_version '%d'", what, a, s.IPVersion())
}

// checkServed is what must hold for DHCP to serve a subnet.
func checkServed(s neutron.Subnet) error {
	first := s.CIDR.Masked().Addr()
	switch {
	case s.CIDR.Addr().BitLen()-s.CIDR.Bits() < 2:
		return neutron.Invalid("Subnet has a prefix length that is incompatible with DHCP service enabled")
	case first.IsMulticast():
		return neutron.Invalid("Multicast IP subnet is not supported if enable_dhcp is True")
	case first.IsLoopback():
		return neutron.Invalid("Loopback IP subnet is not supported if enable_dhcp is True")
	case first.Is4() && first.IsUnspecified():
		return neutron.Invalid("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")
	}
	return nil
}

// checkModes is what must hold of IPv6 modes.
func checkModes(s neutron.Subnet) error {
	ra, address := s.RAMode != "", s.AddressMode != ""
	if s.IPVersion() == 4 {
		switch {
		case ra:
			return neutron.Invalid("ipv6_ra_mode is not valid when ip_version is 4")
		case address:
			return neutron.Invalid("ipv6_address_mode is not valid when ip_version is 4")
		}
		return nil
	}
	switch {
	case (ra || address) && !s.DHCP:
		return neutron.Invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
	case ra && address && s.RAMode != s.AddressMode:
		return neutron.Invalid("ipv6_ra_mode set to '%s' with ipv6_address_mode set to '%s' is not valid. "+
			"If both attributes are set, they must be the same value", s.RAMode, s.AddressMode)
	case s.SLAAC() && s.CIDR.Bits() != 64:
		return neutron.Invalid("Invalid CIDR %s for IPv6 address mode. OpenStack uses the EUI-64 address format, "+
			"which requires the prefix to be /64", s.CIDR)
	}
	return nil
}

// UpdateSubnet changes a subnet.
func (p *Plugin) UpdateSubnet(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.Subnet]) (neutron.Subnet, error) {
	var s neutron.Subnet
	err := p.tx(ctx, func(w *work) error {
		old, err := w.Subnet(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		s = old
		change.Apply(&s)
		if err := w.checkSubnetChange(ctx, old, &s, change.Given); err != nil {
			return err
		}
		w.changed(&s.Revision, &s.UpdatedAt)
		if err := w.UpdateSubnet(ctx, s); err != nil {
			return fmt.Errorf("update subnet %q: %w", id, err)
		}
		w.tell(neutron.NetworkChanged{ID: s.NetworkID}, neutron.TopicL2, neutron.TopicDHCP)
		if s.DHCP {
			if err := w.scheduleNetworks(ctx, []string{s.NetworkID}); err != nil {
				return err
			}
		}
		return w.Record(ctx, "subnet.update.end", s)
	})
	return s, err
}

func (w *work) checkSubnetChange(ctx context.Context, old neutron.Subnet, s *neutron.Subnet, given neutron.Given) error {
	if old.DHCP && !s.DHCP && (s.RAMode != "" || s.AddressMode != "") {
		return neutron.Invalid("Cannot disable enable_dhcp with ipv6 attributes set")
	}
	checked := *s
	checked.DHCP = s.DHCP && !old.DHCP // what is served already stays so
	if s.IPVersion() == 6 {
		checked.DHCP = s.DHCP
	}
	if err := w.checkSubnet(checked, s.ID); err != nil {
		return err
	}
	if old.Gateway.IsValid() && s.Gateway != old.Gateway {
		port, err := w.routerPortAt(ctx, *s, old.Gateway)
		if err != nil {
			return err
		}
		if port != "" {
			return neutron.Conflict("GatewayIpInUse",
				"Current gateway ip %s already in use by port %s. Unable to update.", old.Gateway, port)
		}
	}
	if given["allocation_pools"] {
		pools, err := checkPools(*s)
		if err != nil {
			return err
		}
		s.Pools = pools
	} else if given["gateway_ip"] {
		return gatewayOutside(s.Gateway, s.Pools)
	}
	return nil
}

// routerPortAt finds the router's port that has an address of a subnet.
func (w *work) routerPortAt(ctx context.Context, s neutron.Subnet, a netip.Addr) (string, error) {
	id, err := w.AddressTaken(ctx, s.ID, a)
	if err != nil || id == "" {
		return "", err
	}
	port, err := w.Port(ctx, neutron.Everything(), id)
	if err != nil || port.DeviceOwner != neutron.OwnerRouterInterface {
		return "", err
	}
	return id, nil
}

// DeleteSubnet removes a subnet that only DHCP servers, or ports that make their own addresses, have addresses of.
func (p *Plugin) DeleteSubnet(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		s, err := w.Subnet(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.Subnet]{IfRevision: ifRevision}).Holds(s.Revision); err != nil {
			return err
		}
		ports, err := w.Ports(ctx, neutron.By("fixed_ips", "subnet_id="+id))
		if err != nil {
			return err
		}
		for _, port := range ports {
			own := s.SLAAC() && port.DeviceOwner != neutron.OwnerRouterInterface
			if port.DeviceOwner != neutron.OwnerDHCP && !own {
				return neutron.Conflict("SubnetInUse",
					"Unable to complete operation on subnet %s: One or more ports have an IP allocation from this subnet.", id)
			}
		}
		for _, port := range ports {
			port.FixedIPs = slices.DeleteFunc(port.FixedIPs, func(f neutron.FixedIP) bool { return f.SubnetID == id })
			if err := w.rewritePort(ctx, port); err != nil {
				return err
			}
		}
		if err := w.DeleteSubnet(ctx, id); err != nil {
			return fmt.Errorf("delete subnet %q: %w", id, err)
		}
		if err := w.Touch(ctx, "networks", s.NetworkID); err != nil {
			return err
		}
		w.tell(neutron.NetworkChanged{ID: s.NetworkID}, neutron.TopicL2, neutron.TopicDHCP)
		return w.Record(ctx, "subnet.delete.end", s)
	})
}
