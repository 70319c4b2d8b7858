package keystone

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// Config is the section [keystone] of the configuration.
type Config struct {
	// Keys.
	KeyRepository           string `conf:"key_repository" doc:"folder of the keys that tokens are made with"`
	MaxActiveKeys           int    `conf:"max_active_keys" doc:"keys kept by a rotation: the staged, the primary and old ones"`
	CredentialKeyRepository string `conf:"credential_key_repository" doc:"folder of the keys that credentials are sealed with at rest"`
	ReceiptKeyRepository    string `conf:"receipt_key_repository" doc:"folder of the keys that receipts of several factors are made with"`
	JWSPrivateKeyRepository string `conf:"jws_private_key_repository" doc:"folder of private.pem, with which tokens are signed where token_provider is jws"`
	JWSPublicKeyRepository  string `conf:"jws_public_key_repository" doc:"folder of the keys by which signed tokens are known"`
	// Tokens.
	TokenProvider        string        `conf:"token_provider" doc:"fernet: tokens are sealed, and only keystone can read them; or jws: they are signed, and anybody can"`
	TokenLifetime        time.Duration `conf:"token_lifetime" doc:"how long a token is valid"`
	AuthMethods          []string      `conf:"auth_methods" doc:"ways to sign in: external, password, token, oauth1, mapped, application_credential, and totp, which is six digits and so best one of several factors"`
	ReceiptLifetime      time.Duration `conf:"receipt_lifetime" doc:"how long who has proven one of several factors has for the next"`
	TOTPWindows          int           `conf:"totp_included_previous_windows" doc:"how many half minutes a one-time password may be late"`
	RequestTokenDuration time.Duration `conf:"oauth_request_token_duration" doc:"how long a consumer may wait for a user to answer; 0 is for ever"`
	AccessTokenDuration  time.Duration `conf:"oauth_access_token_duration" doc:"how long a user lets a consumer act; 0 is for ever"`
	AllowExpiredWindow   time.Duration `conf:"allow_expired_window" doc:"how long after its end a token is still confirmed to services that ask so"`
	// Passwords.
	PasswordHashRounds      int           `conf:"password_hash_rounds" doc:"cost of bcrypt, 4 to 31; each step doubles the time"`
	PasswordMemory          time.Duration `conf:"password_memory" doc:"how long a password that was right is not hashed again; 0 hashes each time"`
	MaxPasswordLength       int           `conf:"max_password_length" doc:"longest password, in bytes; bcrypt reads 72"`
	UniqueLastPasswordCount int           `conf:"unique_last_password_count" doc:"how many last passwords, the present one included, a new one must differ from; 0 asks nothing"`
	LockoutFailureAttempts  int           `conf:"lockout_failure_attempts" doc:"wrong passwords in a row that lock an account; 0 never locks"`
	LockoutDuration         time.Duration `conf:"lockout_duration" doc:"how long an account stays locked"`
	PasswordExpiresDays     int           `conf:"password_expires_days" doc:"days a password is good for; 0 is for ever"`
	MinimumPasswordAge      int           `conf:"minimum_password_age" doc:"days a password that its user chose must be used before they choose another; an administrator may reset it at any time"`
	PasswordRegex           string        `conf:"password_regex" doc:"expression that passwords must match, as .NET and Perl write them, from their beginning; empty takes all"`
	PasswordDescription     string        `conf:"password_regex_description" doc:"the expression in words, for whoever chose one that does not match"`
	ChangeUponFirstUse      bool          `conf:"change_password_upon_first_use" doc:"whether a password that an administrator set must be changed before it serves"`
	DaysInactive            int           `conf:"disable_user_account_days_inactive" doc:"days without a sign-in that disable a user; 0 never does"`
	// Notifications.
	NotificationFormat string   `conf:"notification_format" doc:"cadf, or basic: how notifications tell who did what"`
	NotificationOptOut []string `conf:"notification_opt_out" doc:"notifications that are not told, as identity.user.created or identity.authenticate.success"`
	// The catalog.
	CatalogDriver                string `conf:"catalog_driver" doc:"sql, or templated: the catalog stands in a file and cannot be changed by requests"`
	CatalogTemplateFile          string `conf:"catalog_template_file" doc:"the file of a templated catalog, with lines such as catalog.RegionOne.compute.publicURL = http://controller/compute/v2.1"`
	ReturnAllEndpointsIfNoFilter bool   `conf:"return_all_endpoints_if_no_filter" doc:"the whole catalog, or an empty one, for projects that were given no endpoints"`
	// Bounds.
	ListLimit                  int `conf:"list_limit" doc:"longest list answered; 0 is unbounded"`
	MaxProjectTreeDepth        int `conf:"max_project_tree_depth" doc:"how deep projects may nest below their domain"`
	ApplicationCredentialLimit int `conf:"application_credential_limit" doc:"application credentials a user may have; -1 is unbounded"`
	MaxRedelegationCount       int `conf:"max_redelegation_count" doc:"how often a trust may be handed on, at most"`
	CredentialLimit            int `conf:"credential_limit" doc:"credentials a user may have; -1 is unbounded"`
	// Federation.
	DefaultAuthorizationTTL time.Duration `conf:"default_authorization_ttl" doc:"how long after a sign-in users stay in the groups that their identity provider told of, where it does not say"`
	TrustedDashboards       []string      `conf:"trusted_dashboards" doc:"addresses that may have the token of who signs in by an identity provider: https://cloud.example.org/auth/websso/"`
	// OpenID are the identity providers that speak OpenID Connect, by their ids in the API.
	OpenID map[string]OpenID `conf:"openid" doc:"identity providers that speak OpenID Connect, by their ids in the API"`
	// SAML are the identity providers that speak SAML 2.0, by their ids in the API.
	SAML map[string]SAML `conf:"saml" doc:"identity providers that speak SAML 2.0, by their ids in the API"`
	// SAMLIssuer is this cloud as an identity provider of others.
	SAMLIssuer SAMLIssuer `conf:"saml_issuer"`
	// External is a web server before keystone that signs users in: by Kerberos, by certificates.
	External External `conf:"external"`
	// Limits of what other services count.
	EnforcementModel string `conf:"enforcement_model" doc:"flat, or strict_two_level: no project's limit is above its domain's, and projects nest two deep"`
	// CredentialAuthTTL bounds signatures.
	CredentialAuthTTL time.Duration `conf:"credential_auth_ttl" doc:"how long a request that an EC2 credential signed may be confirmed"`
}

