package neutron

import "time"

// Topics of the bus. Agents listen on theirs (with their host), the server on Topic.
const (
	Topic     = "neutron"
	TopicL2   = "neutron-l2"
	TopicDHCP = "neutron-dhcp"
	TopicL3   = "neutron-l3"
)

// AgentReport says that an agent lives; agents Call it on Topic every few seconds. Answered by AgentReported.
type AgentReport struct {
	Type           string // AgentLinuxBridge …
	Binary         string
	Host           string
	Zone           string // of DHCP and L3 agents; "nova" when empty
	StartedAt      time.Time
	Configurations map[string]any
	Load           int // how much it serves: ports, networks or routers
	// Synced tells that the agent has fetched everything since it started, or since it was last told to.
	Synced bool
}

// Method is the message's name on the bus.
func (AgentReport) Method() string { return "agent_report" }

// AgentReported answers AgentReport.
type AgentReported struct {
	AgentID string
	// Resync asks for a full synchronisation: the server did not know the agent, held it for dead, or an operator
	// changed its state.
	Resync bool
	// Disabled tells that an operator took the agent out of service (admin_state_up false).
	Disabled bool
}

// What the server fans out after each commit. They name what changed and carry nothing else: an agent whom it
// concerns fetches. A lost one costs until the agent's next full synchronisation, no more.

// PortChanged says that a port was made, bound, or changed. On TopicDHCP, where it is or was bound on TopicL2, and where it is a
// router's on TopicL3. OldHost is set when it moved.
type PortChanged struct{ PortID, NetworkID, Host, OldHost, DeviceOwner, DeviceID string }

// PortDeleted says that a port is no more. On all topics.
type PortDeleted struct{ PortID, NetworkID, Host, DeviceOwner, DeviceID string }

// SecurityGroupsChanged says that rules or members of groups changed. On TopicL2. Agents that wire ports with these
// groups, or whose groups' rules name them as remote, fetch the groups anew (HostWiring or PortWiring).
type SecurityGroupsChanged struct{ IDs []string }

// NetworkChanged says that a network or its subnets changed. On TopicDHCP and, but for a new one that nobody wires, on TopicL2.
type NetworkChanged struct{ ID string }

// NetworkDeleted says that a network is no more. On TopicL2 and TopicDHCP.
type NetworkDeleted struct{ ID string }

// RouterChanged says that a router, its interfaces or floating addresses changed. On TopicL3.
type RouterChanged struct{ ID string }

// RouterDeleted says that a router is no more. On TopicL3.
type RouterDeleted struct{ ID string }

// PeersChanged says that a host with tunnels came or went. On TopicL2.
type PeersChanged struct{}

// Method is the message's name on the bus.
func (PortChanged) Method() string { return "port_changed" }

// Method is the message's name on the bus.
func (PortDeleted) Method() string { return "port_deleted" }

// Method is the message's name on the bus.
func (SecurityGroupsChanged) Method() string { return "security_groups_changed" }

// Method is the message's name on the bus.
func (NetworkChanged) Method() string { return "network_changed" }

// Method is the message's name on the bus.
func (NetworkDeleted) Method() string { return "network_deleted" }

// Method is the message's name on the bus.
func (RouterChanged) Method() string { return "router_changed" }

// Method is the message's name on the bus.
func (RouterDeleted) Method() string { return "router_deleted" }

// Method is the message's name on the bus.
func (PeersChanged) Method() string { return "peers_changed" }
