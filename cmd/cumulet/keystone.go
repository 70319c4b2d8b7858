package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/bootstrap"
	"cumulet/keystone/credential"
	keystonedb "cumulet/keystone/db"
	"cumulet/keystone/fernet"
	"cumulet/keystone/middleware"
	"cumulet/keystone/notification"
	"cumulet/keystone/server"
	"cumulet/keystone/trust"
	"cumulet/oslo/rest"
	"cumulet/oslo/service"
)

// keystone is the identity service, with what it must know before anybody can sign in.
func (p *process) keystone(ctx context.Context) (service.Role, error) {
	config := p.config.Keystone
	config.KeyRepository, config.CredentialKeyRepository = keyRepository(p.data, config), credentialKeyRepository(p.data, config)
	config.ReceiptKeyRepository = receiptKeyRepository(p.data, config)
	s, err := server.New(ctx, config, p.database("keystone"), p.log, time.Now)
	if err != nil {
		return service.Role{}, err
	}
	p.closes(s)
	p.services.tokenGeneration = s.DB.Generation
	proofs, err := bootstrap.ReadProofs(p.data.path("keystone", "passwords.json"))
	if err != nil {
		return service.Role{}, err
	}
	b := &bootstrap.Bootstrap{Identity: s.Identity, Resource: s.Resource, Assignment: s.Assignment, Catalog: s.Catalog, Proofs: proofs, Passwords: s.Tokens.Passwords}
	if err := s.DB.Exclusive(ctx, func() error { return p.bootstrap(ctx, b) }); err != nil {
		return service.Role{}, err
	}
	rules, err := p.policy("keystone", api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	tell, err := p.keystoneNotifying(ctx, s)
	if err != nil {
		return service.Role{}, err
	}
	built, err := p.serveAPI("/identity", func() (http.Handler, error) { return s.Handler("/identity", rules) })
	built.Run = together(built.Run, tell, p.forgetting("keystone", s.DB.DB))
	return built, err
}

// keystoneNotifying tells what happens in keystone, with who signed in where that is wanted.
func (p *process) keystoneNotifying(ctx context.Context, s *server.Server) (func(context.Context) error, error) {
	words := &notification.Translator{Config: p.config.Keystone}
	if p.notifies() {
		s.Identity.Witness = func(o keystone.Outcome) bool { return words.Config.Tells("identity.authenticate." + string(o)) }
		own, err := s.Catalog.Services(ctx, keystone.Query{}.And("type", "identity"))
		if err != nil {
			return nil, err
		}
		if len(own) > 0 {
			words.ObserverID = own[0].ID
		}
	}
	return p.notifying(ctx, "keystone", s.DB.DB, words.Translate)
}

// bootstrap makes who and what a cloud begins with, and brings the catalog to where the gateway is.
func (p *process) bootstrap(ctx context.Context, b *bootstrap.Bootstrap) error {
	plan := bootstrap.Plan{AdminPassword: p.secrets.AdminPassword, Region: p.config.Region}
	for _, s := range []struct{ kind, name, path string }{
		{"identity", "keystone", "/identity"}, {"image", "glance", "/image"}, {"placement", "placement", "/placement"},
		{"compute", "nova", "/compute/v2.1"}, {"network", "neutron", "/network"},
	} {
		plan.Services = append(plan.Services, bootstrap.Service{Type: s.kind, Name: s.name, Public: p.config.URL + s.path})
	}
	for _, name := range serviceNames() {
		plan.ServiceUsers = append(plan.ServiceUsers, bootstrap.ServiceUser{Name: name, Password: p.secrets.ServicePasswords[name]})
	}
	return b.Run(ctx, plan)
}

// authenticator confirms tokens for the API of a service type. All of a process share what they remember.
func (p *process) authenticator(serviceType string) rest.Authenticator {
	if p.services.tokens == nil {
		p.services.tokens = &middleware.Keystone{
			URL: p.config.URL + "/identity", Client: &http.Client{Transport: p.gateway, Timeout: apiTimeout},
			User: "nova", Password: p.secrets.ServicePasswords["nova"], Project: "service", Now: time.Now,
			Generation: p.services.tokenGeneration,
		}
	}
	return &middleware.Middleware{Keystone: p.services.tokens, ServiceType: serviceType}
}

// keyRepository is the folder of the keys that tokens are made with.
func keyRepository(d dataDir, config keystone.Config) string {
	return cmp.Or(config.KeyRepository, d.path("keystone", "fernet-keys"))
}

// credentialKeyRepository is the folder of the keys that credentials are sealed with.
func credentialKeyRepository(d dataDir, config keystone.Config) string {
	return cmp.Or(config.CredentialKeyRepository, d.path("keystone", "credential-keys"))
}

// receiptKeyRepository is the folder of the keys that receipts are made with.
func receiptKeyRepository(d dataDir, config keystone.Config) string {
	return cmp.Or(config.ReceiptKeyRepository, d.path("keystone", "receipt-keys"))
}

// keystoneCommand holds what operators know from keystone-manage.
type keystoneCommand struct {
	FernetRotate      fernetRotateCommand      `cmd:"" help:"Make the staged key the one that tokens are made with, and stage a new one."`
	ReceiptRotate     receiptRotateCommand     `cmd:"" help:"Make the staged key the one that receipts are made with, and stage a new one."`
	CredentialRotate  credentialRotateCommand  `cmd:"" help:"Make the staged key the one that credentials are sealed with, and stage a new one."`
	CredentialMigrate credentialMigrateCommand `cmd:"" help:"Seal all credentials with the newest key, so that the keys may be rotated again."`
	TrustFlush        trustFlushCommand        `cmd:"" help:"Delete the trusts that have ended or are used up."`
}

type fernetRotateCommand struct{}

// Run rotates the keys; a keystone that runs sees it at the next token. Tokens of keys that are still kept stay valid.
func (fernetRotateCommand) Run(c *commands) error { return rotate(c, keyRepository) }

type receiptRotateCommand struct{}

// Run rotates the keys of receipts.
func (receiptRotateCommand) Run(c *commands) error { return rotate(c, receiptKeyRepository) }

// rotate rotates the keys of a repository.
func rotate(c *commands, repository func(dataDir, keystone.Config) string) error {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	keys := &fernet.Keys{Folder: repository(dataDir(c.Data), config.Keystone), MaxActive: config.Keystone.MaxActiveKeys}
	return keys.Rotate()
}

type credentialRotateCommand struct{}

// Run rotates the keys; a keystone that runs sees it at the next credential.
func (credentialRotateCommand) Run(ctx context.Context, c *commands) error {
	return withCredentials(ctx, c, func(m *credential.Manager) error {
		err := m.Rotate(ctx)
		if errors.Is(err, credential.ErrUnmigrated) {
			return fmt.Errorf("%w, with `cumulet keystone credential-migrate`", err)
		}
		return err
	})
}

type credentialMigrateCommand struct{}

// Run seals credentials anew; it may be cut off and run again.
func (credentialMigrateCommand) Run(ctx context.Context, c *commands) error {
	return withCredentials(ctx, c, func(m *credential.Manager) error {
		migrated, err := m.Migrate(ctx)
		fmt.Printf("%d credentials are sealed with the newest key now.\n", migrated)
		return err
	})
}

// withCredentials opens keystone's database and the keys of credentials.
func withCredentials(ctx context.Context, c *commands, do func(*credential.Manager) error) error {
	return withKeystone(ctx, c, func(p *process, database *keystonedb.DB) error {
		keys := &fernet.Keys{Folder: credentialKeyRepository(p.data, p.config.Keystone), MaxActive: credential.MaxActiveKeys}
		return do(&credential.Manager{DB: database, Keys: keys, Config: p.config.Keystone, Now: time.Now})
	})
}

type trustFlushCommand struct{}

// Run deletes what gives nobody a token any more.
func (trustFlushCommand) Run(ctx context.Context, c *commands) error {
	return withKeystone(ctx, c, func(_ *process, database *keystonedb.DB) error {
		ended, err := (&trust.Manager{DB: database, Now: time.Now}).Flush(ctx)
		fmt.Printf("%d trusts had ended.\n", ended)
		return err
	})
}

// withKeystone opens the database of a keystone that has one.
func withKeystone(ctx context.Context, c *commands, do func(*process, *keystonedb.DB) error) (err error) {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	p := &process{data: dataDir(c.Data), config: config}
	address := p.database("keystone")
	if !there(address) {
		return fmt.Errorf("there is no keystone in %s: start the cloud first with `cumulet up`, or name its data with --data", c.Data)
	}
	database, err := keystonedb.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return do(p, database)
}
