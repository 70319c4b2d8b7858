package saml

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cumulet/keystone"
)

// Issuer asserts to other clouds who a user of this one is. As keystone/federation/idp.py.
type Issuer struct {
	config keystone.SAMLIssuer
	key    crypto.Signer
	cert   *x509.Certificate
	now    func() time.Time
}

// OpenIssuer reads what is configured; nil where nothing is.
func OpenIssuer(config keystone.SAMLIssuer, now func() time.Time) (*Issuer, error) {
	if config.EntityID == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(config.CertificateFile, config.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key_file, certificate_file: %w", err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("key_file: it cannot sign")
	}
	return &Issuer{config: config, key: key, cert: pair.Leaf, now: now}, nil
}

// Claim is who a user is, and what they are here.
type Claim struct {
	User, UserDomain, Project, ProjectDomain string // names
	Roles                                    []string
	Groups                                   []string // each JSON:{"name": …, "domain": {"name": …}}
}

// Assert is a response with the claim in an assertion, signed, for who takes assertions at an address.
func (i *Issuer) Assert(c Claim, recipient string) (*etree.Element, error) {
	now := i.now().UTC()
	end := now.Add(i.config.Lifetime)
	issuer := saml.Issuer{Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:entity", Value: i.config.EntityID}
	assertion := &saml.Assertion{
		ID: "_" + keystone.NewID(), IssueInstant: now, Version: "2.0", Issuer: issuer,
		Subject: &saml.Subject{
			NameID: &saml.NameID{Value: c.User},
			SubjectConfirmations: []saml.SubjectConfirmation{{
				Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer", SubjectConfirmationData: &saml.SubjectConfirmationData{NotOnOrAfter: end, Recipient: recipient},
			}},
		},
		AuthnStatements: []saml.AuthnStatement{{
			AuthnInstant: now, SessionIndex: keystone.NewID(), SessionNotOnOrAfter: &end,
			AuthnContext: saml.AuthnContext{
				AuthnContextClassRef:      &saml.AuthnContextClassRef{Value: "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
				AuthenticatingAuthorities: []saml.AuthenticatingAuthority{{Value: i.config.EntityID}},
			},
		}},
		AttributeStatements: []saml.AttributeStatement{{Attributes: attributes(c)}},
	}
	signed, err := i.sign(assertion.Element())
	if err != nil {
		return nil, err
	}
	response := &saml.Response{
		ID: "_" + keystone.NewID(), IssueInstant: now, Version: "2.0", Destination: recipient, Issuer: &issuer,
		Status: saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusSuccess}},
	}
	whole := response.Element()
	whole.AddChild(signed)
	return whole, nil
}

// attributes are what an assertion says of a claim, under upstream's names.
func attributes(c Claim) []saml.Attribute {
	var all []saml.Attribute
	for _, a := range []struct {
		name   string
		values []string
	}{
		{"openstack_user", []string{c.User}}, {"openstack_roles", c.Roles}, {"openstack_project", []string{c.Project}},
		{"openstack_project_domain", []string{c.ProjectDomain}}, {"openstack_user_domain", []string{c.UserDomain}}, {"openstack_groups", c.Groups},
	} {
		if len(a.values) == 0 {
			continue
		}
		one := saml.Attribute{Name: a.name}
		for _, v := range a.values {
			one.Values = append(one.Values, saml.AttributeValue{Type: "xs:string", Value: v})
		}
		all = append(all, one)
	}
	return all
}

// sign signs an assertion, whose signature stands after its issuer.
func (i *Issuer) sign(assertion *etree.Element) (*etree.Element, error) {
	context, err := dsig.NewSigningContext(i.key, [][]byte{i.cert.Raw})
	if err != nil {
		return nil, err
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signed, err := context.SignEnveloped(assertion)
	if err != nil {
		return nil, err
	}
	parts := signed.ChildElements()
	assertion.InsertChildAt(1, parts[len(parts)-1].Copy())
	return assertion, nil
}

// Enveloped is a response as clients without a browser bring it. As ECPGenerator.
func Enveloped(response *etree.Element, relayState string) *etree.Element {
	envelope := etree.NewElement("soap:Envelope")
	envelope.CreateAttr("xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/")
	state := envelope.CreateElement("soap:Header").CreateElement("ecp:RelayState")
	state.CreateAttr("xmlns:ecp", "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp")
	state.CreateAttr("soap:actor", "http://schemas.xmlsoap.org/soap/actor/next")
	state.CreateAttr("soap:mustUnderstand", "1")
	state.SetText(relayState + keystone.NewID())
	envelope.CreateElement("soap:Body").AddChild(response)
	return envelope
}

// Text is an element as a document.
func Text(e *etree.Element) ([]byte, error) {
	document := etree.NewDocument()
	document.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	document.SetRoot(e)
	return document.WriteToBytes()
}

// Describe is what other clouds must know of this one, as XML.
func (i *Issuer) Describe() ([]byte, error) {
	text, err := xml.MarshalIndent(&saml.EntityDescriptor{
		EntityID: i.config.EntityID,
		IDPSSODescriptors: []saml.IDPSSODescriptor{{
			SSODescriptor: saml.SSODescriptor{
				RoleDescriptor: saml.RoleDescriptor{
					ProtocolSupportEnumeration: "urn:oasis:names:tc:SAML:2.0:protocol",
					KeyDescriptors: []saml.KeyDescriptor{{Use: "signing", KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{
						X509Certificates: []saml.X509Certificate{{Data: base64.StdEncoding.EncodeToString(i.cert.Raw)}},
					}}}},
				},
				NameIDFormats: []saml.NameIDFormat{saml.TransientNameIDFormat},
			},
			SingleSignOnServices: []saml.Endpoint{{Binding: "urn:oasis:names:tc:SAML:2.0:bindings:URI", Location: i.config.SSOEndpoint}},
		}},
	}, "", "  ")
	return append([]byte(xml.Header), text...), err
}
