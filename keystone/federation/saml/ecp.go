package saml

import (
	"errors"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"cumulet/keystone"
)

// An enhanced client (or proxy) has no browser to be sent about: it takes a request from keystone to the identity provider, and the answer
// back, in envelopes of SOAP. As the profile has it: saml-ecp-v2.0, saml-profiles-2.0-os 4.2.

// EnvelopeType is what enhanced clients take, and send.
const EnvelopeType = "application/vnd.paos+xml"

const (
	soapNamespace  = "http://schemas.xmlsoap.org/soap/envelope/"
	paosNamespace  = "urn:liberty:paos:2003-08"
	ecpNamespace   = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
	samlNamespace  = "urn:oasis:names:tc:SAML:2.0:assertion"
	samlpNamespace = "urn:oasis:names:tc:SAML:2.0:protocol"
	paosBinding    = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
	nextActor      = "http://schemas.xmlsoap.org/soap/actor/next"
)

// Envelope is the request that a client takes to the provider, whose answer it brings to consumer. seal makes of the request's id the state
// that comes back with it.
func (p *Provider) Envelope(consumer, metadata string, seal func(request string) (string, error)) ([]byte, error) {
	sp, err := p.us(consumer, metadata)
	if err != nil {
		return nil, err
	}
	asked, err := sp.MakeAuthenticationRequest(sp.GetSSOBindingLocation(saml.SOAPBinding), saml.HTTPPostBinding, paosBinding)
	if err != nil {
		return nil, err
	}
	state, err := seal(asked.ID)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	envelope := doc.CreateElement("S:Envelope")
	envelope.CreateAttr("xmlns:S", soapNamespace)
	header := envelope.CreateElement("S:Header")
	about := func(name, prefix, namespace string) *etree.Element {
		e := header.CreateElement(prefix + ":" + name)
		e.CreateAttr("xmlns:"+prefix, namespace)
		e.CreateAttr("S:mustUnderstand", "1")
		e.CreateAttr("S:actor", nextActor)
		return e
	}
	request := about("Request", "paos", paosNamespace)
	request.CreateAttr("responseConsumerURL", consumer)
	request.CreateAttr("service", ecpNamespace)
	request = about("Request", "ecp", ecpNamespace)
	request.CreateAttr("IsPassive", "0")
	issuer := asked.Issuer.Element()
	issuer.CreateAttr("xmlns:saml", samlNamespace)
	request.AddChild(issuer)
	about("RelayState", "ecp", ecpNamespace).SetText(state)
	envelope.CreateElement("S:Body").AddChild(asked.Element())
	return doc.WriteToBytes()
}

// errEnvelope is why an envelope is not opened.
var errEnvelope = errors.New("the envelope has no answer of an identity provider")

// Opened is what a client has brought: the state that it was given, and the provider's answer.
func Opened(envelope []byte) (state string, answer []byte, err error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(envelope); err != nil || doc.Root() == nil {
		return "", nil, keystone.Unauthorized(errors.Join(errEnvelope, err))
	}
	root := doc.Root()
	relay, response := within(root, "Header", "RelayState", ecpNamespace), within(root, "Body", "Response", samlpNamespace)
	if root.NamespaceURI() != soapNamespace || root.Tag != "Envelope" || relay == nil || response == nil {
		return "", nil, keystone.Unauthorized(errEnvelope)
	}
	// What the envelope says of namespaces counts within it, and for what is signed.
	around, err := etreeutils.NSBuildParentContext(response)
	if err == nil {
		around, err = around.SubContext(response)
	}
	if err != nil {
		return "", nil, keystone.Unauthorized(err)
	}
	if response, err = etreeutils.NSDetatch(around, response); err != nil {
		return "", nil, keystone.Unauthorized(err)
	}
	alone := etree.NewDocument()
	alone.SetRoot(response)
	answer, err = alone.WriteToBytes()
	return relay.Text(), answer, err
}

// within is the only element of a name in a part of an envelope; nil where there is none, or several.
func within(envelope *etree.Element, part, name, namespace string) (found *etree.Element) {
	for _, p := range envelope.ChildElements() {
		if p.Tag != part || p.NamespaceURI() != soapNamespace {
			continue
		}
		for _, e := range p.ChildElements() {
			if e.Tag != name || e.NamespaceURI() != namespace {
				continue
			}
			if found != nil {
				return nil
			}
			found = e
		}
	}
	return found
}
