package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cumulet/keystone/api"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/policy"
)

// configured makes a domain and gives it a configuration; it tells the domain's id and the configuration's path.
func (c *cloud) configured(config object) (id, path string) {
	c.Helper()
	id = word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": "configured", "enabled": false}}), "domain", "id")
	path = "/v3/domains/" + id + "/config"
	c.must(201, "PUT", path, object{"config": config})
	return id, path
}

// same holds an answer's body against JSON as Go prints it.
func (c *cloud) same(what string, got, want object) {
	c.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestDomainConfigLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ldap := object{"url": "ldap://a", "page_size": 100, "use_tls": false, "user_attribute_ignore": []string{"x"}}
	_, path := c.configured(object{"ldap": ldap})
	c.same("shown", c.must(200, "GET", path, nil), object{"config": object{"ldap": ldap}})

	ldap = object{"url": "ldap://b", "suffix": "dc=b"}
	whole := object{"config": object{"ldap": ldap, "identity": object{"driver": "ldap"}}}
	c.same("replaced", c.must(200, "PUT", path, whole), whole)
	c.same("whole", c.must(200, "GET", path, nil), whole)
	c.same("group", c.must(200, "GET", path+"/ldap", nil), object{"config": object{"ldap": ldap}})
	c.same("option", c.must(200, "GET", path+"/ldap/url", nil), object{"config": object{"url": "ldap://b"}})
	c.must(200, "HEAD", path+"/ldap/url", nil)

	ldap["user"] = "cn=reader"
	c.same("changed", c.must(200, "PATCH", path, object{"config": object{"ldap": object{"user": "cn=reader"}}}), whole)
	ldap["url"] = "ldap://c"
	c.same("group changed", c.must(200, "PATCH", path+"/ldap", object{"config": object{"ldap": object{"url": "ldap://c"}}}), whole)
	ldap["url"] = nil
	c.same("option changed", c.must(200, "PATCH", path+"/ldap/url", object{"config": object{"url": nil}}), whole)
	c.same("changed for good", c.must(200, "GET", path, nil), whole)

	c.must(204, "DELETE", path+"/ldap/url", nil)
	delete(ldap, "url")
	c.same("without the option", c.must(200, "GET", path, nil), whole)
	c.must(204, "DELETE", path+"/ldap", nil)
	c.same("without the group", c.must(200, "GET", path, nil), object{"config": object{"identity": object{"driver": "ldap"}}})
	c.must(204, "DELETE", path, nil)
	c.must(404, "GET", path, nil)
	c.must(204, "DELETE", path, nil)
	c.same("changed from nothing", c.must(200, "PATCH", path, object{"config": object{"identity": object{"driver": "sql"}}}),
		object{"config": object{"identity": object{"driver": "sql"}}})
}

func TestDomainConfigRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id, path := c.configured(object{"ldap": object{"url": "ldap://a", "suffix": "dc=a"}})
	const invalid, unsupported = "Invalid domain specific configuration: ", " is not supported for domain specific configurations."
	const noOptions = invalid + "The value of group ldap specified in the config should be a dictionary of options."
	url := object{"ldap": object{"url": "x"}}
	for _, asked := range []struct {
		method, path string
		config       any
		status       int
		text         string
	}{
		{"PUT", path, object{}, 403, invalid + "No options specified."},
		{"PUT", path, nil, 403, invalid + "No options specified."},
		{"PATCH", path, 7, 403, invalid + "No options specified."},
		{"PUT", path, object{"ldap": object{}}, 403, noOptions},
		{"PATCH", path, object{"ldap": "x"}, 403, noOptions},
		{"PUT", path, object{"magic": object{"url": "x"}}, 403, invalid + "Group magic" + unsupported},
		{"PUT", path, object{"": object{"": "x"}}, 403, invalid + "Option  in group " + unsupported},
		{"PUT", path, object{"ldap": object{"": "x"}}, 403, invalid + "Option  in group ldap" + unsupported},
		{"PUT", path, object{"ldap": object{"url": "x", "wand": "y"}}, 403, invalid + "Option wand in group ldap" + unsupported},
		{"PUT", path, object{"ldap": object{"url": strings.Repeat("x", 1<<14)}}, 400,
			"The value of option url in group ldap is longer than 16384 bytes."},
		{"PATCH", path + "/ldap", object{"ldap": object{"url": "x"}, "identity": object{"driver": "x"}}, 403,
			invalid + "Trying to update group ldap, so that, and only that, group must be specified in the config."},
		{"PATCH", path + "/identity", url, 403, invalid + "request to update group identity, but config provided contains group ldap instead."},
		{"PATCH", path + "/identity", object{"identity": object{"driver": "x"}}, 404,
			"Could not find group identity in domain configuration for domain " + id + "."},
		{"PATCH", path + "/magic", url, 403, invalid + "Group magic" + unsupported},
		{"PATCH", path + "/ldap/url", object{"url": "x", "suffix": "y"}, 403,
			invalid + "Trying to update option url in group ldap, so that, and only that, option must be specified  in the config."},
		{"PATCH", path + "/ldap/url", object{"suffix": "y"}, 403,
			invalid + "Trying to update option url in group ldap, but config provided contains option suffix instead."},
		{"PATCH", path + "/ldap/url", url, 403, invalid + "Option ldap in group ldap" + unsupported},
		{"PATCH", path + "/ldap/user", object{"user": "x"}, 404,
			"Could not find option user in group ldap in domain configuration for domain " + id + "."},
		{"PATCH", path + "/ldap/wand", object{"url": "x"}, 403, invalid + "Option wand in group ldap" + unsupported},
		{"PATCH", "/v3/domains/default/config/security_compliance/password_regex", object{"password_regex": "x"}, 403,
			invalid + "Group security_compliance" + unsupported},
		{"GET", path + "/magic", nil, 403, invalid + "Group magic" + unsupported},
		{"GET", path + "/ldap/wand", nil, 403, invalid + "Option wand in group ldap" + unsupported},
		{"GET", path + "/identity", nil, 404, "Could not find group identity in domain configuration for domain " + id + "."},
		{"GET", path + "/ldap/user", nil, 404, "Could not find option user in group ldap in domain configuration for domain " + id + "."},
		{"GET", "/v3/domains/default/config", nil, 404, "Could not find any options in domain configuration for domain default."},
		{"DELETE", path + "/magic", nil, 403, invalid + "Group magic" + unsupported},
		{"DELETE", path + "/ldap/wand", nil, 403, invalid + "Option wand in group ldap" + unsupported},
		{"DELETE", path + "/identity", nil, 404, "Could not find group identity in domain configuration for domain " + id + "."},
		{"DELETE", path + "/identity/driver", nil, 404, "Could not find group identity in domain configuration for domain " + id + "."},
		{"DELETE", path + "/ldap/user", nil, 404, "Could not find option user in group ldap in domain configuration for domain " + id + "."},
		{"PUT", "/v3/domains/none/config", url, 404, "Could not find domain: none."},
		{"PATCH", "/v3/domains/none/config", url, 404, "Could not find domain: none."},
		{"DELETE", "/v3/domains/none/config", nil, 404, "Could not find domain: none."},
		{"GET", "/v3/domains/none/config", nil, 404, "Could not find any options in domain configuration for domain none."},
		{"GET", "/v3/domains/config/magic/default", nil, 403, invalid + "Group magic" + unsupported},
		{"GET", "/v3/domains/config/ldap/wand/default", nil, 403, invalid + "Option wand in group ldap" + unsupported},
		{"GET", "/v3/domains/config/ldap/password/default", nil, 403,
			invalid + "Reading the default for option password in group ldap is not supported."},
	} {
		var body any
		if asked.method != "GET" && asked.method != "DELETE" {
			body = object{"config": asked.config}
		}
		a := c.ask(asked.method, asked.path, c.admin, body)
		if a.status != asked.status || word(a.body, "error", "message") != asked.text {
			t.Errorf("%s %s %v: %d %s, want %d %q", asked.method, asked.path, body, a.status, a.text, asked.status, asked.text)
		}
	}
	c.must(403, "PUT", path, object{})
	c.must(400, "PUT", path, "[]")
	c.must(400, "PUT", path, `{"config":`)
	c.same("after all that", c.must(200, "GET", path, nil), object{"config": object{"ldap": object{"url": "ldap://a", "suffix": "dc=a"}}})
}

