package neutron

import "time"

// Config is the section "neutron" of the configuration. The names in comments are upstream's options.
type Config struct {
	// TenantNetworkTypes are tried in turn for networks that name no segment (tenant_network_types).
	TenantNetworkTypes []SegmentType `conf:"tenant_network_types" doc:"segment types that projects' networks get, tried in turn"`
	// VNIRanges, VLANRanges are what is given out (vni_ranges, network_vlan_ranges): "1:1000", "physnet1:100:200".
	VNIRanges  []string `conf:"vni_ranges" doc:"VXLAN network identifiers for projects' networks, as LOW:HIGH"`
	VLANRanges []string `conf:"network_vlan_ranges" doc:"physical networks that carry VLANs, as NAME or NAME:LOW:HIGH"`
	// FlatNetworks are the physical networks for flat networks (flat_networks); "*" allows any name.
	FlatNetworks []string `conf:"flat_networks" doc:"physical networks that networks may use untagged; * for any"`
	// MTU is the underlay's (global_physnet_mtu); tunnels take their headers off it.
	MTU       int    `conf:"global_physnet_mtu" doc:"MTU of the physical networks in bytes"`
	DNSDomain string `conf:"dns_domain" doc:"domain of ports' names"`
	// AgentDownTime is the silence after which an agent is taken for dead (agent_down_time; upstream's default is 75 s).
	AgentDownTime time.Duration `conf:"agent_down_time" doc:"silence after which an agent is taken for dead"`
	// DHCPAgentsPerNetwork is how many serve a network (dhcp_agents_per_network).
	DHCPAgentsPerNetwork int `conf:"dhcp_agents_per_network" doc:"DHCP agents that serve one network"`
	// NotifyNova sends network-vif-plugged and network-changed to nova (notify_nova_on_port_status_changes).
	NotifyNova bool `conf:"notify_nova_on_port_status_changes" doc:"tell nova when ports are wired"`
	// Bounds of lists within nouns (max_dns_nameservers, max_subnet_host_routes, max_routes, max_allowed_address_pair).
	MaxNameservers  int `conf:"max_dns_nameservers" doc:"name servers of one subnet"`
	MaxHostRoutes   int `conf:"max_subnet_host_routes" doc:"host routes of one subnet"`
	MaxRoutes       int `conf:"max_routes" doc:"static routes of one router"`
	MaxAddressPairs int `conf:"max_allowed_address_pair" doc:"allowed address pairs of one port"`
	// Quota are the limits of projects that have none of their own; negative is no limit (quota_network …).
	Quota map[string]int `conf:"quota" doc:"limits of projects, by resource: network, subnet, port, router, floatingip, security_group, security_group_rule, subnetpool, rbac_policy"`
	// PageMax bounds lists (pagination_max_limit); 0 is no bound.
	PageMax int `conf:"pagination_max_limit" doc:"items in a page at most; 0 for no bound"`
}

// Resources are what quotas limit, in the order that the API shows them.
func Resources() []string {
	return []string{
		"network", "subnet", "subnetpool", "port", "router", "floatingip", "rbac_policy", "security_group", "security_group_rule",
	}
}

// DefaultConfig is the configuration where nothing else is said, upstream's defaults where it has them.
func DefaultConfig() Config {
	return Config{
		TenantNetworkTypes: []SegmentType{VXLAN},
		VNIRanges:          []string{"1:65535"},
		FlatNetworks:       []string{"*"},
		MTU:                1500,
		DNSDomain:          "openstacklocal",
		AgentDownTime:      time.Minute, DHCPAgentsPerNetwork: 1,
		NotifyNova:     true,
		MaxNameservers: 5, MaxHostRoutes: 20, MaxRoutes: 30, MaxAddressPairs: 10,
		Quota: map[string]int{
			"network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10, "floatingip": 50, "rbac_policy": 10,
			"security_group": 10, "security_group_rule": 100,
		},
	}
}
