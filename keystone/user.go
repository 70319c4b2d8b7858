package keystone

import "time"

// User is who can sign in.
type User struct {
	ID               string
	DomainID         string
	Name             string // unique in its domain
	Enabled          bool
	DefaultProjectID string
	// PasswordExpiresAt is nil where the password never expires.
	PasswordExpiresAt *time.Time
	// FailedLogins counts wrong passwords since the last right one; FailedAt is when the last was given.
	FailedLogins int
	FailedAt     *time.Time
	// ActiveAt is the day of the last sign-in, where that is kept; nil where it is not.
	ActiveAt  *time.Time
	Options   map[string]any
	Extra     map[string]any
	CreatedAt time.Time
}

// Identity makes a user's events findable.
func (u User) Identity() (id, projectID string) { return u.ID, "" }

// UserChange is what an update gives; nil members stay.
type UserChange struct {
	Name             *string
	Enabled          *bool
	DefaultProjectID *string
	Password         *string
	Options, Extra   map[string]any
}

// Apply changes u; the password is not part of a user.
func (c UserChange) Apply(u *User) {
	set(&u.Name, c.Name)
	set(&u.Enabled, c.Enabled)
	set(&u.DefaultProjectID, c.DefaultProjectID)
	u.Options = merged(u.Options, c.Options, true)
	u.Extra = merged(u.Extra, c.Extra, false)
}

// Options of users. As keystone/identity/backends/resource_options.py.
const (
	IgnorePasswordExpiry = "ignore_password_expiry"
	IgnoreLockout        = "ignore_lockout_failure_attempts"
	LockPassword         = "lock_password"
	IgnoreFirstUse       = "ignore_change_password_upon_first_use"
	IgnoreInactivity     = "ignore_user_inactivity"
	MultiFactorEnabled   = "multi_factor_auth_enabled"
	MultiFactorRules     = "multi_factor_auth_rules"
)

// Factors are the sets of methods of which the user must prove all of one; none where one method is enough. Rules that make no sense
// are none, as keystone/auth/core.py, _parse_rule_structure.
func (u User) Factors() [][]string {
	if enabled, said := u.Options[MultiFactorEnabled].(bool); said && !enabled {
		return nil
	}
	var sets [][]string
	rules, _ := u.Options[MultiFactorRules].([]any)
	for _, rule := range rules {
		list, _ := rule.([]any)
		var methods []string
		for _, one := range list {
			method, ok := one.(string)
			if !ok {
				methods = nil
				break
			}
			methods = append(methods, method)
		}
		if len(methods) > 0 {
			sets = append(sets, methods)
		}
	}
	return sets
}

// Password is one password a user has or had, newest last.
type Password struct {
	UserID      string
	Hash        string
	CreatedAt   time.Time
	ExpiresAt   *time.Time
	SelfService bool // chosen by the user, not by an admin
}
