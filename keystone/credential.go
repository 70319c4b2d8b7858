package keystone

// Credential is a secret of a user that keystone keeps for other services, or by which requests are signed.
type Credential struct {
	ID        string
	UserID    string
	ProjectID string // "" where it is for no project
	Type      string // EC2, "totp", or whatever a service calls its own
	Extra     map[string]any
	// Blob is the secret itself. It stands in no event and no log, and in rows only sealed.
	Blob string `json:"-" bun:"-"`
}

// Types of credentials that keystone itself uses: EC2's sign requests as Amazon's clients do, TOTP's make one-time passwords.
const (
	EC2  = "ec2"
	TOTP = "totp"
)

// Identity makes a credential's events findable.
func (c Credential) Identity() (id, projectID string) { return c.ID, c.ProjectID }

// CredentialChange is what an update gives; nil members stay.
type CredentialChange struct{ UserID, ProjectID, Type, Blob *string }

// Apply changes c.
func (u CredentialChange) Apply(c *Credential) {
	set(&c.UserID, u.UserID)
	set(&c.ProjectID, u.ProjectID)
	set(&c.Type, u.Type)
	set(&c.Blob, u.Blob)
}
