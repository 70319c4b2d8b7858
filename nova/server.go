package nova

import (
	"fmt"
	"slices"
	"time"
)

// Server is a guest as recorded: what was asked for, where it runs and how it stands.
type Server struct {
	// Number counts servers; the guest is called instance-%08x on its host.
	Number      int64   `json:"number"`
	ID          string  `json:"id"`
	ProjectID   string  `json:"project_id"`
	UserID      string  `json:"user_id"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Hostname    string  `json:"hostname"`

	VMState    VMState    `json:"vm_state"`
	TaskState  TaskState  `json:"task_state"`
	PowerState PowerState `json:"power_state"`
	Progress   int        `json:"progress"`
	Fault      *Failure   `json:"fault,omitempty"` // the last failure, shown while in ERROR

	// Host is the nova-compute service that has the guest, Node the hypervisor's name; "" until scheduled.
	Host       string `json:"host"`
	Node       string `json:"node"`
	LaunchedOn string `json:"launched_on"`
	// AvailabilityZone is the one asked for, or the host's once scheduled.
	AvailabilityZone string `json:"availability_zone"`

	ImageID   string            `json:"image_id"`
	KernelID  string            `json:"kernel_id"`
	RamdiskID string            `json:"ramdisk_id"`
	Image     map[string]string `json:"image"` // the image's properties when it was built
	Flavor    Flavor            `json:"flavor"`

	KeyName        string   `json:"key_name"`
	PublicKey      string   `json:"public_key"`
	UserData       string   `json:"user_data"` // base64, as given
	ConfigDrive    bool     `json:"config_drive"`
	DiskConfig     string   `json:"disk_config"` // AUTO or MANUAL
	AccessIPv4     string   `json:"access_ipv4"`
	AccessIPv6     string   `json:"access_ipv6"`
	RootDevice     string   `json:"root_device"` // "/dev/vda"
	ServerGroup    string   `json:"server_group"`
	SecurityGroups []string `json:"security_groups"` // names asked for at creation

	Metadata       map[string]string `json:"metadata"`
	SystemMetadata map[string]string `json:"system_metadata"`
	Tags           []string          `json:"tags"`
	Network        NetworkInfo       `json:"network"`

	Locked       bool    `json:"locked"`
	LockedBy     string  `json:"locked_by"` // "owner" or "admin"
	LockedReason *string `json:"locked_reason"`

	// Was is how it stood before the change that an event tells; nil elsewhere.
	Was *Was `json:"was,omitempty"`

	ReservationID string     `json:"reservation_id"`
	LaunchIndex   int        `json:"launch_index"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	LaunchedAt    *time.Time `json:"launched_at"`
	TerminatedAt  *time.Time `json:"terminated_at"`
	DeletedAt     *time.Time `json:"deleted_at"`
	Deleted       bool       `json:"deleted"`

	// Revision is another number after each write of the server: two that have the same are the same. It has no order.
	Revision int64 `json:"-"`
}

// Identity makes a server's events findable.
func (s Server) Identity() (id, projectID string) { return s.ID, s.ProjectID }

// Status is what users see of the states, as nova/api/openstack/common.py, status_from_state.
func (s Server) Status() string { return Status(s.VMState, s.TaskState) }

// Was is what of a server's past its watchers are told.
type Was struct {
	VMState   VMState   `json:"vm_state"`
	TaskState TaskState `json:"task_state"`
	Name      string    `json:"name"`
}

// Remember notes how the server stands, before it is changed.
func (s *Server) Remember() { s.Was = &Was{VMState: s.VMState, TaskState: s.TaskState, Name: s.Name} }

// Failure is why a server failed, as upstream's instance fault.
type Failure struct {
	Code    int       `json:"code"`
	Message string    `json:"message"`
	Details string    `json:"details"`
	Created time.Time `json:"created"`
}

// ServerFilter says which servers to list; the zero value gives all that are not deleted.
type ServerFilter struct {
	ProjectID, UserID string
	IDs               []string
	// Name, IP and IP6 are regular expressions, matched anywhere.
	Name, IP, IP6 string
	// States keeps servers whose (VMState, TaskState) is one of these; see StatesOf.
	States                 []StatePair
	VMStates               []VMState
	TaskStates             []TaskState
	PowerState             *PowerState
	Host, Node             string
	Hosts                  []string // any of them; nil: all
	ImageID                string
	FlavorID               string // the API's id
	KeyName                string
	Hostname               string
	AvailabilityZone       string
	ReservationID          string
	Description            string // regular expression
	LaunchIndex            *int
	Locked                 *bool
	ConfigDrive            *bool
	Deleted                *bool // nil: as false, unless ChangesSince is set, which shows both
	ChangesSince           *time.Time
	ChangesBefore          *time.Time
	CreatedAt              *time.Time
	Tags, TagsAny          []string
	NotTags, NotTagsAny    []string
	Metadata               map[string]string
	AccessIPv4, AccessIPv6 string
	ServerGroup            string
}

// Sort orders a list by one column.
type Sort struct {
	Key        string // as the API names it: created_at, display_name, uuid …
	Descending bool
}

// Page is a piece of a list: at most Limit after the one with id Marker.
type Page struct {
	Marker string
	Limit  int // 0: no limit
	Sort   []Sort
}

// HasTag tells whether the server bears a tag.
func (s Server) HasTag(tag string) bool { return slices.Contains(s.Tags, tag) }

// GuestName is the name of the server's guest on its host, as nova's instance_name_template.
func (s Server) GuestName() string { return fmt.Sprintf("instance-%08x", s.Number) }
