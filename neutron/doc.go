// Package neutron is the nouns of networking: networks, subnets, ports, routers, floating addresses, security groups and
// agents, their faults, and the messages between neutron-server and its agents.
//
// A request goes api → plugin → db; the plugin then nudges the agents by Fanout (message.go), and they fetch what they
// must wire by Call on Topic. Agents never see the database: what an answer holds is all they know.
//
//	               TopicL2, TopicDHCP, TopicL3 (Fanout: PortChanged, RouterChanged …)
//	neutron-server ─────────────────────────────────────────────────────────────▶ agents
//	               ◀─────────────────────────────────────────────────────────────
//	               Topic (Call: AgentReport, HostWiring, HostNetworks, HostRouters, PortsUp, PortsDown …)
//
// It holds no HTTP and no SQL.
package neutron
