package samltest

import (
	"net/http"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
)

// password is everybody's.
const password = "test-only"

// serveEnvelope answers clients without a browser, which say who they are by a password. As saml-ecp-v2.0.
func (p *Provider) serveEnvelope(w http.ResponseWriter, r *http.Request) {
	name, said, _ := r.BasicAuth()
	p.mu.Lock()
	who := p.who
	p.mu.Unlock()
	if name != who.UserName || said != password {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	reply, err := p.envelope(r, &who)
	if err != nil {
		p.t.Error(err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = w.Write(reply) // the client may be gone
}

// envelope is the answer about who to the request in a request's envelope.
func (p *Provider) envelope(r *http.Request, who *saml.Session) ([]byte, error) {
	in := etree.NewDocument()
	if _, err := in.ReadFrom(r.Body); err != nil {
		return nil, err
	}
	asked := etree.NewDocument()
	asked.SetRoot(in.FindElement("/Envelope/Body/AuthnRequest").Copy())
	text, err := asked.WriteToBytes()
	if err != nil {
		return nil, err
	}
	here := *p.idp
	here.SSOURL.Path = "/ecp"
	request := &saml.IdpAuthnRequest{IDP: &here, HTTPRequest: r, RequestBuffer: text, Now: p.now()}
	if err := request.Validate(); err != nil {
		return nil, err
	}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(request, who); err != nil {
		return nil, err
	}
	if err := request.MakeResponse(); err != nil {
		return nil, err
	}
	out := etree.NewDocument()
	e := out.CreateElement("soap:Envelope")
	e.CreateAttr("xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/")
	about := e.CreateElement("soap:Header").CreateElement("ecp:Response")
	about.CreateAttr("xmlns:ecp", "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp")
	about.CreateAttr("AssertionConsumerServiceURL", request.ACSEndpoint.Location)
	e.CreateElement("soap:Body").AddChild(request.ResponseEl)
	return out.WriteToBytes()
}
