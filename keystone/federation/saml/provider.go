package saml

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"

	"cumulet/keystone"
	"cumulet/keystone/federation"
)

// Provider is a SAML 2.0 identity provider.
type Provider struct {
	now      func() time.Time
	config   keystone.SAML
	metadata *saml.EntityDescriptor
	key      *rsa.PrivateKey // by which it may encrypt for us; nil where it may not
	cert     *x509.Certificate
	used     *used
}

// Named tells whether keystone has a name of its own at the provider. Where it has none, it is called by the address that a caller asked.
func (p *Provider) Named() bool { return p.config.EntityID != "" }

// Open reads what is configured of a provider: its metadata, and keystone's key where it has one.
func Open(config keystone.SAML, now func() time.Time) (*Provider, error) {
	text, err := os.ReadFile(config.MetadataFile)
	if err != nil {
		return nil, fmt.Errorf("metadata_file: %w", err)
	}
	p := &Provider{now: now, config: config, used: &used{now: now, until: map[string]time.Time{}}}
	if p.metadata, err = samlsp.ParseMetadata(text); err != nil {
		return nil, fmt.Errorf("metadata_file: %s: %w", config.MetadataFile, err)
	}
	if config.KeyFile == "" {
		return p, nil
	}
	pair, err := tls.LoadX509KeyPair(config.CertificateFile, config.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key_file, certificate_file: %w", err)
	}
	var ok bool
	if p.key, ok = pair.PrivateKey.(*rsa.PrivateKey); !ok {
		return nil, errors.New("key_file: it is no RSA key")
	}
	p.cert = pair.Leaf
	return p, nil
}

// us is keystone as the provider knows it: what it is told at these addresses.
func (p *Provider) us(consumer, metadata string) (*saml.ServiceProvider, error) {
	acs, err := url.Parse(consumer)
	if err != nil {
		return nil, err
	}
	about, err := url.Parse(metadata)
	if err != nil {
		return nil, err
	}
	sp := &saml.ServiceProvider{
		EntityID: p.config.EntityID, AcsURL: *acs, MetadataURL: *about, IDPMetadata: p.metadata, Clock: dsig.NewFakeClockAt(p.now()),
		AssertionConsumerServiceBindings: []string{saml.HTTPPostBinding}, RequireSignedResponseForCBC: true, RejectUnknownConditions: true, ReplayCache: p.used,
		AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
	}
	if p.key != nil {
		sp.Key, sp.Certificate, sp.EncryptionKey, sp.EncryptionCertificate = p.key, p.cert, p.key, p.cert
		sp.SignatureMethod = dsig.RSASHA256SignatureMethod
	}
	return sp, nil
}

// Describe is what the provider must know of keystone, as XML; clients without a browser bring its answers to enhanced, where it has a
// name for keystone.
func (p *Provider) Describe(consumer, enhanced, metadata string) ([]byte, error) {
	sp, err := p.us(consumer, metadata)
	if err != nil {
		return nil, err
	}
	about := sp.Metadata()
	if p.Named() {
		us := &about.SPSSODescriptors[0]
		us.AssertionConsumerServices = append(us.AssertionConsumerServices, saml.IndexedEndpoint{
			Binding: paosBinding, Location: enhanced, Index: len(us.AssertionConsumerServices) + 1,
		})
	}
	return xml.MarshalIndent(about, "", "  ")
}

// Address is where a browser signs in, with the id of the request that its answer must name; it comes back to consumer.
func (p *Provider) Address(consumer, metadata, state string) (address, request string, err error) {
	sp, err := p.us(consumer, metadata)
	if err != nil {
		return "", "", err
	}
	at := sp.GetSSOBindingLocation(saml.HTTPRedirectBinding)
	if at == "" {
		return "", "", errors.New("the identity provider's metadata has no place to sign in by a redirect")
	}
	asked, err := sp.MakeAuthenticationRequest(at, saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", "", err
	}
	to, err := asked.Redirect(state, sp)
	if err != nil {
		return "", "", err
	}
	return to.String(), asked.ID, nil
}

// Answer is what the provider says of whom it was asked about, in XML, by the request of an id.
func (p *Provider) Answer(consumer, metadata, request string, text []byte) (federation.Vouched, error) {
	sp, err := p.us(consumer, metadata)
	if err != nil {
		return federation.Vouched{}, err
	}
	assertion, err := sp.ParseXMLResponse(text, []string{request}, sp.AcsURL)
	if err != nil {
		var why *saml.InvalidResponseError
		if errors.As(err, &why) {
			err = why.PrivateErr
		}
		return federation.Vouched{}, keystone.Unauthorized(err)
	}
	return vouched(assertion), nil
}

// vouched is an assertion as mappings see it: each attribute by its name, its friendly name, and as Apache's mod_auth_mellon and mod_shib
// name them, of which operators' mappings speak.
func vouched(a *saml.Assertion) federation.Vouched {
	v := federation.Vouched{Issuer: a.Issuer.Value, Attributes: map[string][]string{
		"Shib-Identity-Provider": {a.Issuer.Value}, "MELLON_IDP": {a.Issuer.Value},
	}}
	if a.Subject != nil && a.Subject.NameID != nil {
		v.Subject = a.Subject.NameID.Value
		v.Attributes["MELLON_NAME_ID"], v.Attributes["REMOTE_USER"] = []string{v.Subject}, []string{v.Subject}
	}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			var values []string
			for _, value := range attribute.Values {
				values = append(values, value.Value)
			}
			for _, name := range []string{attribute.Name, attribute.FriendlyName} {
				if name != "" && len(values) > 0 {
					v.Attributes[name] = append(v.Attributes[name], values...)
					v.Attributes["MELLON_"+name] = v.Attributes[name]
				}
			}
		}
	}
	return v
}