// The formats of notifications.
const (
	CADF  = "cadf"
	Basic = "basic"
)

// OpenID is how keystone is known to an OpenID provider.
type OpenID struct {
	Issuer           string   `conf:"issuer" doc:"the provider's address, as it calls itself; /.well-known/openid-configuration is read below it"`
	ClientID         string   `conf:"client_id" doc:"what it calls keystone"`
	ClientSecretFile string   `conf:"client_secret_file" doc:"a file with the secret by which it knows keystone"`
	Scopes           []string `conf:"scopes" doc:"what it is asked for, beside openid"`
	// Audiences are for clients that bring an access token.
	Audiences []string `conf:"audiences" doc:"whom access tokens may be for that clients bring; keystone's client_id when empty"`
}

// SAML is how a SAML identity provider and keystone know each other.
type SAML struct {
	MetadataFile    string `conf:"metadata_file" doc:"a file with what the identity provider says of itself, as XML"`
	EntityID        string `conf:"entity_id" doc:"what it calls keystone; the address of keystone's own metadata when empty"`
	KeyFile         string `conf:"key_file" doc:"a file with keystone's RSA key, by which its requests are signed, and assertions may be encrypted; neither when empty"`
	CertificateFile string `conf:"certificate_file" doc:"a file with the certificate of that key"`
}

// External is whom keystone believes who has signed in.
type External struct {
	SecretFile string `conf:"secret_file" doc:"a file with the secret that a web server before keystone says in the header X-Remote-Secret, to be believed that it has signed in X-Remote-User; nobody is when empty"`
	Domain     string `conf:"domain" doc:"the name of its users' domain; empty where it says that too, in X-Remote-Domain"`
}

