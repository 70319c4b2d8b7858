package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/catalog"
	"cumulet/keystone/credential"
	"cumulet/keystone/db"
	"cumulet/keystone/federation"
	"cumulet/keystone/identity"
	"cumulet/keystone/oauth"
	"cumulet/keystone/password"
	"cumulet/keystone/token"
	"cumulet/keystone/trust"
)

// Manager issues, confirms and revokes tokens.
type Manager struct {
	DB         *db.DB
	Identity   *identity.Manager
	Assignment *assignment.Manager
	Catalog    *catalog.Manager
	Credential *credential.Manager
	Trust      *trust.Manager
	OAuth      *oauth.Manager
	Federation *federation.Manager
	Passwords  *password.Hasher
	Tokens     TokenProvider
	Receipts   *token.Receipts
	// Methods are the ways to authenticate, by their names in the API: those of AllMethods that the configuration names.
	Methods map[string]Method
	Config  keystone.Config
	Now     func() time.Time

	holders db.Memory[holder, keystone.Token]
	tokens  db.Memory[reading, keystone.Token]
}

// reading is a token, by a hash, so that nothing holds it, as it was read in an epoch of the keys.
type reading struct {
	hash  [sha256.Size]byte
	epoch int64
}

// TokenProvider makes tokens of claims and claims of tokens: token.Provider, token.Signed.
type TokenProvider interface {
	Issue(c keystone.Claims) (string, error)
	// Read gives the claims of a token of this cloud, expired or not; another is a fault of kind unauthorized.
	Read(token string) (keystone.Claims, error)
	// Epoch is another when the keys are others: what was read with those may not be read now.
	Epoch() (int64, error)
}

// Method proves who someone is by one kind of credential.
type Method interface {
	// Prove adds what the credentials prove. It is a fault of kind unauthorized where they prove nothing.
	Prove(ctx context.Context, c Credentials, p *Proof) error
}

// AllMethods is the table of the methods there are.
func (m *Manager) AllMethods() map[string]Method {
	return map[string]Method{
		"external":               externalMethod{m},
		"totp":                   totpMethod{m},
		"oauth1":                 oauthMethod{m},
		"mapped":                 mappedMethod{m},
		"password":               passwordMethod{m},
		"token":                  tokenMethod{m},
		"application_credential": applicationCredentialMethod{m},
	}
}

// Request asks for a token.
type Request struct {
	Methods []string // without doubles
	// Volunteered tells that the method "external" was not asked for: where it proves nothing, the others may.
	Volunteered bool
	Credentials Credentials
	// Scope is nil where none is asked for: then it is the user's default project, if that can be entered.
	Scope *ScopeRequest
	// Receipt is of what was proven before; "" for none.
	Receipt string
}

// Credentials are what the methods look at, each its own.
type Credentials struct {
	Login                 identity.Login
	Token                 string
	ApplicationCredential ApplicationCredential
	TOTP                  OneTimePassword
	OAuth                 oauth.Request
	// Vouched is what an identity provider says of who asks; nil where none was asked.
	Vouched *federation.Vouched
	// External is whom a web server before keystone has signed in; nil where it has not.
	External *identity.Login
}

// OneTimePassword is who gives which.
type OneTimePassword struct {
	User     identity.Login
	Passcode string
}

// ApplicationCredential names a credential by its id, or by its name and user.
type ApplicationCredential struct {
	ID, Name, Secret string
	User             identity.Login
}

// ScopeRequest names a scope: a project by id, or by name with its domain; a domain by id or name; the system; or, with
// kind Unscoped, none. Or a trust, whose project it is then.
type ScopeRequest struct {
	Kind                 keystone.ScopeKind
	ID, Name             string // of the project or domain
	DomainID, DomainName string // of a project named by name
	TrustID              string
}

// Proof is what the methods of one request have proven together.
type Proof struct {
	User    keystone.User
	Methods []string
	// ExpiresAt is when the earliest credential ends; zero when none does.
	ExpiresAt time.Time
	// Chain is the audit id of the first token of the chain; "" where no token was used.
	Chain string
	// ApplicationCredential narrows the token; nil where none was used.
	ApplicationCredential *keystone.ApplicationCredential
	// AccessToken is the one that a consumer signed with; it says for which project and with which roles.
	AccessToken *keystone.AccessToken
	// Federated is what an identity provider vouched for.
	Federated *keystone.Federated
	// OnSystem tells that a token of the system was used.
	OnSystem bool
}

var errDisagree = errors.New("the methods prove different users")

// is adds that the user is u.
func (p *Proof) is(u keystone.User) error {
	if p.User.ID != "" && p.User.ID != u.ID {
		return keystone.Unauthorized(errDisagree)
	}
	p.User = u
	return nil
}

// until adds that the proof ends.
func (p *Proof) until(end time.Time) {
	if p.ExpiresAt.IsZero() || end.Before(p.ExpiresAt) {
		p.ExpiresAt = end
	}
}
