package api

import "cumulet/oslo/policy"

// Checks that rules share, as neutron/conf/policies/base.py has them. Where upstream asks "field:networks:shared=True" the
// target carries the word itself.
const (
	adminOnly    = "rule:admin_only"
	member       = "rule:admin_only or (role:member and project_id:%(project_id)s)"
	reader       = "rule:admin_only or (role:reader and project_id:%(project_id)s)"
	ofNetwork    = "rule:admin_only or rule:network_owner"
	orService    = "rule:context_is_advsvc or rule:network_owner or rule:admin_only"
	memberOrAny  = member + " or rule:network_owner"
	orShared     = orService + " or rule:shared"
	ownDevice    = "not rule:network_device or " + orService
	memberOrSvc  = member + " or rule:context_is_advsvc"
	readerOrSvc  = reader + " or rule:context_is_advsvc"
	everyone     = "role:reader or rule:admin_only"
	readsNetwork = reader + " or rule:shared or rule:external or rule:context_is_advsvc"
)

// Rules are the policy's defaults, by upstream's names (neutron/conf/policies).
func Rules() []policy.Rule {
	rules := []policy.Rule{
		{Name: "context_is_admin", Check: "role:admin", Doc: "Who administers the cloud"},
		{Name: "owner", Check: "tenant_id:%(tenant_id)s", Doc: "Whose it is"},
		{Name: "admin_or_owner", Check: "rule:context_is_admin or rule:owner", Doc: "Who administers or owns"},
		{Name: "context_is_advsvc", Check: "role:advsvc or role:service", Doc: "Other services"},
		{Name: "admin_only", Check: "rule:context_is_admin", Doc: "Administrators"},
		{Name: "network_owner", Check: "tenant_id:%(network:tenant_id)s", Doc: "Who owns the network"},
		{Name: "sg_owner", Check: "tenant_id:%(security_group:tenant_id)s", Doc: "Who owns the security group"},
		{Name: "shared", Check: "True:%(shared)s", Doc: "What is shared with all projects"},
		{Name: "external", Check: "True:%(router:external)s", Doc: "External networks"},
		{Name: "network_device", Check: "True:%(network_device)s", Doc: "Ports of the network itself"},
		{Name: "default", Check: "rule:admin_or_owner", Doc: "What no other rule covers"},
	}
	for _, line := range guarded() {
		for _, name := range line.names {
			rules = append(rules, policy.Rule{Name: name, Check: line.check, Doc: line.doc})
		}
	}
	return rules
}

// guard is who may do some actions, or name or see some attributes.
type guard struct {
	doc, check string
	names      []string
}

// guarded are all actions and attributes that have a rule.
func guarded() []guard {
	return []guard{
		{"Networks", member, []string{
			"create_network", "create_network:port_security_enabled", "update_network", "update_network:port_security_enabled", "delete_network",
		}},
		{"What only administrators say of networks", adminOnly, append(attributesOf([]string{"create_network", "update_network"},
			"shared", "router:external", "is_default", "provider:network_type", "provider:physical_network", "provider:segmentation_id"),
			"create_network:segments")},
		{"Seeing networks", readsNetwork, []string{"get_network"}},
		{"What only administrators see of networks", adminOnly, attributesOf([]string{"get_network"},
			"provider:network_type", "provider:physical_network", "provider:segmentation_id")},
		{"Subnets", memberOrAny, []string{"create_subnet", "update_subnet", "delete_subnet"}},
		{"What only administrators say of subnets", adminOnly, attributesOf([]string{"create_subnet", "update_subnet"}, "segment_id", "service_types")},
		{"Seeing subnets", reader + " or rule:shared or rule:network_owner", []string{"get_subnet"}},
		{"Making ports", memberOrSvc, []string{"create_port"}},
		{"Changing ports", memberOrSvc, []string{"update_port"}},
		{"Deleting ports", memberOrSvc + " or rule:network_owner", []string{"delete_port"}},
		{"Seeing ports", readerOrSvc + " or rule:network_owner", []string{"get_port"}},
		{"Whose ports they are", ownDevice, []string{"create_port:device_owner", "update_port:device_owner"}},
		{"Choosing a port's address and security", orService, append(attributesOf([]string{"create_port", "update_port"},
			"port_security_enabled", "fixed_ips:ip_address"), "create_port:mac_address", "update_port:fixed_ips")},
		{"Changing a port's MAC address", "rule:admin_only or rule:context_is_advsvc", []string{"update_port:mac_address"}},
		{"Choosing a port's subnet", orShared, []string{"create_port:fixed_ips", "create_port:fixed_ips:subnet_id", "update_port:fixed_ips:subnet_id"}},
		{"Further addresses of a port", ofNetwork, attributesOf([]string{"create_port", "update_port"},
			"allowed_address_pairs", "allowed_address_pairs:mac_address", "allowed_address_pairs:ip_address")},
		{"Binding ports", "rule:admin_only or rule:context_is_advsvc", attributesOf([]string{"create_port", "update_port"}, "binding:host_id", "binding:profile")},
		{"How a port is plugged", memberOrSvc, attributesOf([]string{"create_port", "update_port"}, "binding:vnic_type")},
		{"Seeing bindings", "rule:admin_only or rule:context_is_advsvc", attributesOf([]string{"get_port"},
			"binding:vif_type", "binding:vif_details", "binding:host_id", "binding:profile", "resource_request")},
		{"Routers", member, append(attributesOf([]string{"create_router", "update_router"},
			"external_gateway_info", "external_gateway_info:network_id"), "create_router", "update_router", "delete_router",
			"add_router_interface", "remove_router_interface", "add_extraroutes", "remove_extraroutes")},
		{"What only administrators say of routers", adminOnly, attributesOf([]string{"create_router", "update_router"},
			"distributed", "ha", "external_gateway_info:enable_snat", "external_gateway_info:external_fixed_ips")},
		{"Seeing routers", reader, []string{"get_router"}},
		{"What only administrators see of routers", adminOnly, attributesOf([]string{"get_router"}, "distributed", "ha")},
		{"Floating addresses", member, []string{"create_floatingip", "update_floatingip", "delete_floatingip"}},
		{"Choosing a floating address", adminOnly, []string{"create_floatingip:floating_ip_address"}},
		{"Seeing floating addresses", reader, []string{"get_floatingip"}},
		{"Security groups", member, []string{
			"create_security_group", "update_security_group", "delete_security_group", "create_security_group_rule",
			"update_security_group_rule", "delete_security_group_rule",
		}},
		{"Seeing security groups", readerOrSvc, []string{"get_security_group"}},
		{"Seeing security group rules", readerOrSvc + " or rule:sg_owner", []string{"get_security_group_rule"}},
		{"Tags", member, []string{"update_tags"}},
		{"Quotas", adminOnly, []string{"update_quota", "delete_quota", "get_quotas"}},
		{"Seeing a project's quotas", reader, []string{"get_quota"}},
		{"Agents", adminOnly, []string{
			"get_agent", "update_agent", "delete_agent", "get_dhcp-agents", "get_l3-agents", "get_dhcp-networks", "get_l3-routers",
		}},
		{"Address use", adminOnly, []string{"get_network_ip_availability"}},
		{"What there is", everyone, []string{"get_availability_zone", "get_extension", "get_resource", "get_service_provider", "get_subnetpool", "get_address_scope", "get_rbac_policy"}},
	}
}

// attributesOf names the rules of attributes within actions.
func attributesOf(actions []string, attributes ...string) []string {
	var out []string
	for _, action := range actions {
		for _, attribute := range attributes {
			out = append(out, action+":"+attribute)
		}
	}
	return out
}