// SAMLIssuer is what other clouds know this one by.
type SAMLIssuer struct {
	EntityID        string        `conf:"entity_id" doc:"what this cloud calls itself in assertions for others; it makes none when empty"`
	SSOEndpoint     string        `conf:"sso_endpoint" doc:"where it says, in its metadata, that users sign in"`
	KeyFile         string        `conf:"key_file" doc:"a file with the key by which assertions are signed"`
	CertificateFile string        `conf:"certificate_file" doc:"a file with the certificate of that key"`
	Lifetime        time.Duration `conf:"lifetime" doc:"how long an assertion may be used"`
}

// The providers of tokens.
const (
	Fernet = "fernet"
	JWS    = "jws"
)

// The drivers of catalogs.
const (
	SQL       = "sql"
	Templated = "templated"
)

// Check refuses a provider, a driver, a format, a model or a method that there is not, and an expression that is none.
func (c *Config) Check() error {
	if c.NotificationFormat != CADF && c.NotificationFormat != Basic {
		return fmt.Errorf("notification_format: %q is neither %s nor %s", c.NotificationFormat, CADF, Basic)
	}
	if c.Model().Name == "" {
		return fmt.Errorf("enforcement_model: %q is neither %s nor %s", c.EnforcementModel, Flat, StrictTwoLevel)
	}
	if _, err := regexp2.Compile(c.PasswordRegex, regexp2.None); err != nil {
		return fmt.Errorf("password_regex: %w", err)
	}
	if c.TokenProvider != Fernet && c.TokenProvider != JWS {
		return fmt.Errorf("token_provider: %q is neither %s nor %s", c.TokenProvider, Fernet, JWS)
	}
	if c.CatalogDriver != SQL && c.CatalogDriver != Templated {
		return fmt.Errorf("catalog_driver: %q is neither %s nor %s", c.CatalogDriver, SQL, Templated)
	}
	if c.CatalogDriver == Templated && c.CatalogTemplateFile == "" {
		return fmt.Errorf("catalog_template_file: a templated catalog needs one")
	}
	for id, p := range c.OpenID {
		if !strings.HasPrefix(p.Issuer, "https://") && !strings.HasPrefix(p.Issuer, "http://") || p.ClientID == "" {
			return fmt.Errorf("openid.%s: it needs an issuer, which is an address, and a client_id", id)
		}
	}
	for id, p := range c.SAML {
		if p.MetadataFile == "" || (p.KeyFile == "") != (p.CertificateFile == "") || c.OpenID[id].Issuer != "" {
			return fmt.Errorf("saml.%s: it needs a metadata_file, a certificate_file where there is a key_file, and no place under openid", id)
		}
	}
	for _, m := range c.AuthMethods {
		if !slices.Contains(AuthMethods[:], m) {
			return fmt.Errorf("auth_methods: there is no method %q", m)
		}
	}
	return nil
}

// Tells tells whether a notification is told that nobody opted out of.
func (c *Config) Tells(kind string) bool { return !slices.Contains(c.NotificationOptOut, kind) }

// DefaultConfig is the configuration where nothing is said. As keystone/conf/*.py.
func DefaultConfig() Config {
	return Config{
		MaxActiveKeys:        3,
		TokenProvider:        Fernet,
		CatalogDriver:        SQL,
		SAMLIssuer:           SAMLIssuer{Lifetime: time.Hour},
		External:             External{Domain: "Default"},
		TokenLifetime:        time.Hour,
		AuthMethods:          []string{"external", "password", "token", "oauth1", "mapped", "application_credential"},
		ReceiptLifetime:      5 * time.Minute,
		RequestTokenDuration: 8 * time.Hour,
		AccessTokenDuration:  24 * time.Hour,
		TOTPWindows:          1,
		AllowExpiredWindow:   48 * time.Hour,
		PasswordHashRounds:   12,
		PasswordMemory:       5 * time.Minute,
		MaxPasswordLength:    4096,
		LockoutDuration:      30 * time.Minute,
		NotificationFormat:   CADF,
		NotificationOptOut:   []string{"identity.authenticate.success", "identity.authenticate.pending", "identity.authenticate.failed"},
		MaxProjectTreeDepth:  5, ApplicationCredentialLimit: -1, MaxRedelegationCount: 3, CredentialLimit: -1, CredentialAuthTTL: 15 * time.Minute,
		ReturnAllEndpointsIfNoFilter: true,
		EnforcementModel:             Flat,
	}
}
