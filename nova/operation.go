package nova

// The flows that carry a server's operations out; nova/manager records them, nova/conductor runs them.
const (
	CreateFlow    = "server.create"
	DeleteFlow    = "server.delete"
	PowerFlow     = "server.power"
	InterfaceFlow = "server.interface"
)

// CreateState is what the flow that builds a server knows.
type CreateState struct {
	ServerID       string             `json:"server_id"`
	ActionID       int64              `json:"action_id"`
	Spec           RequestSpec        `json:"spec"`
	Networks       []RequestedNetwork `json:"networks"`
	NetworkMode    string             `json:"network_mode"`
	SecurityGroups []string           `json:"security_groups"` // ids
	Tries          int                `json:"tries"`
}

// DeleteState is what the flow that removes a server knows.
type DeleteState struct {
	ServerID string `json:"server_id"`
	ActionID int64  `json:"action_id"`
}

// PowerFlowState is what the flow that changes a guest's run knows.
type PowerFlowState struct {
	ServerID string      `json:"server_id"`
	ActionID int64       `json:"action_id"`
	Change   PowerChange `json:"change"`
	Task     TaskState   `json:"task"`
	To       VMState     `json:"to"`
	Reached  PowerState  `json:"reached"`
}

// InterfaceState is what the flow that attaches or detaches a port knows.
type InterfaceState struct {
	ServerID string           `json:"server_id"`
	ActionID int64            `json:"action_id"`
	Request  RequestedNetwork `json:"request"`
	VIF      VIF              `json:"vif"`
	Detach   bool             `json:"detach"`
}
