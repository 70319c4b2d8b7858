package nova

// BuildServer has a compute make a guest and let it run. A guest that is there already is left as it is.
type BuildServer struct {
	Server Server `json:"server"`
}

// Method names the message.
func (BuildServer) Method() string { return "build_server" }

// DestroyServer has a compute remove a guest with its disks. A guest that is not there is no error; a build under way is
// broken off.
type DestroyServer struct {
	Server Server `json:"server"`
}

// Method names the message.
func (DestroyServer) Method() string { return "destroy_server" }

// ChangePower has a compute do to a guest what the transition of that name means.
type ChangePower struct {
	Server Server      `json:"server"`
	Change PowerChange `json:"change"`
}

// Method names the message.
func (ChangePower) Method() string { return "change_power" }

// PowerChange is what can be done to a guest's run.
type PowerChange string

// The changes of a guest's run.
const (
	PowerOff       PowerChange = "stop"
	PowerOn        PowerChange = "start"
	PowerReboot    PowerChange = "reboot"
	PowerHardReset PowerChange = "hard-reboot"
	PowerPause     PowerChange = "pause"
	PowerUnpause   PowerChange = "unpause"
	PowerSuspend   PowerChange = "suspend"
	PowerResume    PowerChange = "resume"
)

// Action is the change as the server's actions and events name it: a reboot is one, hard or soft.
func (c PowerChange) Action() string {
	if c == PowerHardReset {
		return string(PowerReboot)
	}
	return string(c)
}

// GuestState is a compute's answer: how the guest stands now.
type GuestState struct {
	PowerState PowerState `json:"power_state"`
}

// ReadGuestConsole asks a compute for the last lines of a guest's console; Lines 0 gives all that is kept.
type ReadGuestConsole struct {
	ServerID string `json:"server_id"`
	Lines    int    `json:"lines"`
}

// Method names the message.
func (ReadGuestConsole) Method() string { return "read_guest_console" }

// ConsoleText is the answer to ReadGuestConsole.
type ConsoleText struct {
	Output []byte `json:"output"`
}

// PlugVIF and UnplugVIF attach a port to a running guest and take it off.
type PlugVIF struct {
	Server Server `json:"server"`
	VIF    VIF    `json:"vif"`
}

// Method names the message.
func (PlugVIF) Method() string { return "plug_vif" }

// UnplugVIF takes a port off a running guest.
type UnplugVIF struct {
	Server Server `json:"server"`
	VIF    VIF    `json:"vif"`
}

// Method names the message.
func (UnplugVIF) Method() string { return "unplug_vif" }

// GuestPower tells the conductor that a guest's run changed by itself.
type GuestPower struct {
	ServerID   string     `json:"server_id"`
	Host       string     `json:"host"`
	PowerState PowerState `json:"power_state"`
}

// Method names the message.
func (GuestPower) Method() string { return "guest_power" }

// ListHostServers asks the conductor for the servers recorded on a host.
type ListHostServers struct {
	Host string `json:"host"`
}

// Method names the message.
func (ListHostServers) Method() string { return "list_host_servers" }

// HostServers is the answer to ListHostServers.
type HostServers struct {
	Servers []Server `json:"servers"`
}

// ListEndedClaims asks the conductor which of the servers that have claimed of a host have no use for it: deleted, or ended
// without a host. A scheduler may claim for a server whose build was given up while it chose.
type ListEndedClaims struct {
	ServerIDs []string `json:"server_ids"`
}

// Method names the message.
func (ListEndedClaims) Method() string { return "list_ended_claims" }

// EndedClaims is the answer to ListEndedClaims.
type EndedClaims struct {
	ServerIDs []string `json:"server_ids"`
}

// OperationsWaiting nudges a conductor: an operation was recorded.
type OperationsWaiting struct{}

// Method names the message.
func (OperationsWaiting) Method() string { return "operations_waiting" }

// ServerChanged tells every conductor that something a flow may wait for happened to a server: a port was plugged, or it
// is to be deleted.
type ServerChanged struct {
	ServerID string `json:"server_id"`
}

// Method names the message.
func (ServerChanged) Method() string { return "server_changed" }

// RefreshNetwork has a conductor read a server's ports from neutron again.
type RefreshNetwork struct {
	ServerID string `json:"server_id"`
}

// Method names the message.
func (RefreshNetwork) Method() string { return "refresh_network" }
