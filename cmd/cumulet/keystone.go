package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/api"
	"cumulet/keystone/bootstrap"
	"cumulet/keystone/middleware"
	"cumulet/keystone/notification"
	"cumulet/keystone/server"
	"cumulet/oslo/rest"
	"cumulet/oslo/service"
)

// keystone is the identity service, with what it must know before anybody can sign in.
func (p *process) keystone(ctx context.Context) (service.Role, error) {
	s, err := server.New(ctx, withFolders(p.data, p.config.Keystone), p.database("keystone"), p.log, time.Now)
	if err != nil {
		return service.Role{}, err
	}
	p.closes(s)
	p.services.tokenGeneration = s.DB.Generation
	if err := p.bootstrap(ctx, s); err != nil {
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

// bootstrap makes who and what a cloud begins with, and brings the catalog to where the gateway is. Where several do so at once, they
// take turns.
func (p *process) bootstrap(ctx context.Context, s *server.Server) error {
	proofs, err := bootstrap.ReadProofs(p.data.path("keystone", "passwords.json"))
	if err != nil {
		return err
	}
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
	b := &bootstrap.Bootstrap{Identity: s.Identity, Resource: s.Resource, Assignment: s.Assignment, Catalog: s.Catalog, Proofs: proofs, Passwords: s.Tokens.Passwords}
	return s.DB.Exclusive(ctx, func() error { return b.Run(ctx, plan) })
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

// withFolders is keystone's configuration with the folders of its keys: those in the cloud's data, where no others are named.
func withFolders(d dataDir, c keystone.Config) keystone.Config {
	for folder, name := range map[*string]string{
		&c.KeyRepository: "fernet-keys", &c.CredentialKeyRepository: "credential-keys", &c.ReceiptKeyRepository: "receipt-keys",
		&c.JWSPrivateKeyRepository: "jws-keys/private", &c.JWSPublicKeyRepository: "jws-keys/public",
	} {
		*folder = cmp.Or(*folder, d.path("keystone", name))
	}
	return c
}
