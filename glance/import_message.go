package glance

// TransferTopic is where glance-api hosts take what the registry has them do with bits.
const TransferTopic = "glance-transfer"

// The messages of imports. The registry answers the first ones; the last are answered by a glance-api host.
type (
	// FinishStaging says that an upload to the staging area has come whole.
	FinishStaging struct {
		ID     string `json:"id"`
		Token  string `json:"token"`
		Staged Staged `json:"staged"`
	}
	// StartImport begins an import; the answer is its Task, with an empty id where nothing was left to do.
	StartImport struct {
		Caller    Caller `json:"caller"`
		ID        string `json:"id"`
		RequestID string `json:"request_id"`
		Import    Import `json:"import"`
		// Roles are the caller's, which decide what properties the image gets.
		Roles []string `json:"roles,omitempty"`
		// ByHand tells that an administrator started the task (POST /v2/tasks).
		ByHand bool `json:"by_hand,omitempty"`
	}
	// StartTask registers an image and begins an import of it; the answer is its Task.
	StartTask struct {
		Image  Image       `json:"image"`
		Import StartImport `json:"import"`
	}
	// ShowTask asks for one Task.
	ShowTask struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
	}
	// ListTasks asks for a page of tasks that the caller may see, []Task.
	ListTasks struct {
		Caller Caller     `json:"caller"`
		Filter TaskFilter `json:"filter"`
	}
	// ListImageTasks asks for the tasks of an image, []Task, the newest first.
	ListImageTasks struct {
		Caller  Caller `json:"caller"`
		ImageID string `json:"image_id"`
	}

	// BringBits has a host bring bits to where an upload says; the answer is Brought.
	BringBits struct {
		Upload Upload `json:"upload"`
		From   Source `json:"from"`
	}
	// ProcessBits has a host do with bits of its staging area what plugins do; the answer is Processed.
	ProcessBits struct {
		Upload   Upload   `json:"upload"` // says where the outcome goes
		Staged   Staged   `json:"staged"`
		Handling Handling `json:"handling"`
	}
	// DropBits has a host delete bits of its staging area.
	DropBits struct {
		Location Location `json:"location"`
	}
)

// Source is where bits come from: one of a store's locations, or a URL.
type Source struct {
	Locations []Location `json:"locations,omitempty"` // of the same bits, to be tried in this order
	Size      *int64     `json:"size,omitempty"`      // of those bits
	URL       string     `json:"url,omitempty"`
}

// Brought are bits that have come, and the host that has seen to it.
type Brought struct {
	Host string `json:"host"`
	Bits Bits   `json:"bits"`
}

// Processed is what plugins have made of staged bits. Those that they were made of are still there.
type Processed struct {
	// Staged are the bits now: where the upload said, or untouched where they were.
	Staged          Staged `json:"staged"`
	DiskFormat      string `json:"disk_format"`
	ContainerFormat string `json:"container_format"`
}

// Method names the message on the bus.
func (FinishStaging) Method() string { return "finish_staging" }

// Method names the message on the bus.
func (StartImport) Method() string { return "start_import" }

// Method names the message on the bus.
func (StartTask) Method() string { return "start_task" }

// Method names the message on the bus.
func (ShowTask) Method() string { return "show_task" }

// Method names the message on the bus.
func (ListTasks) Method() string { return "list_tasks" }

// Method names the message on the bus.
func (ListImageTasks) Method() string { return "list_image_tasks" }

// Method names the message on the bus.
func (BringBits) Method() string { return "bring_bits" }

// Method names the message on the bus.
func (ProcessBits) Method() string { return "process_bits" }

// Method names the message on the bus.
func (DropBits) Method() string { return "drop_bits" }
