// Package server puts keystone's floors together: from a configuration and a database to what wiring mounts. It decides
// nothing.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/applicationcredential"
	"cumulet/keystone/assignment"
	"cumulet/keystone/auth"
	"cumulet/keystone/catalog"
	"cumulet/keystone/credential"
	"cumulet/keystone/db"
	"cumulet/keystone/drivers/sql"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/oidc"
	"cumulet/keystone/federation/saml"
	"cumulet/keystone/fernet"
	"cumulet/keystone/identity"
	"cumulet/keystone/kept"
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
	secret string // of the web server before keystone
	config keystone.Config
	log    *slog.Logger
}

// New opens the database at url, the key repositories, which it fills where they are empty, and what else the configuration names.
func New(ctx context.Context, config keystone.Config, url string, log *slog.Logger, now func() time.Time) (*Server, error) {
	database, err := db.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	s, err := assemble(ctx, config, database, log, now)
	if err != nil {
		return nil, errors.Join(err, database.Close())
	}
	return s, nil
}

// assemble puts the floors together, from the database up.
func assemble(ctx context.Context, config keystone.Config, database *db.DB, log *slog.Logger, now func() time.Time) (*Server, error) {
	keys := &fernet.Keys{Folder: config.KeyRepository, MaxActive: config.MaxActiveKeys}
	tokens, err := provider(config, keys, now)
	if err != nil {
		return nil, err
	}
	seals := &fernet.Keys{Folder: config.CredentialKeyRepository, MaxActive: credential.MaxActiveKeys}
	if err := seals.Setup(); err != nil {
		return nil, err
	}
	receipts := &fernet.Keys{Folder: config.ReceiptKeyRepository, MaxActive: config.MaxActiveKeys}
	if err := receipts.Setup(); err != nil {
		return nil, err
	}
	passwords := &password.Hasher{Cost: config.PasswordHashRounds, MaxLength: config.MaxPasswordLength, Memory: config.PasswordMemory, Now: now}
	s := &Server{DB: database, Keys: keys, config: config, log: log}
	pattern, err := password.NewPattern(config.PasswordRegex)
	if err != nil {
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
		return nil, err
	}
	s.ApplicationCredential = &applicationcredential.Manager{DB: database, Assignment: s.Assignment, Passwords: passwords, Config: config, Now: now}
	s.Credential = &credential.Manager{DB: database, Keys: seals, Config: config, Now: now}
	s.Trust = &trust.Manager{DB: database, Identity: s.Identity, Assignment: s.Assignment, Config: config, Now: now}
	s.Limit = &limit.Manager{DB: database, Config: config}
	s.OAuth = &oauth.Manager{DB: database, Assignment: s.Assignment, Config: config, Now: now}
	if s.openID, err = openID(config, now); err != nil {
		return nil, err
	}
	if s.saml, err = openSAML(config, now); err != nil {
		return nil, err
	}
	if s.issuer, err = saml.OpenIssuer(config.SAMLIssuer, now); err != nil {
		return nil, fmt.Errorf("keystone.saml_issuer.%w", err)
	}
	if s.secret, err = externalSecret(config.External); err != nil {
		return nil, err
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
		ExternalSecret: s.secret, Kept: &kept.Answers{DB: s.DB, Now: s.Tokens.Now},
	}
	h, err := a.Handler()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(db.AtOneMoment(r.Context())))
	}), nil
}

// Close closes the directories and the database.
func (s *Server) Close() error {
	s.Directories.Close()
	return s.DB.Close()
}
