package neutron

// Event is a kind of entry in neutron's event log: its name, the type of the thing it carries as it then was, and when it is
// recorded. db.Tx.Record refuses what is not in the table.
type Event struct{ Name, Payload, When string }

// Events are all of them.
func Events() []Event {
	return []Event{
		{"network.create.end", "Network", "a network was made"},
		{"network.update.end", "Network", "it changed"},
		{"network.delete.end", "Network", "it was deleted"},
		{"subnet.create.end", "Subnet", "a subnet was made"},
		{"subnet.update.end", "Subnet", "it changed"},
		{"subnet.delete.end", "Subnet", "it was deleted"},
		{"port.create.end", "Port", "a port was made"},
		{"port.update.end", "Port", "it changed: by a caller, or its wiring"},
		{"port.delete.end", "Port", "it was deleted"},
		{"router.create.end", "Router", "a router was made"},
		{"router.update.end", "Router", "it changed: by a caller, or how it fares"},
		{"router.delete.end", "Router", "it was deleted"},
		{"floatingip.create.end", "FloatingIP", "a floating address was made"},
		{"floatingip.update.end", "FloatingIP", "it changed: its port, or how it fares"},
		{"floatingip.delete.end", "FloatingIP", "it was deleted"},
		{"security_group.create.end", "SecurityGroup", "a security group was made"},
		{"security_group.update.end", "SecurityGroup", "it changed"},
		{"security_group.delete.end", "SecurityGroup", "it was deleted"},
		{"security_group_rule.create.end", "SecurityGroupRule", "a rule was added to a group"},
		{"security_group_rule.delete.end", "SecurityGroupRule", "it was removed"},
		{"router.interface.create", "RouterInterface", "a router was joined to a subnet"},
		{"router.interface.delete", "RouterInterface", "it was parted from it"},
		{"port.vif.plugged", "Plug", "a guest's port is wired on its host; nova is told"},
		{"port.vif.unplugged", "Plug", "it is wired no more; nova is told"},
		{"port.vif.deleted", "Plug", "it was deleted; nova is told"},
		{"port.vif.addresses", "Plug", "its floating addresses changed; nova is told"},
		{"agent.update.end", "Agent", "an agent was enabled, disabled or described"},
		{"agent.delete.end", "Agent", "its record was deleted"},
	}
}
