package api

import (
	"context"
	"net/netip"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
)

type subnet = neutron.Subnet

func (a *API) subnets() *resource[subnet] {
	return &resource[subnet]{
		name: "subnet", plural: "subnets", path: "subnets", attributes: subnetAttributes(),
		fresh:   func() subnet { return subnet{DHCP: true} },
		project: func(s *subnet) *string { return &s.ProjectID },
		around: func(ctx context.Context, as neutron.Scope, s *subnet) error {
			n, err := a.network(ctx, as, s.NetworkID, s.ProjectID)
			s.NetworkProjectID, s.Shared = n.ProjectID, n.Shared
			return err
		},
		target: func(s subnet) policy.Target {
			return policy.Target{
				"project_id": s.ProjectID, "tenant_id": s.ProjectID, "shared": s.Shared, "network_id": s.NetworkID,
				"network:tenant_id": s.NetworkProjectID, "network:project_id": s.NetworkProjectID,
			}
		},
		list:   unowned(a.Plugin.Subnets),
		find:   a.Plugin.Subnet,
		create: a.checkedSubnets, update: a.Plugin.UpdateSubnet, remove: a.Plugin.DeleteSubnet,
	}
}

// network finds the network that a new subnet or port is on. Others than administrators need it to be theirs or shared.
// As neutron/api/v2/base.py, _validate_network_tenant_ownership.
func (a *API) network(ctx context.Context, as neutron.Scope, id, projectID string) (neutron.Network, error) {
	n, err := a.Plugin.BareNetwork(ctx, as, id)
	if err == nil && !as.All && !n.Shared && n.ProjectID != projectID {
		err = notThere()
	}
	return n, err
}

// subnetAttributes are those of neutron_lib/api/definitions/subnet.py and the extensions that are built.
func subnetAttributes() []attribute[subnet] {
	version := plain[subnet]("ip_version", post|must|sorts, ipVersion)
	version.set, version.get = func(s *subnet, v any) { s.Version = v.(int) }, func(s subnet) any { return s.IPVersion() }
	cidr := plain[subnet]("cidr", post|sorts, orNull(prefix, netip.Prefix{}))
	cidr.set, cidr.get = func(s *subnet, v any) { s.CIDR = v.(netip.Prefix) }, func(s subnet) any { return s.CIDR.String() }
	gateway := plain[subnet]("gateway_ip", post|put|sorts, orNull(address, netip.Addr{}))
	gateway.set = func(s *subnet, v any) { s.Gateway = v.(netip.Addr) }
	gateway.get = func(s subnet) any { return addressOrNil(s.Gateway) }
	allocation := plain[subnet]("allocation_pools", post|put, pools)
	allocation.set = func(s *subnet, v any) { s.Pools = v.([]neutron.Pool) }
	allocation.get = func(s subnet) any { return poolViews(s.Pools) }
	hosts := plain[subnet]("host_routes", post|put, routes)
	hosts.set = func(s *subnet, v any) { s.HostRoutes = v.([]neutron.Route) }
	hosts.get = func(s subnet) any { return routeViews(s.HostRoutes) }
	segment := plain[subnet]("segment_id", 0, kind{})
	segment.get = func(subnet) any { return nil }
	return append(standard(
		func(s *subnet) *string { return &s.ID }, func(s *subnet) *string { return &s.ProjectID },
		func(s *subnet) *string { return &s.Name }, func(s *subnet) *string { return &s.Description },
		func(s *subnet) *[]string { return &s.Tags },
		func(s subnet) (int, time.Time, time.Time) { return s.Revision, s.CreatedAt, s.UpdatedAt }),
		stringAt("network_id", post|must|sorts, uuid, func(s *subnet) *string { return &s.NetworkID }),
		version, cidr, gateway, allocation, hosts, segment,
		boolAt("enable_dhcp", post|put|sorts, true, func(s *subnet) *bool { return &s.DHCP }),
		listAt("dns_nameservers", post|put, nameservers, func(s *subnet) *[]string { return &s.Nameservers }),
		mode("ipv6_ra_mode", func(s *subnet) *neutron.IPv6Mode { return &s.RAMode }),
		mode("ipv6_address_mode", func(s *subnet) *neutron.IPv6Mode { return &s.AddressMode }),
		nullString("subnetpool_id", post|sorts, uuid, func(s *subnet) *string { return &s.SubnetPoolID }),
		plain[subnet]("prefixlen", post, orNull(nonNegative, 0)),
		plain[subnet]("use_default_subnetpool", post, boolean),
		listAt("service_types", post|put|ruled, texts, func(s *subnet) *[]string { return &s.ServiceTypes }),
		boolAt("dns_publish_fixed_ip", post|put, false, func(s *subnet) *bool { return &s.DNSPublishFixedIP }),
	)
}

var ipVersion = kind{filter: integer.filter, check: func(v any) (any, error) {
	n, err := toInt(v)
	if err == nil && n != 4 && n != 6 {
		return nil, reason(python(v) + " is not in [4, 6]")
	}
	return n, err
}}

func mode(name string, of func(*subnet) *neutron.IPv6Mode) attribute[subnet] {
	at := plain[subnet](name, post|sorts, orNull(oneOf("dhcpv6-stateful", "dhcpv6-stateless", "slaac"), ""))
	at.set = func(s *subnet, v any) { *of(s) = neutron.IPv6Mode(v.(string)) }
	at.get = func(s subnet) any { return orNil(*of(&s)) }
	return at
}

func addressOrNil(a netip.Addr) any {
	if !a.IsValid() {
		return nil
	}
	return a.String()
}

func poolViews(list []neutron.Pool) []any {
	out := make([]any, len(list))
	for i, p := range list {
		out[i] = map[string]any{"start": p.Start.String(), "end": p.End.String()}
	}
	return out
}

// checkedSubnets makes subnets whose cidr is of the IP version that they name.
func (a *API) checkedSubnets(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[subnet]) ([]subnet, error) {
	for _, d := range drafts {
		if d.Of.SubnetPoolID != "" {
			return nil, neutron.SubnetPoolNotFound(d.Of.SubnetPoolID)
		}
		if d.Of.CIDR.IsValid() && d.Of.Version != d.Of.IPVersion() {
			return nil, neutron.Invalid("cidr '%s' does not match the ip_version '%d'", d.Of.CIDR, d.Of.Version)
		}
	}
	return a.Plugin.CreateSubnets(ctx, as, drafts)
}
