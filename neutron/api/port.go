package api

import (
	"context"
	"strings"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
)

type port = neutron.Port

func (a *API) ports() *resource[port] {
	return &resource[port]{
		name: "port", plural: "ports", path: "ports", attributes: a.portAttributes(),
		fresh: func() port {
			return port{AdminUp: true, UplinkStatus: true, Binding: neutron.Binding{VNICType: neutron.VNICNormal}}
		},
		project: func(p *port) *string { return &p.ProjectID },
		around: func(ctx context.Context, as neutron.Scope, p *port) error {
			n, err := a.network(ctx, as, p.NetworkID, p.ProjectID)
			p.NetworkProjectID = n.ProjectID
			return err
		},
		target: func(p port) policy.Target {
			return policy.Target{
				"project_id": p.ProjectID, "tenant_id": p.ProjectID, "network_id": p.NetworkID, "device_owner": p.DeviceOwner,
				"network:tenant_id": p.NetworkProjectID, "network:project_id": p.NetworkProjectID,
				"network_device": strings.HasPrefix(p.DeviceOwner, neutron.OwnerNetwork),
			}
		},
		list:   unowned(a.Plugin.Ports),
		find:   a.Plugin.Port,
		create: a.Plugin.CreatePorts, update: a.Plugin.UpdatePort, remove: a.Plugin.DeletePort,
	}
}

// portAttributes are those of neutron_lib/api/definitions/port.py and the extensions that are built.
func (a *API) portAttributes() []attribute[port] {
	fixed := plain[port]("fixed_ips", post|put|ruled, fixedIPs)
	fixed.set, fixed.get = func(p *port, v any) { p.FixedIPs = v.([]neutron.FixedIP) }, func(p port) any { return fixedViews(p.FixedIPs) }
	pairs := plain[port]("allowed_address_pairs", post|put|ruled, addressPairs)
	pairs.set, pairs.get = func(p *port, v any) { p.AddressPairs = v.([]neutron.AddressPair) }, func(p port) any { return pairViews(p.AddressPairs) }
	options := plain[port]("extra_dhcp_opts", post|put, dhcpOptions)
	options.set, options.get = setOptions, func(p port) any { return optionViews(p.DHCPOptions) }
	status := shown("status", sorts, func(p port) any { return p.Status })
	return append(append(standard(
		func(p *port) *string { return &p.ID }, func(p *port) *string { return &p.ProjectID },
		func(p *port) *string { return &p.Name }, func(p *port) *string { return &p.Description },
		func(p *port) *[]string { return &p.Tags },
		func(p port) (int, time.Time, time.Time) { return p.Revision, p.CreatedAt, p.UpdatedAt }),
		stringAt("network_id", post|must|sorts, uuid, func(p *port) *string { return &p.NetworkID }),
		status, fixed, pairs, options,
		boolAt("admin_state_up", post|put|sorts, true, func(p *port) *bool { return &p.AdminUp }),
		stringAt("mac_address", post|put|sorts|ruled, mac, func(p *port) *string { return &p.MAC }),
		stringAt("device_id", post|put|sorts, text(255), func(p *port) *string { return &p.DeviceID }),
		stringAt("device_owner", post|put|sorts|ruled, text(255), func(p *port) *string { return &p.DeviceOwner }),
		listAt("security_groups", post|put, uuids, func(p *port) *[]string { return &p.SecurityGroups }),
		boolOnly("port_security_enabled", func(p *port) *bool { return &p.PortSecurity }),
		stringAt("dns_name", post|put, dnsName(false), func(p *port) *string { return &p.DNSName }),
		stringAt("dns_domain", post|put, dnsName(true), func(p *port) *string { return &p.DNSDomain }),
		shown("dns_assignment", 0, a.dnsAssignment),
		boolAt("propagate_uplink_status", post, true, func(p *port) *bool { return &p.UplinkStatus }),
		shown("qos_policy_id", 0, func(port) any { return nil }),
		shown("qos_network_policy_id", 0, func(port) any { return nil }),
		shown("resource_request", ruled, func(port) any { return nil }),
		shown("ip_allocation", sorts, func(port) any { return "immediate" })), bindingAttributes()...)
}

// boolOnly is a boolean whose default is not the same everywhere.
func boolOnly(name string, of func(*port) *bool) attribute[port] {
	at := boolAt(name, post|put|ruled, false, of)
	at.def = nil
	return at
}

// bindingAttributes are those of neutron_lib/api/definitions/portbindings.py.
func bindingAttributes() []attribute[port] {
	profile := plain[port]("binding:profile", post|put|ruled, object)
	profile.set = func(p *port, v any) { p.Binding.Profile = v.(map[string]any) }
	profile.get = func(p port) any { return objectOf(p.Binding.Profile) }
	return []attribute[port]{
		profile,
		stringAt("binding:host_id", post|put|ruled, orNull(text(255), ""), func(p *port) *string { return &p.Binding.Host }),
		stringAt("binding:vnic_type", post|put|ruled, oneOf("normal", "direct", "macvtap", "baremetal", "direct-physical",
			"virtio-forwarder", "smart-nic", "vdpa", "accelerator-direct", "accelerator-direct-physical", "remote-managed"),
			func(p *port) *string { return &p.Binding.VNICType }),
		shown("binding:vif_type", ruled, func(p port) any { return p.Binding.VIFType }),
		shown("binding:vif_details", ruled, func(p port) any { return objectOf(p.Binding.Details) }),
	}
}

func objectOf(o map[string]any) map[string]any {
	if o == nil {
		return map[string]any{}
	}
	return o
}

// setOptions merges options: one with a null value is removed, others are set. As neutron/db/extradhcpopt_db.py.
func setOptions(p *port, v any) {
	merged := map[neutron.DHCPOption]string{}
	var keys []neutron.DHCPOption
	for _, list := range [][]neutron.DHCPOption{p.DHCPOptions, v.([]neutron.DHCPOption)} {
		for _, o := range list {
			key := neutron.DHCPOption{Name: o.Name, IPVersion: o.IPVersion}
			if _, ok := merged[key]; !ok {
				keys = append(keys, key)
			}
			merged[key] = o.Value
		}
	}
	p.DHCPOptions = nil
	for _, key := range keys {
		if merged[key] != "" {
			p.DHCPOptions = append(p.DHCPOptions, neutron.DHCPOption{Name: key.Name, IPVersion: key.IPVersion, Value: merged[key]})
		}
	}
}

func optionViews(list []neutron.DHCPOption) []any {
	out := make([]any, len(list))
	for i, o := range list {
		out[i] = map[string]any{"opt_name": o.Name, "opt_value": o.Value, "ip_version": o.IPVersion}
	}
	return out
}

func pairViews(list []neutron.AddressPair) []any {
	out := make([]any, len(list))
	for i, p := range list {
		out[i] = map[string]any{"ip_address": p.Address, "mac_address": p.MAC}
	}
	return out
}

// dnsAssignment is the names that DNS knows a port by. As neutron/plugins/ml2/extensions/dns_integration.py.
func (a *API) dnsAssignment(p port) any {
	domain := strings.TrimSuffix(a.Plugin.Config.DNSDomain, ".") + "."
	out := make([]any, len(p.FixedIPs))
	for i, f := range p.FixedIPs {
		name := p.DNSName
		if name == "" {
			name = neutron.HostName(f.Address)
		}
		fqdn := name + "." + domain
		if strings.HasSuffix(name, ".") {
			fqdn = name
		}
		out[i] = map[string]any{"ip_address": f.Address.String(), "hostname": name, "fqdn": fqdn}
	}
	return out
}
