package server

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/keystone/catalog"
	"cumulet/keystone/db"
	"cumulet/keystone/drivers/ldap"
	"cumulet/keystone/federation/oidc"
	"cumulet/keystone/federation/saml"
	"cumulet/keystone/fernet"
	"cumulet/keystone/identity"
	"cumulet/keystone/token"
)

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

// shortestSecret bounds what could be guessed.
const shortestSecret = 16

// externalSecret is what the web server before keystone says to be believed; "" where nobody is.
func externalSecret(config keystone.External) (string, error) {
	if config.SecretFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(config.SecretFile)
	if err != nil {
		return "", fmt.Errorf("keystone.external.secret_file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < shortestSecret {
		return "", fmt.Errorf("keystone.external.secret_file: %s: a secret has %d characters at least", config.SecretFile, shortestSecret)
	}
	return secret, nil
}
