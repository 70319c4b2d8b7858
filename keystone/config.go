package keystone

import (
	"fmt"
	"slices"
	"time"
)

// Config is the section [keystone] of the configuration.
type Config struct {
	// Keys.
	KeyRepository string `conf:"key_repository" doc:"folder of the keys that tokens are made with"`
	MaxActiveKeys int    `conf:"max_active_keys" doc:"keys kept by a rotation: the staged, the primary and old ones"`
	// Tokens.
	TokenLifetime      time.Duration `conf:"token_lifetime" doc:"how long a token is valid"`
	AllowExpiredWindow time.Duration `conf:"allow_expired_window" doc:"how long after its end a token is still confirmed to services that ask so"`
	// Passwords.
	PasswordHashRounds      int           `conf:"password_hash_rounds" doc:"cost of bcrypt, 4 to 31; each step doubles the time"`
	PasswordMemory          time.Duration `conf:"password_memory" doc:"how long a password that was right is not hashed again; 0 hashes each time"`
	MaxPasswordLength       int           `conf:"max_password_length" doc:"longest password, in bytes; bcrypt reads 72"`
	UniqueLastPasswordCount int           `conf:"unique_last_password_count" doc:"how many last passwords, the new one included, must differ; 0 and 1 ask nothing"`
	LockoutFailureAttempts  int           `conf:"lockout_failure_attempts" doc:"wrong passwords in a row that lock an account; 0 never locks"`
	LockoutDuration         time.Duration `conf:"lockout_duration" doc:"how long an account stays locked"`
	PasswordExpiresDays     int           `conf:"password_expires_days" doc:"days a password is good for; 0 is for ever"`
	// Notifications.
	NotificationFormat string   `conf:"notification_format" doc:"cadf, or basic: how notifications tell who did what"`
	NotificationOptOut []string `conf:"notification_opt_out" doc:"notifications that are not told, as identity.user.created or identity.authenticate.success"`
	// Bounds.
	ListLimit                  int `conf:"list_limit" doc:"longest list answered; 0 is unbounded"`
	MaxProjectTreeDepth        int `conf:"max_project_tree_depth" doc:"how deep projects may nest below their domain"`
	ApplicationCredentialLimit int `conf:"application_credential_limit" doc:"application credentials a user may have; -1 is unbounded"`
	// Limits of what other services count.
	EnforcementModel string `conf:"enforcement_model" doc:"flat, or strict_two_level: no project's limit is above its domain's, and projects nest two deep"`
}

// The formats of notifications.
const (
	CADF  = "cadf"
	Basic = "basic"
)

// Check refuses a format or a model that there is not.
func (c *Config) Check() error {
	if c.NotificationFormat != CADF && c.NotificationFormat != Basic {
		return fmt.Errorf("notification_format: %q is neither %s nor %s", c.NotificationFormat, CADF, Basic)
	}
	if c.Model().Name == "" {
		return fmt.Errorf("enforcement_model: %q is neither %s nor %s", c.EnforcementModel, Flat, StrictTwoLevel)
	}
	return nil
}

// Tells tells whether a notification is told that nobody opted out of.
func (c *Config) Tells(kind string) bool { return !slices.Contains(c.NotificationOptOut, kind) }

// DefaultConfig is the configuration where nothing is said. As keystone/conf/*.py.
func DefaultConfig() Config {
	return Config{
		MaxActiveKeys:       3,
		TokenLifetime:       time.Hour,
		AllowExpiredWindow:  48 * time.Hour,
		PasswordHashRounds:  12,
		PasswordMemory:      5 * time.Minute,
		MaxPasswordLength:   4096,
		LockoutDuration:     30 * time.Minute,
		NotificationFormat:  CADF,
		NotificationOptOut:  []string{"identity.authenticate.success", "identity.authenticate.pending", "identity.authenticate.failed"},
		MaxProjectTreeDepth: 5, ApplicationCredentialLimit: -1,
		EnforcementModel: Flat,
	}
}
