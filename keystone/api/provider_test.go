package api_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cumulet/keystone"
)

func TestSignedTokensServeAsSealedOnes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	c := newCloud(t, func(config *keystone.Config) {
		config.TokenProvider = keystone.JWS
		config.JWSPrivateKeyRepository, config.JWSPublicKeyRepository = filepath.Join(folder, "private"), filepath.Join(folder, "public")
	})
	c.member("ann")
	token := c.signIn("ann", "ann", project("ann"))
	if strings.Count(token, ".") != 2 {
		t.Errorf("it is no JSON Web Token: %s", token)
	}
	if got := c.valid(token); got != 200 {
		t.Errorf("it is answered with %d", got)
	}
	if a := c.ask("DELETE", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token); a.status != 204 {
		t.Error(a)
	}
	if got := c.valid(token); got != 404 {
		t.Errorf("given back, it is answered with %d", got)
	}
}

func TestATemplatedCatalogIsShown(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "catalog")
	if err := os.WriteFile(file, []byte("catalog.RegionOne.identity.publicURL = http://there/v3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCloud(t, func(config *keystone.Config) {
		config.CatalogDriver, config.CatalogTemplateFile = keystone.Templated, file
	})
	a := c.ask("POST", "/v3/auth/tokens", "", login("admin", adminPassword, project("admin")))
	if got := word(a.body, "token", "catalog", 0, "endpoints", 0, "url"); got != "http://there/v3" || len(at(a.body, "token", "catalog").([]any)) != 1 {
		t.Error(a.text)
	}
	if got := word(c.must(200, "GET", "/v3/endpoints", nil), "endpoints", 0, "id"); got != "RegionOne-identity-public" {
		t.Error(got)
	}
	c.must(501, "POST", "/v3/services", object{"service": object{"type": "x"}})
	c.must(501, "DELETE", "/v3/endpoints/RegionOne-identity-public", nil)
}
