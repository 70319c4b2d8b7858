package keystone

import "time"

// ApplicationCredential lets a program act for a user in one project with some of the user's roles. Its secret is shown
// once, when it is made. It dies with the user, the project, and the loss of any of its roles.
type ApplicationCredential struct {
	ID          string
	Name        string // unique among the user's
	UserID      string
	ProjectID   string
	Description *string
	// Unrestricted ones may make other application credentials; nil when not said.
	Unrestricted *bool
	Roles        []string // ids
	ExpiresAt    *time.Time
	AccessRules  []AccessRule
}

// Identity makes a credential's events findable.
func (a ApplicationCredential) Identity() (id, projectID string) { return a.ID, a.ProjectID }

// Restricted tells whether it may not make other credentials.
func (a ApplicationCredential) Restricted() bool { return a.Unrestricted == nil || !*a.Unrestricted }

// AccessRule names requests that an application credential may make; with none it may make all.
type AccessRule struct {
	ID      string `json:"id"`
	Service string `json:"service"` // type, as in the catalog
	Method  string `json:"method"`
	Path    string `json:"path"` // with * (one segment), ** (any) and {name}
}
