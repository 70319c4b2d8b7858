// Package server puts keystone's floors together: from a configuration and a database to what wiring mounts. It decides
// nothing.
package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/applicationcredential"
	"cumulet/keystone/assignment"
	"cumulet/keystone/auth"
	"cumulet/keystone/catalog"
	"cumulet/keystone/credential"
	"cumulet/keystone/db"
	"cumulet/keystone/drivers/ldap"
	"cumulet/keystone/drivers/sql"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/oidc"
	"cumulet/keystone/federation/saml"
	"cumulet/keystone/fernet"
	"cumulet/keystone/identity"
	"cumulet/keystone/limit"
	"cumulet/keystone/oauth"
	"cumulet/keystone/password"
	"cumulet/keystone/resource"
	"cumulet/keystone/token"
	"cumulet/keystone/trust"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/policy"
)

// Server is keystone, ready to be mounted.
type Server struct {
	DB                    *db.DB
	Keys                  *fernet.Keys
	Identity              *identity.Manager
	Directories           *identity.Directories
	Resource              *resource.Manager
	Assignment            *assignment.Manager
	Catalog               *catalog.Manager
	ApplicationCredential *applicationcredential.Manager
	Credential            *credential.Manager
	Trust                 *trust.Manager
	Limit                 *limit.Manager
	OAuth                 *oauth.Manager
	Federation            *federation.Manager
	Tokens                *auth.Manager

	openID map[string]*oidc.Provider
	saml   map[string]*saml.Provider
	issuer *saml.Issuer
	config keystone.Config
	log    *slog.Logger
}

// New opens the database at url and the key repositories, which it fills where they are empty.
func New(ctx context.Context, config keystone.Config, url string, log *slog.Logger, now func() time.Time) (*Server, error) {
	database, err := db.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	keys := &fernet.Keys{Folder: config.KeyRepository, MaxActive: config.MaxActiveKeys}
	tokens, err := provider(config, keys, now)
	if err != nil {
		database.Close() //nolint:errcheck // what keeps keystone from starting is the error to tell
		return nil, err
	}
	seals := &fernet.Keys{Folder: config.CredentialKeyRepository, MaxActive: credential.MaxActiveKeys}
	if err := seals.Setup(); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	receipts := &fernet.Keys{Folder: config.ReceiptKeyRepository, MaxActive: config.MaxActiveKeys}
	if err := receipts.Setup(); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	passwords := &password.Hasher{Cost: config.PasswordHashRounds, MaxLength: config.MaxPasswordLength, Memory: config.PasswordMemory, Now: now}
	s := &Server{DB: database, Keys: keys, config: config, log: log}
	pattern, err := password.NewPattern(config.PasswordRegex)
	if err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, fmt.Errorf("keystone.password_regex: %w", err)
	}
	s.Resource = &resource.Manager{DB: database, Config: config, Now: now}
	s.Directories = &identity.Directories{DB: database, Config: s.Resource.WholeDomainConfig, Openers: openers()}
	s.Identity = &identity.Manager{
		Driver: &identity.ByDomain{
			Driver: &sql.Driver{DB: database, Passwords: passwords, Config: config, Now: now}, Directories: s.Directories,
		},
		DB: database, Pattern: pattern, Requirement: config.PasswordDescription,
	}
	s.Assignment = &assignment.Manager{DB: database, Identity: s.Identity, Now: now}
	if s.Catalog, err = newCatalog(database, config, now); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	s.ApplicationCredential = &applicationcredential.Manager{DB: database, Assignment: s.Assignment, Passwords: passwords, Config: config, Now: now}
	s.Credential = &credential.Manager{DB: database, Keys: seals, Config: config, Now: now}
	s.Trust = &trust.Manager{DB: database, Identity: s.Identity, Assignment: s.Assignment, Config: config, Now: now}
	s.Limit = &limit.Manager{DB: database, Config: config}
	s.OAuth = &oauth.Manager{DB: database, Assignment: s.Assignment, Config: config, Now: now}
	if s.openID, err = openID(config, now); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	if s.saml, err = openSAML(config, now); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	if s.issuer, err = saml.OpenIssuer(config.SAMLIssuer, now); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, fmt.Errorf("keystone.saml_issuer.%w", err)
	}
	s.Federation = &federation.Manager{DB: database, Identity: s.Identity, Resource: s.Resource, Assignment: s.Assignment, Config: config, Now: now}
	s.Tokens = &auth.Manager{
		DB: database, Identity: s.Identity, Assignment: s.Assignment, Catalog: s.Catalog, Credential: s.Credential, Trust: s.Trust, OAuth: s.OAuth, Federation: s.Federation, Passwords: passwords,
		Tokens: tokens, Receipts: &token.Receipts{Keys: receipts, Now: now}, Config: config, Now: now,
	}
	s.Tokens.Methods = map[string]auth.Method{}
	for name, method := range s.Tokens.AllMethods() {
		if slices.Contains(config.AuthMethods, name) {
			s.Tokens.Methods[name] = method
		}
	}
	if err := s.Limit.Check(ctx); err != nil {
		database.Close() //nolint:errcheck // the same
		return nil, err
	}
	return s, nil
}

