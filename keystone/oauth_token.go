package keystone

import (
	"time"

	"cumulet/oslo/fault"
)

// RequestToken is a consumer's question whether it may act in a project, and the answer of whoever was asked.
type RequestToken struct {
	ID         string
	ConsumerID string
	ProjectID  string
	ExpiresAt  *time.Time // nil where questions do not end
	// UserID said yes, to these roles, and told the consumer the verifier; "" before.
	UserID   string
	Roles    []string // ids
	Verifier string   `json:"-"`
	Secret   string   `json:"-"`
}

// Identity makes a request token's events findable.
func (t RequestToken) Identity() (id, projectID string) { return t.ID, t.ProjectID }

// AccessToken lets a consumer act for a user in a project, with some of the user's roles.
type AccessToken struct {
	ID         string
	ConsumerID string
	UserID     string
	ProjectID  string
	Roles      []string   // ids
	ExpiresAt  *time.Time // nil where it does not end
	Secret     string     `json:"-"`
}

// Identity makes an access token's events findable.
func (t AccessToken) Identity() (id, projectID string) { return t.ID, t.ProjectID }

// RequestTokenNotFound and AccessTokenNotFound are the faults for what is not there. As keystone/oauth1/backends/sql.py, which does not
// say which.
func RequestTokenNotFound() *fault.Fault {
	return fault.New(fault.NotFound, "NotFound", "Request token not found")
}

// AccessTokenNotFound is the fault for an access token that is not there.
func AccessTokenNotFound() *fault.Fault {
	return fault.New(fault.NotFound, "NotFound", "Access token not found")
}
