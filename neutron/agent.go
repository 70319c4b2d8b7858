package neutron

import "time"

// Agent is a process on a host that turns what is recorded into devices.
type Agent struct {
	ID          string
	Type        string // AgentLinuxBridge …
	Binary      string // "neutron-linuxbridge-agent"
	Host        string
	Topic       string
	Zone        string // availability zone; empty for L2 agents
	AdminUp     bool
	Description string
	// Configurations is what the agent says of itself; those the server reads are the constants Config….
	Configurations map[string]any
	Load           int

	CreatedAt, StartedAt, HeartbeatAt time.Time
	// Alive tells that it reported not long ago, at the time of reading.
	Alive bool
}

// Agent types, as neutron_lib.constants.
const (
	AgentLinuxBridge = "Linux bridge agent"
	AgentOpenVSwitch = "Open vSwitch agent"
	AgentDHCP        = "DHCP agent"
	AgentL3          = "L3 agent"
	AgentMetadata    = "Metadata agent"
)

// Configurations that the server reads of L2 agents.
const (
	ConfigTunnelIP          = "tunneling_ip"       // string: end of its tunnels
	ConfigTunnelTypes       = "tunnel_types"       // []string: "vxlan"
	ConfigBridgeMappings    = "bridge_mappings"    // map physical network → bridge
	ConfigInterfaceMappings = "interface_mappings" // map physical network → interface
	ConfigBridge            = "integration_bridge" // string, Open vSwitch
)

// TunnelIP is the end of the agent's tunnels, or "".
func (a Agent) TunnelIP() string {
	ip, _ := a.Configurations[ConfigTunnelIP].(string)
	return ip
}

// Tunnels tells whether the agent makes tunnels of the type.
func (a Agent) Tunnels(t SegmentType) bool {
	switch types := a.Configurations[ConfigTunnelTypes].(type) {
	case []any:
		for _, v := range types {
			if v == string(t) {
				return true
			}
		}
	case []string:
		for _, v := range types {
			if v == string(t) {
				return true
			}
		}
	}
	return false
}

// Maps tells whether the agent is connected to the physical network.
func (a Agent) Maps(physical string) bool {
	for _, name := range []string{ConfigBridgeMappings, ConfigInterfaceMappings} {
		switch mappings := a.Configurations[name].(type) {
		case map[string]any:
			if _, ok := mappings[physical]; ok {
				return true
			}
		case map[string]string:
			if _, ok := mappings[physical]; ok {
				return true
			}
		}
	}
	return false
}