// TestSensitiveOptionIsNeverShown looks for a password wherever something might tell it: answers, refusals, events, the log, and the
// rows of what is shown.
func TestSensitiveOptionIsNeverShown(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	log := c.listen()
	const canary = "canary-7f3a"
	ldap := object{"url": "ldap://%(password)s@host", "password": canary}
	id := word(c.must(201, "POST", "/v3/domains", object{"domain": object{"name": "d"}}), "domain", "id")
	path := "/v3/domains/" + id + "/config"
	secret := object{"config": object{"ldap": object{"password": canary}}}
	for _, asked := range []struct {
		method, path string
		body         any
		status       int
	}{
		{"PUT", path, secret, 201},
		{"GET", path, nil, 404}, // nothing that is shown
		{"PUT", path, object{"config": object{"ldap": ldap}}, 200},
		{"GET", path, nil, 200},
		{"GET", path + "/ldap", nil, 200},
		{"GET", path + "/ldap/url", nil, 200},
		{"GET", path + "/ldap/password", nil, 404},
		{"PATCH", path, secret, 200},
		{"PATCH", path + "/ldap", secret, 200},
		{"PATCH", path + "/ldap/password", object{"config": object{"password": canary}}, 200},
		{"PATCH", path + "/ldap/url", object{"config": object{"password": canary}}, 403},
		{"PATCH", path + "/identity", secret, 403},
		{"PUT", path, object{"config": object{"ldap": object{"password": strings.Repeat(canary, 2000)}}}, 400},
		{"PUT", path, object{"config": object{"ldap": object{"password": canary, "wand": canary}}}, 403},
		{"PUT", path, object{"config": object{"ldap": canary}}, 403},
		{"PUT", path, object{"config": []object{{"ldap": ldap}}}, 403},
		{"PUT", path, []object{{"ldap": ldap}}, 400},
		{"PUT", path, `{"config": {"ldap": {"password": "` + canary + `"`, 400},
		{"PUT", "/v3/domains/none/config", secret, 404},
	} {
		if a := c.ask(asked.method, asked.path, c.admin, asked.body); a.status != asked.status || strings.Contains(a.text, canary) {
			t.Errorf("%s %s %v: %d %s", asked.method, asked.path, asked.body, a.status, a.text)
		}
	}
	if whole, dangling, err := c.Resource.WholeDomainConfig(t.Context(), id); err != nil || len(dangling) > 0 ||
		whole["ldap"]["password"] != canary || whole["ldap"]["url"] != "ldap://"+canary+"@host" {
		t.Errorf("a driver is given %v, %v, %v", whole, dangling, err)
	}
	events, err := c.DB.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		if strings.Contains(fmt.Sprintf("%+v %s", e, e.Payload), canary) {
			t.Errorf("the event %s tells %s", e.Name, e.Payload)
		}
		if strings.HasPrefix(e.Name, "identity.domain_config.") {
			told = append(told, e.Resource+" "+string(e.Payload))
		}
	}
	if want := id + ` {"DomainID":"` + id + `","Options":["ldap.password","ldap.url"]}`; len(told) != 5 || told[1] != want {
		t.Errorf("told are %q, want the second to be %q", told, want)
	}
	config, err := c.DB.DomainConfig(t.Context(), id, "", "")
	if err != nil || strings.Contains(fmt.Sprint(config), canary) {
		t.Errorf("what is shown is kept as %v, %v", config, err)
	}
	if text := log.text(); text == "" || strings.Contains(text, canary) {
		t.Errorf("the log says %q", text)
	}
	c.must(204, "DELETE", path+"/ldap/password", nil)
	if whole, dangling, err := c.Resource.WholeDomainConfig(t.Context(), id); err != nil || fmt.Sprint(dangling) != "[ldap.url]" ||
		fmt.Sprint(whole) != "map[ldap:map[url:ldap://%(password)s@host]]" {
		t.Errorf("without the password a driver is given %v, %v, %v", whole, dangling, err)
	}
}

