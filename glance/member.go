package glance

import "time"

// Member is a project that a shared image is shared with.
type Member struct {
	ImageID   string       `json:"image_id"`
	ProjectID string       `json:"member_id"`
	Status    MemberStatus `json:"status"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// Identity is the image's id and the member project's, for the event log.
func (m Member) Identity() (id, projectID string) { return m.ImageID, m.ProjectID }

// MemberStatus is what the member makes of the offer: only accepted images stand in its default list.
type MemberStatus string

// The states of a membership.
const (
	Pending  MemberStatus = "pending"
	Accepted MemberStatus = "accepted"
	Rejected MemberStatus = "rejected"
)

// Valid tells whether s is one of the states.
func (s MemberStatus) Valid() bool { return s == Pending || s == Accepted || s == Rejected }
