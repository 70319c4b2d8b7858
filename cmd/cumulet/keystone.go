package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cumulet/keystone/api"
	"cumulet/keystone/assignment"
	"cumulet/keystone/auth"
	"cumulet/keystone/bootstrap"
	"cumulet/keystone/catalog"
	"cumulet/keystone/credential"
	"cumulet/keystone/db"
	"cumulet/keystone/drivers/sql"
	"cumulet/keystone/identity"
	"cumulet/keystone/middleware"
	"cumulet/keystone/password"
	"cumulet/keystone/resource"
	"cumulet/keystone/token"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
	"cumulet/oslo/service"
)

// keystone is the identity service, with what it must know before anybody can sign in.
func (p *process) keystone(ctx context.Context) (service.Role, error) {
	config := p.config.Keystone
	if config.KeyRepository == "" {
		config.KeyRepository = p.data.path("keystone", "fernet-keys")
	}
	database, err := db.Open(ctx, p.database("keystone", ""))
	if err != nil {
		return service.Role{}, err
	}
	p.closes(database)
	p.services.tokenGeneration = database.Generation
	keys := &token.Keys{Folder: config.KeyRepository, MaxActive: config.MaxActiveKeys}
	if err := keys.Setup(); err != nil {
		return service.Role{}, err
	}
	passwords := &password.Hasher{Cost: config.PasswordHashRounds, MaxLength: config.MaxPasswordLength}
	users := &identity.Manager{Driver: &sql.Driver{DB: database, Passwords: passwords, Config: config, Now: time.Now}, DB: database}
	projects := &resource.Manager{DB: database, Config: config, Now: time.Now}
	roles := &assignment.Manager{DB: database, Identity: users, Now: time.Now}
	places := &catalog.Manager{DB: database}
	tokens := &auth.Manager{
		DB: database, Identity: users, Assignment: roles, Catalog: places, Passwords: passwords,
		Tokens: &token.Provider{Keys: keys, Now: time.Now}, Config: config, Now: time.Now,
	}
	tokens.Methods = tokens.DefaultMethods()
	if err := p.bootstrap(ctx, &bootstrap.Bootstrap{Identity: users, Resource: projects, Assignment: roles, Catalog: places}); err != nil {
		return service.Role{}, err
	}
	rules, err := policy.New(api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	face := &api.API{
		Prefix: "/identity", Tokens: tokens, Identity: users, Resource: projects, Assignment: roles, Catalog: places,
		Credential: &credential.Manager{DB: database, Assignment: roles, Passwords: passwords, Config: config, Now: time.Now},
		Policy:     rules, Config: config, Log: p.log,
	}
	return p.serveAPI("/identity", face.Handler)
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
	if err := b.Run(ctx, plan); err != nil {
		return err
	}
	if !p.demo {
		return nil
	}
	_, err := b.Account(ctx, bootstrap.Account{Project: "demo", User: "demo", Password: p.secrets.DemoPassword, Roles: []string{"member"}})
	if err != nil {
		return fmt.Errorf("make the demo's account: %w", err)
	}
	return nil
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