// listen serves the cloud once more, with a log that is read at the level of debugging.
func (c *cloud) listen() *log {
	c.Helper()
	rules, err := policy.New(api.Rules())
	if err != nil {
		c.Fatal(err)
	}
	heard := &log{}
	a := &api.API{
		Prefix: "/identity", Tokens: c.Tokens, Identity: c.Identity, Resource: c.Resource, Assignment: c.Assignment, Catalog: c.Catalog,
		Credential: c.Credential, OAuth: c.OAuth, Policy: rules, Log: slog.New(slog.NewTextHandler(heard, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Keeper: &keeper.Keeper{DB: c.DB.DB},
	}
	h, err := a.Handler()
	if err != nil {
		c.Fatal(err)
	}
	web := httptest.NewServer(h)
	c.Cleanup(web.Close)
	c.url = web.URL + "/identity"
	return heard
}

// log is what was written to it.
type log struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.Write(p)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.String()
}

func TestDomainTakesItsConfigurationAlong(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id, _ := c.configured(object{"ldap": object{"url": "ldap://a", "password": "secret"}})
	_, err := c.Resource.DomainConfig(t.Context(), id, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c.must(204, "DELETE", "/v3/domains/"+id, nil)
	whole, _, err := c.Resource.WholeDomainConfig(t.Context(), id)
	if err != nil || len(whole) > 0 {
		t.Errorf("what is left is %v, %v", whole, err)
	}
}

func TestDomainsDoNotShareConfigurations(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, path := c.configured(object{"ldap": object{"url": "ldap://a", "password": "a"}})
	c.must(201, "PUT", "/v3/domains/default/config", object{"config": object{"ldap": object{"url": "ldap://b", "password": "b"}}})
	c.must(204, "DELETE", path, nil)
	whole, _, err := c.Resource.WholeDomainConfig(t.Context(), "default")
	if err != nil || whole["ldap"]["url"] != "ldap://b" || whole["ldap"]["password"] != "b" {
		t.Errorf("the other domain has %v, %v", whole, err)
	}
}

func TestDefaultDomainConfig(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	all := at(c.must(200, "GET", "/v3/domains/config/default", nil), "config")
	if len(all.(object)) != 2 || len(at(all, "ldap").(object)) != 49 || word(all, "ldap", "user_objectclass") != "inetOrgPerson" {
		t.Errorf("%v", all)
	}
	if _, shown := at(all, "ldap").(object)["password"]; shown {
		t.Errorf("the password has a default: %v", all)
	}
	c.same("group", c.must(200, "GET", "/v3/domains/config/identity/default", nil),
		object{"config": object{"identity": object{"driver": "sql", "list_limit": nil}}})
	c.same("option", c.must(200, "GET", "/v3/domains/config/ldap/pool_retry_delay/default", nil),
		object{"config": object{"pool_retry_delay": 0.1}})
}

func TestSecurityComplianceIsForEverybody(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.member("eve")
	eve := c.signIn("eve", "eve", project("eve"))
	_, configured := c.configured(object{"identity": object{"driver": "sql"}})
	const path = "/v3/domains/default/config/security_compliance"
	const invalid = "Invalid domain specific configuration: Reading security compliance "
	for _, asked := range []struct {
		path   string
		status int
		config object
		text   string
	}{
		{path, 200, object{"security_compliance": object{"password_regex": nil, "password_regex_description": nil}}, ""},
		{path + "/password_regex", 200, object{"password_regex": nil}, ""},
		{path + "/password_regex_description", 200, object{"password_regex_description": nil}, ""},
		{path + "/lockout_duration", 403, nil, invalid + "values other than password_regex and password_regex_description is not allowed.."},
		{configured + "/security_compliance", 403, nil,
			invalid + "information for any domain other than the default domain is not allowed or supported.."},
		{configured, 403, nil, "You are not authorized to perform the requested action: identity:get_domain_config."},
		{"/v3/domains/config/default", 403, nil, "You are not authorized to perform the requested action: identity:get_domain_config_default."},
	} {
		a := c.ask("GET", asked.path, eve, nil)
		if a.status != asked.status || word(a.body, "error", "message") != asked.text {
			t.Errorf("%s: %d %s, want %d %q", asked.path, a.status, a.text, asked.status, asked.text)
		}
		if asked.config != nil {
			c.same(asked.path, a.body, object{"config": asked.config})
		}
	}
}
