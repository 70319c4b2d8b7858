package nova

import "time"

// Action is something that was asked of a server, as upstream's instance action.
type Action struct {
	ID        int64         `json:"id"`
	ServerID  string        `json:"server_id"`
	Name      string        `json:"name"` // "create", "stop" …
	RequestID string        `json:"request_id"`
	UserID    string        `json:"user_id"`
	ProjectID string        `json:"project_id"`
	Message   *string       `json:"message"` // "Error" when it failed
	StartedAt time.Time     `json:"started_at"`
	UpdatedAt time.Time     `json:"updated_at"`
	EndedAt   *time.Time    `json:"ended_at"`
	Events    []ActionEvent `json:"events"` // newest first; only where one action is asked for
}

// ActionEvent is one part of an action's work.
type ActionEvent struct {
	ActionID  int64      `json:"action_id"`
	Name      string     `json:"name"` // "compute__do_build_and_run_instance"
	Host      string     `json:"host"`
	Result    *string    `json:"result"` // "Success" or "Error"; nil while it runs
	Details   *string    `json:"details"`
	Traceback *string    `json:"traceback"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

// ActionFilter says which actions of a server to list.
type ActionFilter struct{ ChangesSince, ChangesBefore *time.Time }
