package api

import (
	"slices"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
)

type network = neutron.Network

func (a *API) networks() *resource[network] {
	return &resource[network]{
		name: "network", plural: "networks", path: "networks", attributes: networkAttributes(),
		fresh:   func() network { return network{AdminUp: true, PortSecurity: true} },
		project: func(n *network) *string { return &n.ProjectID },
		target: func(n network) policy.Target {
			return policy.Target{
				"project_id": n.ProjectID, "tenant_id": n.ProjectID, "shared": n.Shared, "router:external": n.External,
			}
		},
		list:   unowned(a.Plugin.Networks),
		find:   a.Plugin.Network,
		create: a.segmentedNetworks, update: a.Plugin.UpdateNetwork, remove: a.Plugin.DeleteNetwork,
	}
}

// networkAttributes are those of neutron_lib/api/definitions/network.py and the extensions that are built.
func networkAttributes() []attribute[network] {
	mtu := plain[network]("mtu", post|put|sorts|ruled, nonNegative)
	mtu.set, mtu.get, mtu.def = func(n *network, v any) { n.MTU = v.(int) }, func(n network) any { return n.MTU }, 0
	return slices.Concat(standard(
		func(n *network) *string { return &n.ID }, func(n *network) *string { return &n.ProjectID },
		func(n *network) *string { return &n.Name }, func(n *network) *string { return &n.Description },
		func(n *network) *[]string { return &n.Tags },
		func(n network) (int, time.Time, time.Time) { return n.Revision, n.CreatedAt, n.UpdatedAt }),
		providerAttributes(), []attribute[network]{
			segments(),
			shown("status", sorts, func(n network) any { return n.Status }),
			boolAt("admin_state_up", post|put|sorts, true, func(n *network) *bool { return &n.AdminUp }),
			boolAt("shared", post|put|ruled, false, func(n *network) *bool { return &n.Shared }),
			boolAt("router:external", post|put|ruled, false, func(n *network) *bool { return &n.External }),
			isDefault(),
			boolAt("port_security_enabled", post|put|ruled, true, func(n *network) *bool { return &n.PortSecurity }),
			mtu,
			stringAt("dns_domain", post|put, dnsName(true), func(n *network) *string { return &n.DNSDomain }),
			listAt("availability_zone_hints", post, texts, func(n *network) *[]string { return &n.ZoneHints }),
			shown("availability_zones", 0, func(n network) any { return listOf(n.Zones) }),
			shown("subnets", 0, func(n network) any { return listOf(n.SubnetIDs) }),
			shown("ipv4_address_scope", 0, func(network) any { return nil }),
			shown("ipv6_address_scope", 0, func(network) any { return nil }),
			shown("qos_policy_id", 0, func(network) any { return nil }),
			shown("l2_adjacency", 0, func(network) any { return true }),
		})
}

// providerAttributes are where a network lies. As neutron_lib/api/definitions/provider_net.py.
func providerAttributes() []attribute[network] {
	segment := func(name string, k kind, set func(*network, any), get func(network) any) attribute[network] {
		at := plain[network]("provider:"+name, post|put|ruled, k)
		at.set, at.get = set, get
		return at
	}
	return []attribute[network]{
		segment("network_type", orNull(text(32), ""),
			func(n *network, v any) { n.Segment.Type = neutron.SegmentType(v.(string)) }, func(n network) any { return n.Segment.Type }),
		segment("physical_network", orNull(text(64), ""),
			func(n *network, v any) { n.Segment.PhysicalNetwork = v.(string) }, func(n network) any { return orNil(n.Segment.PhysicalNetwork) }),
		segment("segmentation_id", orNull(integer, 0),
			func(n *network, v any) { n.Segment.ID = v.(int) }, func(n network) any { return orNil(n.Segment.ID) }),
	}
}

// isDefault is shown of external networks only.
func isDefault() attribute[network] {
	at := boolAt("is_default", post|put|ruled, false, func(n *network) *bool { return &n.Default })
	at.get = func(n network) any {
		if !n.External {
			return absent
		}
		return n.Default
	}
	return at
}
