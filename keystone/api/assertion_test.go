package api_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"cumulet/keystone"
)

// issuer is the configuration of a cloud that asserts who its users are.
func issuer(t *testing.T) (keystone.SAMLIssuer, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "keystone"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config := keystone.SAMLIssuer{
		EntityID: "https://here/identity", SSOEndpoint: "https://here/sso", Lifetime: time.Hour,
		KeyFile: filepath.Join(folder, "key"), CertificateFile: filepath.Join(folder, "certificate"),
	}
	for file, block := range map[string]*pem.Block{
		config.KeyFile: {Type: "PRIVATE KEY", Bytes: private}, config.CertificateFile: {Type: "CERTIFICATE", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config, certificate
}

// asks for an assertion of a token's holder.
func (c *cloud) assertion(path, token, provider string) (*http.Response, []byte) {
	c.Helper()
	body, err := json.Marshal(object{"auth": object{"identity": object{"methods": []string{"token"}, "token": object{"id": token}}, "scope": object{"service_provider": object{"id": provider}}}})
	if err != nil {
		c.Fatal(err)
	}
	a, err := http.Post(c.url+path, "application/json", bytes.NewReader(body)) //nolint:noctx // of a test
	if err != nil {
		c.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		c.Fatal(err)
	}
	return a, text
}

func TestAnotherCloudIsToldWhoAUserIs(t *testing.T) {
	t.Parallel()
	config, certificate := issuer(t)
	c := newCloud(t, func(k *keystone.Config) { k.SAMLIssuer = config })
	user, _ := c.member("ann")
	group := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "staff"}}), "group", "id")
	c.must(204, "PUT", "/v3/groups/"+group+"/users/"+user, nil)
	c.must(201, "PUT", "/v3/OS-FEDERATION/service_providers/beta", object{"service_provider": object{"auth_url": "http://beta/auth", "sp_url": "http://beta/sp", "enabled": true}})
	token := c.signIn("ann", "ann", project("ann"))
	for path, root := range map[string]string{"/v3/auth/OS-FEDERATION/saml2": "Response", "/v3/auth/OS-FEDERATION/saml2/ecp": "Envelope"} {
		a, text := c.assertion(path, token, "beta")
		if a.StatusCode != 200 || a.Header.Get("X-Sp-Url") != "http://beta/sp" || a.Header.Get("X-Auth-Url") != "http://beta/auth" || a.Header.Get("Content-Type") != "text/xml" {
			t.Fatalf("%s: %s %v %s", path, a.Status, a.Header, text)
		}
		document := etree.NewDocument()
		if err := document.ReadFromBytes(text); err != nil || document.Root().Tag != root {
			t.Fatalf("%v: %s", err, text)
		}
		assertion := document.FindElement("//Assertion")
		detached, err := dsigDetach(assertion)
		if err != nil {
			t.Fatal(err)
		}
		context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
		sure, err := context.Validate(detached)
		if err != nil {
			t.Fatalf("the signature: %v\n%s", err, text)
		}
		said := map[string]string{}
		for _, attribute := range sure.FindElements("./AttributeStatement/Attribute") {
			for _, value := range attribute.ChildElements() {
				said[attribute.SelectAttrValue("Name", "")] += value.Text() + ";"
			}
		}
		want := map[string]string{"openstack_user": "ann;", "openstack_user_domain": "Default;", "openstack_project": "ann;", "openstack_project_domain": "Default;",
			"openstack_groups": `JSON:{"domain":{"name":"Default"},"name":"staff"};`}
		for name, value := range want {
			if said[name] != value {
				t.Errorf("%s: %q, want %q", name, said[name], value)
			}
		}
		if !strings.Contains(said["openstack_roles"], "member;") || sure.FindElement("./Subject/NameID").Text() != "ann" {
			t.Errorf("%v", said)
		}
		if got := sure.FindElement("./Subject/SubjectConfirmation/SubjectConfirmationData").SelectAttrValue("Recipient", ""); got != "http://beta/sp" {
			t.Error(got)
		}
	}
	if status, text := get(t, http.DefaultClient, c.url+"/v3/OS-FEDERATION/saml2/metadata"); status != 200 || !strings.Contains(text, config.EntityID) {
		t.Errorf("%d %s", status, text)
	}
	unscoped := c.signIn("ann", "ann", "unscoped")
	lent := c.ask("POST", "/v3/users/"+user+"/application_credentials", token, object{"application_credential": object{"name": "a"}})
	credential := at(lent.body, "application_credential").(object)
	by := c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": object{"methods": []string{"application_credential"},
		"application_credential": object{"id": credential["id"], "secret": credential["secret"]}}}}).header.Get("X-Subject-Token")
	c.must(200, "PATCH", "/v3/OS-FEDERATION/service_providers/beta", object{"service_provider": object{"enabled": true}})
	for name, x := range map[string]struct {
		token, provider string
		status          int
	}{
		"unscoped": {unscoped, "beta", 403}, "lent": {by, "beta", 403}, "no token": {"none", "beta", 404}, "nobody": {token, "gamma", 404},
	} {
		if a, text := c.assertion("/v3/auth/OS-FEDERATION/saml2", x.token, x.provider); a.StatusCode != x.status {
			t.Errorf("%s: %s %s", name, a.Status, text)
		}
	}
	c.must(200, "PATCH", "/v3/OS-FEDERATION/service_providers/beta", object{"service_provider": object{"enabled": false}})
	if a, text := c.assertion("/v3/auth/OS-FEDERATION/saml2", token, "beta"); a.StatusCode != 403 {
		t.Errorf("%s %s", a.Status, text)
	}
	plain := newCloud(t)
	if a, text := plain.assertion("/v3/auth/OS-FEDERATION/saml2", plain.admin, "beta"); a.StatusCode != 404 {
		t.Errorf("%s %s", a.Status, text)
	}
}

// dsigDetach is an element with the namespaces that it uses.
func dsigDetach(e *etree.Element) (*etree.Element, error) {
	around, err := etreeutils.NSBuildParentContext(e)
	if err != nil {
		return nil, err
	}
	return etreeutils.NSDetatch(around, e)
}