// Handler is the Identity API under a prefix, with the rules of api.Rules or those that an operator put over them.
func (s *Server) Handler(prefix string, rules *policy.Enforcer) (http.Handler, error) {
	a := &api.API{
		Prefix: prefix, Tokens: s.Tokens, Identity: s.Identity, Resource: s.Resource, Assignment: s.Assignment, Catalog: s.Catalog,
		ApplicationCredential: s.ApplicationCredential, Credential: s.Credential, Trust: s.Trust, OAuth: s.OAuth, Federation: s.Federation, Limit: s.Limit,
		OpenID: s.openID, SAML: s.saml, Issuer: s.issuer, Policy: rules, Config: s.config, Log: s.log, Keeper: &keeper.Keeper{DB: s.DB.DB},
	}
	h, err := a.Handler()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(db.AtOneMoment(r.Context())))
	}), nil
}

// newCatalog reads the template where the catalog is one.
func newCatalog(database *db.DB, config keystone.Config, now func() time.Time) (*catalog.Manager, error) {
	m := &catalog.Manager{DB: database, Config: config, Now: now}
	if config.CatalogDriver != keystone.Templated {
		return m, nil
	}
	file, err := os.Open(config.CatalogTemplateFile)
	if err != nil {
		return nil, fmt.Errorf("keystone.catalog_template_file: %w", err)
	}
	defer file.Close()
	if m.Template, err = catalog.ParseTemplate(file); err != nil {
		return nil, fmt.Errorf("keystone.catalog_template_file: %s: %w", config.CatalogTemplateFile, err)
	}
	return m, nil
}

// provider makes what makes tokens, with the keys it needs.
func provider(config keystone.Config, keys *fernet.Keys, now func() time.Time) (auth.TokenProvider, error) {
	if config.TokenProvider == keystone.JWS {
		pairs := &token.KeyPairs{Private: config.JWSPrivateKeyRepository, Public: config.JWSPublicKeyRepository}
		return &token.Signed{Keys: pairs, Now: now}, pairs.Setup()
	}
	return &token.Provider{Keys: keys, Now: now}, keys.Setup()
}

// openers open the directories that domains may have, by the drivers' names.
func openers() map[string]func(string, keystone.DomainConfig) (identity.Directory, error) {
	return map[string]func(string, keystone.DomainConfig) (identity.Directory, error){
		"ldap": func(domainID string, c keystone.DomainConfig) (identity.Directory, error) {
			return ldap.Open(domainID, c)
		},
	}
}

// askTimeout bounds a question to an identity provider.
const askTimeout = 15 * time.Second

// openID are the identity providers that speak OpenID Connect.
func openID(config keystone.Config, now func() time.Time) (map[string]*oidc.Provider, error) {
	providers := map[string]*oidc.Provider{}
	for id, p := range config.OpenID {
		var secret []byte
		if p.ClientSecretFile != "" {
			var err error
			if secret, err = os.ReadFile(p.ClientSecretFile); err != nil {
				return nil, fmt.Errorf("keystone.openid.%s.client_secret_file: %w", id, err)
			}
		}
		providers[id] = &oidc.Provider{Config: p, Secret: strings.TrimSpace(string(secret)), Client: &http.Client{Timeout: askTimeout}, Now: now}
	}
	return providers, nil
}

// openSAML are the identity providers that speak SAML.
func openSAML(config keystone.Config, now func() time.Time) (map[string]*saml.Provider, error) {
	providers := map[string]*saml.Provider{}
	for id, p := range config.SAML {
		var err error
		if providers[id], err = saml.Open(p, now); err != nil {
			return nil, fmt.Errorf("keystone.saml.%s.%w", id, err)
		}
	}
	return providers, nil
}

// Close closes the directories and the database.
func (s *Server) Close() error {
	s.Directories.Close()
	return s.DB.Close()
}
