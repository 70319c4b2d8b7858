package api_test

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cumulet/keystone/federation/saml/samltest"
)

const ecp = "/v3/OS-FEDERATION/identity_providers/acme/protocols/saml2/auth"

// envelope asks for a token as a client without a browser.
func (c *cloud) envelope(t *testing.T) string {
	t.Helper()
	a := c.raw(t, "GET", c.url+ecp, "", "Accept", "application/json,application/vnd.paos+xml")
	if a.status != 200 || a.header.Get("Content-Type") != "application/vnd.paos+xml" {
		t.Fatalf("%d %v %s", a.status, a.header, a.text)
	}
	return a.text
}

// taken is what the provider answers to an envelope, with the state put where clients put it.
func (c *cloud) taken(t *testing.T, idp *samltest.Provider, envelope string) string {
	t.Helper()
	state := between(envelope, "<ecp:RelayState", "</ecp:RelayState>")
	header := between(envelope, "<S:Header>", "</S:Header>")
	r, err := http.NewRequestWithContext(t.Context(), "POST", idp.ECP, strings.NewReader(strings.Replace(envelope, header, "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("ann", idp.Password)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %s %v", res.StatusCode, text, err)
	}
	return strings.Replace(string(text), between(string(text), "<ecp:Response", "/>"), strings.ReplaceAll(state, "S:", "soap:"), 1)
}

// between is a text from one word to the end of another.
func between(text, from, to string) string {
	i := strings.Index(text, from)
	if i < 0 {
		return ""
	}
	return text[i : i+strings.Index(text[i:], to)+len(to)]
}

// raw is ask for what is no JSON.
func (c *cloud) raw(t *testing.T, method, address, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, text: string(text)}
}

const paos = "application/vnd.paos+xml"

func TestClientsWithoutABrowserSignInBySAML(t *testing.T) {
	t.Parallel()
	c, idp := samlCloud(t)
	brought := c.taken(t, idp, c.envelope(t))
	a := c.raw(t, "POST", c.url+ecp, brought, "Content-Type", paos)
	if a.status != 201 || a.header.Get("X-Subject-Token") == "" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	shown := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", a.header.Get("X-Subject-Token"))
	if word(shown.body, "token", "user", "name") != "ann" || len(at(shown.body, "token", "user", "OS-FEDERATION", "groups").([]any)) != 1 {
		t.Errorf("%s", shown.text)
	}
	if a := c.raw(t, "POST", c.url+ecp, brought, "Content-Type", paos+"; charset=utf-8"); a.status != 401 {
		t.Errorf("a second time: %d %s", a.status, a.text)
	}
	brought = c.taken(t, idp, c.envelope(t))
	other := c.envelope(t)
	for claim, changed := range map[string]string{
		"another name":      strings.ReplaceAll(brought, ">ann<", ">admin<"),
		"another's state":   strings.Replace(brought, between(brought, "<ecp:RelayState", "</ecp:RelayState>"), strings.ReplaceAll(between(other, "<ecp:RelayState", "</ecp:RelayState>"), "S:", "soap:"), 1),
		"no state":          strings.Replace(brought, between(brought, "<ecp:RelayState", "</ecp:RelayState>"), "", 1),
		"two states":        strings.Replace(brought, "<ecp:RelayState", between(other, "<ecp:RelayState", "</ecp:RelayState>")+"<ecp:RelayState", 1),
		"the request":       other,
		"a fault":           `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>S:Server</faultcode></S:Fault></S:Body></S:Envelope>`,
		"another namespace": strings.Replace(brought, "http://schemas.xmlsoap.org/soap/envelope/", "urn:soap", 1),
		"half of it":        brought[:len(brought)/2],
		"no XML":            "{}",
		"nothing":           "",
	} {
		if changed == brought {
			t.Fatalf("%s: nothing is changed in %s", claim, brought)
		}
		if a := c.raw(t, "POST", c.url+ecp, changed, "Content-Type", paos); a.status != 401 {
			t.Errorf("%s: %d %s", claim, a.status, a.text)
		}
	}
	if a := c.raw(t, "POST", c.url+ecp, brought); a.status != 401 {
		t.Errorf("as something else: %d %s", a.status, a.text)
	}
	if a := c.raw(t, "GET", c.url+ecp, ""); a.status != 401 {
		t.Errorf("who takes no envelope: %d %s", a.status, a.text)
	}
	c.clock.advance(11 * time.Minute)
	if a := c.raw(t, "POST", c.url+ecp, brought, "Content-Type", paos); a.status != 401 {
		t.Errorf("too late: %d %s", a.status, a.text)
	}
}

// A state that a client was given is no browser's, which would be sent nowhere with the token.
func TestAClientsStateIsNoBrowsers(t *testing.T) {
	t.Parallel()
	c, _ := samlCloud(t)
	state := between(c.envelope(t), "<ecp:RelayState", "</ecp:RelayState>")
	state = strings.TrimSuffix(state[strings.Index(state, ">")+1:], "</ecp:RelayState>")
	a := c.raw(t, "POST", c.url+samlSSO+"/callback", "again=1&RelayState=&SAMLResponse="+strings.Repeat("QUFB", 8), "Cookie", "keystone_websso="+state, "Content-Type", "application/x-www-form-urlencoded")
	if a.status != 401 || strings.Contains(a.text, "<form") {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// OpenStack's own client, by its plugin v3samlpassword.
func TestTheClientSignsInBySAML(t *testing.T) {
	t.Parallel()
	if exec.Command("/usr/bin/python3", "-c", "import lxml, keystoneauth1").Run() != nil {
		t.Skip("no keystoneauth1 with lxml on this machine: install Debian's packages python3-openstackclient and python3-lxml")
	}
	c, idp := samlCloud(t)
	client := exec.Command("openstack", "--os-auth-type", "v3samlpassword", "--os-auth-url", c.url+"/v3", "--os-identity-provider", "acme", "--os-protocol", "saml2",
		"--os-identity-provider-url", idp.ECP, "--os-username", "ann", "--os-password", idp.Password, "token", "issue", "-f", "value", "-c", "id")
	var said bytes.Buffer
	client.Stderr = &said
	token, err := client.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	shown := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", strings.TrimSpace(string(token)))
	if shown.status != 200 || word(shown.body, "token", "user", "name") != "ann" {
		t.Errorf("%d %s", shown.status, shown.text)
	}
}
