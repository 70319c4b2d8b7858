// Package samltest is a small SAML identity provider for tests: it signs in whoever it is told to.
package samltest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/xml"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"
)

// Provider is the provider.
type Provider struct {
	// EntityID is what it calls itself; MetadataFile holds what it says of itself.
	EntityID, MetadataFile string
	// ECP is where clients without a browser sign in, with everybody's Password.
	ECP, Password string

	t   testing.TB
	idp *saml.IdentityProvider
	now func() time.Time

	mu   sync.Mutex
	who  saml.Session
	knew map[string]*saml.EntityDescriptor
}

// Start starts a provider that ends with the test; now is what its clock shows.
func Start(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, now: now, knew: map[string]*saml.EntityDescriptor{}}
	key, certificate := certify(t, now())
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	sso, err := url.Parse(web.URL + "/sso")
	if err != nil {
		t.Fatal(err)
	}
	about, err := url.Parse(web.URL + "/metadata")
	if err != nil {
		t.Fatal(err)
	}
	p.idp = &saml.IdentityProvider{
		Key: key, Certificate: certificate, SSOURL: *sso, MetadataURL: *about, ServiceProviderProvider: p, SessionProvider: p,
		SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	mux.HandleFunc("/sso", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.idp.Clock = dsig.NewFakeClockAt(p.now())
		p.mu.Unlock()
		p.idp.ServeSSO(w, r)
	})
	p.idp.Clock = dsig.NewFakeClockAt(now())
	mux.HandleFunc("POST /ecp", p.serveEnvelope)
	described := p.idp.Metadata()
	described.IDPSSODescriptors[0].SingleSignOnServices = append(described.IDPSSODescriptors[0].SingleSignOnServices,
		saml.Endpoint{Binding: saml.SOAPBinding, Location: web.URL + "/ecp"})
	text, err := xml.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	p.ECP, p.Password = web.URL+"/ecp", password
	p.EntityID, p.MetadataFile = about.String(), filepath.Join(t.TempDir(), "metadata.xml")
	if err := os.WriteFile(p.MetadataFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func certify(t testing.TB, now time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * 365 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

// Become has whoever comes to sign in be this one, with groups.
func (p *Provider) Become(name string, groups ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.who = saml.Session{
		ID: "session", Index: "1", CreateTime: now, ExpireTime: now.Add(time.Hour), NameID: name, UserName: name, UserEmail: name + "@example.org", Groups: groups,
	}
}

// Learn reads what a service provider says of itself.
func (p *Provider) Learn(text []byte) {
	p.t.Helper()
	// The library knows no PAOS, and would leave out where enhanced clients bring answers.
	about, err := samlsp.ParseMetadata(bytes.ReplaceAll(text, []byte("urn:oasis:names:tc:SAML:2.0:bindings:PAOS"), []byte(saml.HTTPPostBinding)))
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.knew[about.EntityID] = about
}

// GetServiceProvider is a saml.ServiceProviderProvider's.
func (p *Provider) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if about := p.knew[id]; about != nil {
		return about, nil
	}
	return nil, os.ErrNotExist
}

// GetSession is a saml.SessionProvider's.
func (p *Provider) GetSession(http.ResponseWriter, *http.Request, *saml.IdpAuthnRequest) *saml.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.who
	return &who
}
