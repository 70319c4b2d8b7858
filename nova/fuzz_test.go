package nova_test

import (
	"testing"

	"cumulet/nova"
	"cumulet/oslo/messaging/messagingtest"
)

// FuzzMessage reads whatever may come as a message of this service.
func FuzzMessage(f *testing.F) {
	messagingtest.FuzzBodies(f, func() []any {
		return []any{new(nova.AnnounceHost), new(nova.BuildServer), new(nova.ChangePower), new(nova.DestroyServer), new(nova.GuestPower), new(nova.HostChanged), new(nova.ListHostServers), new(nova.ListHostStates), new(nova.OperationsWaiting), new(nova.PlugVIF), new(nova.ReadGuestConsole), new(nova.RefreshNetwork), new(nova.ReportNode), new(nova.ReportService), new(nova.SelectHost), new(nova.ServerChanged), new(nova.UnplugVIF)}
	})
}
