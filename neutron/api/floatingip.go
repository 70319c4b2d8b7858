package api

import (
	"net/netip"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
)

type floatingIP = neutron.FloatingIP

func (a *API) floatingIPs() *resource[floatingIP] {
	return &resource[floatingIP]{
		name: "floatingip", plural: "floatingips", path: "floatingips", attributes: floatingIPAttributes(),
		fresh:   func() floatingIP { return floatingIP{} },
		project: func(f *floatingIP) *string { return &f.ProjectID },
		target: func(f floatingIP) policy.Target {
			return policy.Target{"project_id": f.ProjectID, "tenant_id": f.ProjectID}
		},
		list:   unowned(a.Plugin.FloatingIPs),
		find:   a.Plugin.FloatingIP,
		create: a.Plugin.CreateFloatingIPs, update: a.Plugin.UpdateFloatingIP, remove: a.Plugin.DeleteFloatingIP,
	}
}

// floatingIPAttributes are those of neutron_lib/api/definitions/l3.py and the extensions that are built.
func floatingIPAttributes() []attribute[floatingIP] {
	at := func(name string, u use, of func(*floatingIP) *netip.Addr) attribute[floatingIP] {
		out := plain[floatingIP](name, u, orNull(address, netip.Addr{}))
		out.set = func(f *floatingIP, v any) { *of(f) = v.(netip.Addr) }
		out.get = func(f floatingIP) any { return addressOrNil(*of(&f)) }
		out.def = netip.Addr{}
		return out
	}
	subnet := nullString("subnet_id", post, uuid, func(f *floatingIP) *string { return &f.SubnetID })
	subnet.get = nil
	return append(standard(
		func(f *floatingIP) *string { return &f.ID }, func(f *floatingIP) *string { return &f.ProjectID },
		nil, func(f *floatingIP) *string { return &f.Description },
		func(f *floatingIP) *[]string { return &f.Tags },
		func(f floatingIP) (int, time.Time, time.Time) { return f.Revision, f.CreatedAt, f.UpdatedAt }),
		subnet,
		at("floating_ip_address", post|sorts|ruled, func(f *floatingIP) *netip.Addr { return &f.Address }),
		stringAt("floating_network_id", post|must|sorts, uuid, func(f *floatingIP) *string { return &f.NetworkID }),
		nullString("port_id", post|put, uuid, func(f *floatingIP) *string { return &f.PortID }),
		at("fixed_ip_address", post|put|sorts, func(f *floatingIP) *netip.Addr { return &f.FixedAddress }),
		shown("router_id", sorts, func(f floatingIP) any { return orNil(f.RouterID) }),
		shown("status", sorts, func(f floatingIP) any { return f.Status }),
		stringAt("dns_name", post, dnsName(false), func(f *floatingIP) *string { return &f.DNSName }),
		stringAt("dns_domain", post, dnsName(true), func(f *floatingIP) *string { return &f.DNSDomain }),
		shown("qos_policy_id", 0, func(floatingIP) any { return nil }),
		shown("port_details", 0, portDetails),
		shown("port_forwardings", 0, func(floatingIP) any { return []any{} }),
	)
}

func portDetails(f floatingIP) any {
	d := f.PortDetails
	if d == nil {
		return nil
	}
	return map[string]any{
		"name": d.Name, "network_id": d.NetworkID, "mac_address": d.MAC, "admin_state_up": d.AdminUp, "status": d.Status,
		"device_id": d.DeviceID, "device_owner": d.DeviceOwner,
	}
}
