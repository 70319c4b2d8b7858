package glance

import (
	"encoding/json"
	"time"

	"cumulet/oslo/fault"
)

// Task is what users see of an import: it outlives the import for TaskLife.
type Task struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Status    TaskStatus      `json:"status"`
	Owner     string          `json:"owner"` // project id
	ImageID   string          `json:"image_id"`
	UserID    string          `json:"user_id"`
	RequestID string          `json:"request_id"`
	Input     json.RawMessage `json:"input"`  // what was asked for
	Result    json.RawMessage `json:"result"` // {"image_id": …} once it succeeded, else nil
	Message   string          `json:"message"`
	ExpiresAt *time.Time      `json:"expires_at"` // when it is forgotten; nil while it is under way
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// Identity is the task's id and its project's, for the event log.
func (t Task) Identity() (id, projectID string) { return t.ID, t.Owner }

// TaskStatus is how far a task is.
type TaskStatus string

// The states of a task, as glance/domain/__init__.py, Task.
const (
	TaskPending    TaskStatus = "pending"
	TaskProcessing TaskStatus = "processing"
	TaskSuccess    TaskStatus = "success"
	TaskFailure    TaskStatus = "failure"
)

// The types of tasks: of the import API, of locations, and of the older one by which administrators import.
const (
	APIImportTask = "api_image_import"
	ImportTask    = "import"
	LocationTask  = "location_import" // of a place whose bits are looked at
)

// TaskFilter says which tasks a list has, and in which order.
type TaskFilter struct {
	Status  TaskStatus `json:"status,omitempty"`
	Type    string     `json:"type,omitempty"`
	SortKey string     `json:"sort_key"`
	Up      bool       `json:"up"` // ascending
	Marker  string     `json:"marker,omitempty"`
	Limit   int        `json:"limit"`
}

// TaskNotFound is a task that is not there, or not for this caller.
func TaskNotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "TaskNotFound", "Task with the given id %s was not found", id)
}
