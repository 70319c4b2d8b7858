package api_test

import (
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/federation/saml/samltest"
)

const samlSSO = "/v3/auth/OS-FEDERATION/identity_providers/acme/protocols/saml2/websso"

// samlCloud is a cloud with a SAML identity provider.
func samlCloud(t *testing.T) (*cloud, *samltest.Provider) {
	t.Helper()
	var idp *samltest.Provider
	start := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	idp = samltest.Start(t, start.Now)
	c := newCloud(t, func(config *keystone.Config) {
		config.SAML = map[string]keystone.SAML{"acme": {MetadataFile: idp.MetadataFile, EntityID: "https://cloud.example.org/keystone"}}
		config.TrustedDashboards = []string{dashboard}
	})
	c.must(201, "POST", "/v3/groups", object{"group": object{"name": "staff"}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/acme", object{"identity_provider": object{"remote_ids": []string{idp.EntityID}, "enabled": true}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/mappings/acme", object{"mapping": object{"rules": []any{
		object{"local": []any{object{"user": object{"name": "{0}"}}}, "remote": []any{object{"type": "MELLON_NAME_ID"}}},
		object{"local": []any{object{"groups": "{0}", "domain": object{"id": "default"}}}, "remote": []any{object{"type": "eduPersonAffiliation", "whitelist": []string{"staff"}}}},
	}}})
	c.must(201, "PUT", "/v3/OS-FEDERATION/identity_providers/acme/protocols/saml2", object{"protocol": object{"mapping_id": "acme"}})
	status, text := get(t, http.DefaultClient, c.url+samlSSO+"/metadata")
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	idp.Learn([]byte(text))
	idp.Become("ann", "staff", "admin")
	return c, idp
}

// field reads a form's field, or where it is sent.
func field(page, name string) string {
	of := map[string]string{"action": `action="([^"]*)"`}[name]
	if of == "" {
		of = `name="` + name + `"[^>]*value="([^"]*)"`
	}
	found := regexp.MustCompile(of).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// browser keeps cookies.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// send sends a form.
func send(t *testing.T, b *http.Client, address string, form url.Values) (int, string) {
	t.Helper()
	a, err := b.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	page, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, strings.ReplaceAll(string(page), "\n", " ")
}

// asserts has a browser sign in at the provider, and gives the form that it is to bring back.
func (c *cloud) asserts(t *testing.T, b *http.Client) (address string, form url.Values) {
	t.Helper()
	status, page := get(t, b, c.url+samlSSO+"?origin="+url.QueryEscape(dashboard))
	form = url.Values{"SAMLResponse": {field(page, "SAMLResponse")}, "RelayState": {field(page, "RelayState")}}
	if status != 200 || form.Get("SAMLResponse") == "" {
		t.Fatalf("%d %s", status, page)
	}
	return field(page, "action"), form
}

func TestABrowserSignsInBySAML(t *testing.T) {
	t.Parallel()
	c, _ := samlCloud(t)
	b := browser(t)
	address, form := c.asserts(t, b)
	if status, page := send(t, browser(t), address, form); status != 200 || field(page, "again") != "1" || field(page, "token") != "" {
		t.Errorf("sent by another site, it comes without cookies, and is sent once more: %d %s", status, page)
	}
	form.Set("again", "1")
	if status, page := send(t, browser(t), address, form); status != 401 {
		t.Errorf("another browser: %d %s", status, page)
	}
	status, page := send(t, b, address, form)
	if status != 200 || field(page, "action") != dashboard {
		t.Fatalf("%d %s", status, page)
	}
	a := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", field(page, "token"))
	user := at(a.body, "token", "user")
	if a.status != 200 || word(user, "name") != "ann" || len(at(user, "OS-FEDERATION", "groups").([]any)) != 1 || word(user, "OS-FEDERATION", "protocol", "id") != "saml2" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if status, page := send(t, b, address, form); status != 401 {
		t.Errorf("twice: %d %s", status, page)
	}
}

// Whatever is done to an assertion, it is not the provider's any more.
func TestAssertionsThatAreNotTheProvidersAreRefused(t *testing.T) {
	t.Parallel()
	c, _ := samlCloud(t)
	assertion := regexp.MustCompile(`(?s)<saml:Assertion .*</saml:Assertion>`)
	signature := regexp.MustCompile(`(?s)<ds:Signature .*?</ds:Signature>`)
	evil := func(a string) string {
		return strings.NewReplacer(">ann<", ">admin<", `ID="`, `ID="evil`).Replace(signature.ReplaceAllString(a, ""))
	}
	for name, change := range map[string]func(string) string{
		"another name":          func(x string) string { return strings.ReplaceAll(x, ">ann<", ">admin<") },
		"a comment in the name": func(x string) string { return strings.ReplaceAll(x, ">ann<", ">admin<!-- -->ann<") },
		"unsigned":              func(x string) string { return signature.ReplaceAllString(x, "") },
		"an evil one before": func(x string) string {
			return assertion.ReplaceAllStringFunc(x, func(a string) string { return evil(a) + a })
		},
		"an evil one after": func(x string) string {
			return assertion.ReplaceAllStringFunc(x, func(a string) string { return a + evil(a) })
		},
		"the good one within an evil one": func(x string) string {
			return assertion.ReplaceAllStringFunc(x, func(a string) string {
				return strings.Replace(evil(a), "</saml:Assertion>", "<saml:Advice>"+a+"</saml:Advice></saml:Assertion>", 1)
			})
		},
		"the good one within the signature of an evil one": func(x string) string {
			return assertion.ReplaceAllStringFunc(x, func(a string) string {
				wrapped := strings.Replace(signature.FindString(a), "</ds:Signature>", "<ds:Object>"+a+"</ds:Object></ds:Signature>", 1)
				return strings.Replace(evil(a), "<saml:Subject>", wrapped+"<saml:Subject>", 1)
			})
		},
		"the good one in extensions": func(x string) string {
			return assertion.ReplaceAllStringFunc(x, func(a string) string { return "<samlp:Extensions>" + a + "</samlp:Extensions>" + evil(a) })
		},
		"an entity": func(x string) string {
			return `<!DOCTYPE r [<!ENTITY e "admin">]>` + strings.ReplaceAll(x, ">ann<", ">&e;<")
		},
		"nothing":   func(string) string { return "" },
		"no XML":    func(string) string { return "<" },
		"truncated": func(x string) string { return x[:len(x)/2] },
	} {
		b := browser(t)
		address, form := c.asserts(t, b)
		raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
		if err != nil {
			t.Fatal(err)
		}
		changed := change(string(raw))
		if changed == string(raw) {
			t.Fatalf("%s: nothing was changed in %s", name, raw)
		}
		form.Set("SAMLResponse", base64.StdEncoding.EncodeToString([]byte(changed)))
		form.Set("again", "1")
		status, page := send(t, b, address, form)
		if status != 401 && status != 400 {
			t.Errorf("%s: %d %s", name, status, page)
		}
	}
	// An assertion of another sign-in, and one that is too old.
	other := browser(t)
	_, foreign := c.asserts(t, other)
	b := browser(t)
	address, form := c.asserts(t, b)
	form.Set("SAMLResponse", foreign.Get("SAMLResponse"))
	form.Set("again", "1")
	if status, page := send(t, b, address, form); status != 401 {
		t.Errorf("to another request: %d %s", status, page)
	}
	b = browser(t)
	address, form = c.asserts(t, b)
	form.Set("again", "1")
	c.clock.advance(9 * time.Minute)
	if status, page := send(t, b, address, form); status != 401 {
		t.Errorf("too old: %d %s", status, page)
	}
}
