package neutron_test

import (
	"testing"

	"cumulet/neutron"
	"cumulet/oslo/messaging/messagingtest"
)

// FuzzMessage reads whatever may come as a message of this service.
func FuzzMessage(f *testing.F) {
	messagingtest.FuzzBodies(f, func() []any {
		return []any{new(neutron.AddressOwner), new(neutron.AgentReport), new(neutron.FloatingIPStatus), new(neutron.HostNetworks), new(neutron.HostRouters), new(neutron.HostWiring), new(neutron.NetworkChanged), new(neutron.NetworkDeleted), new(neutron.PeersChanged), new(neutron.PortChanged), new(neutron.PortDeleted), new(neutron.PortWiring), new(neutron.PortsDown), new(neutron.PortsUp), new(neutron.RouterChanged), new(neutron.RouterDeleted), new(neutron.RouterStatus), new(neutron.SecurityGroupsChanged)}
	})
}
