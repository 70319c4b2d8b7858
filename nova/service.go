package nova

import "time"

// HeardWithin is how recently a service must have reported to be up; as nova's service_down_time.
const HeardWithin = 60 * time.Second

// The names of nova's roles that report themselves.
const (
	ConductorBinary = "nova-conductor"
	SchedulerBinary = "nova-scheduler"
	ComputeBinary   = "nova-compute"
)

// Service is one role on one host, as it reports itself.
type Service struct {
	ID             string     `json:"id"` // UUID, shown from microversion 2.53
	Number         int64      `json:"number"`
	Host           string     `json:"host"`
	Binary         string     `json:"binary"`
	Topic          string     `json:"topic"`
	Zone           string     `json:"zone"` // its availability zone; "internal" for all but computes
	Disabled       bool       `json:"disabled"`
	DisabledReason *string    `json:"disabled_reason"`
	ForcedDown     bool       `json:"forced_down"`
	LastSeen       *time.Time `json:"last_seen"`
	ReportCount    int64      `json:"report_count"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      *time.Time `json:"updated_at"` // of the record or of the last report, whichever is later
}

// Identity makes a service's events findable.
func (s Service) Identity() (id, projectID string) { return s.ID, "" }

// Up tells whether the service was heard of recently enough. A report of the future is none: a clock was set back since; as
// nova/servicegroup/drivers/db.py, is_up.
func (s Service) Up(now time.Time) bool {
	return !s.ForcedDown && s.LastSeen != nil && now.Sub(*s.LastSeen).Abs() <= HeardWithin
}

// ServiceFilter says which services to list.
type ServiceFilter struct{ Host, Binary string }

// ReportService is a role's heartbeat, cast to the conductor.
type ReportService struct {
	Host   string `json:"host"`
	Binary string `json:"binary"`
	Topic  string `json:"topic"`
}

// Method names the message.
func (ReportService) Method() string { return "report_service" }
