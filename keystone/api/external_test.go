package api_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/oslo/service/servicetest"
)

const externalSecret = "what only nginx knows"

// externalCloud is a cloud that believes a web server before it.
func externalCloud(t *testing.T, change func(*keystone.External)) *cloud {
	t.Helper()
	return newCloud(t, func(config *keystone.Config) {
		config.External.SecretFile = filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(config.External.SecretFile, []byte(externalSecret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		change(&config.External)
	})
}

// startNginx starts Debian's nginx before a cloud, as docs/howto/single-sign-on.md has it, and gives its address.
func startNginx(t *testing.T, c *cloud) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine: install Debian's package nginx-light")
	}
	dir, address := t.TempDir(), net.JoinHostPort("127.0.0.1", strconv.Itoa(servicetest.Port(t)))
	at, _, _ := strings.Cut(strings.TrimPrefix(c.url, "http://"), "/")
	config := fmt.Sprintf(`
		daemon off; pid nginx.pid; error_log stderr; user root; worker_processes 1;
		events {}
		http {
			access_log off;
			client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
			server {
				listen %[1]s;
				location / { proxy_pass http://%[2]s; }
				location = /identity/v3/auth/tokens {
					auth_basic keystone;
					auth_basic_user_file users;
					proxy_set_header X-Remote-User $remote_user;
					proxy_set_header X-Remote-Secret %[3]q;
					proxy_set_header Authorization "";
					proxy_pass http://%[2]s;
				}
			}
		}`, address, at, externalSecret)
	for name, text := range map[string]string{"nginx.conf": config, "users": "ann:{PLAIN}a\nnobody:{PLAIN}n\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	server := exec.Command(program, "-e", "stderr", "-p", dir, "-c", "nginx.conf")
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // it may have ended
		_ = server.Wait()
		if t.Failed() {
			t.Logf("nginx said:\n%s", said.String())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if line, err := net.Dial("tcp", address); err == nil {
			if err := line.Close(); err != nil {
				t.Fatal(err)
			}
			return "http://" + address + "/identity"
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not come up")
		}
	}
}

// external asks for a token without saying who asks.
const external = `{"auth": {"identity": {"methods": ["external"], "external": {}}, "scope": {"project": {"name": "ann", "domain": {"id": "default"}}}}}`

func TestAWebServerBeforeKeystoneSignsIn(t *testing.T) {
	t.Parallel()
	c := externalCloud(t, func(*keystone.External) {})
	user, home := c.member("ann")
	at := startNginx(t, c)
	ask := func(name, password, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", at+"/v3/auth/tokens", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			r.SetBasicAuth(name, password)
		}
		r.Header.Set("X-Remote-User", "admin") // what nginx does not let through
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, errorless(t, res)
	}
	status, token := ask("ann", "a", external)
	if status != 201 {
		t.Fatalf("%d", status)
	}
	shown := c.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token).body
	if word(shown, "token", "user", "id") != user || word(shown, "token", "project", "id") != home || word(shown, "token", "methods", 0) != "external" {
		t.Errorf("%v", shown)
	}
	unnamed := strings.Replace(strings.Replace(external, `"external": {}`, `"token": {"id": "`+token+`"}`, 1), `["external"]`, `["token"]`, 1)
	for claim, try := range map[string]struct {
		name, password, body string
		status               int
	}{
		"who is not known to nginx":         {"ann", "wrong", external, 401},
		"who says nothing":                  {"", "", external, 401},
		"who is no user":                    {"nobody", "n", external, 401},
		"with a token of the same user":     {"ann", "a", unnamed, 201},
		"who is no user, with a token":      {"nobody", "n", unnamed, 201},
		"with another's password":           {"ann", "a", `{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "` + adminPassword + `"}}}}}`, 401},
		"with a project that is not theirs": {"ann", "a", strings.Replace(external, `"name": "ann"`, `"name": "admin"`, 1), 401},
	} {
		if status, _ := ask(try.name, try.password, try.body); status != try.status {
			t.Errorf("%s: %d, want %d", claim, status, try.status)
		}
	}
	c.must(200, "PATCH", "/v3/users/"+user, object{"user": object{"enabled": false}})
	if status, _ := ask("ann", "a", external); status != 401 {
		t.Errorf("who is disabled: %d", status)
	}
}

// errorless is the token that an answer has.
func errorless(t *testing.T, res *http.Response) string {
	t.Helper()
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	return res.Header.Get("X-Subject-Token")
}

// Whoever reaches keystone past the web server is nobody.
func TestNobodyIsBelievedWithoutTheSecret(t *testing.T) {
	t.Parallel()
	believing := externalCloud(t, func(*keystone.External) {})
	naming := externalCloud(t, func(e *keystone.External) { e.Domain = "" })
	deaf := newCloud(t)
	for _, c := range []*cloud{believing, naming, deaf} {
		c.member("ann")
	}
	for claim, try := range map[string]struct {
		*cloud
		headers []string
		status  int
	}{
		"the secret and a name":              {believing, []string{"X-Remote-User", "ann", "X-Remote-Secret", externalSecret}, 201},
		"no secret":                          {believing, []string{"X-Remote-User", "ann"}, 401},
		"an empty secret":                    {believing, []string{"X-Remote-User", "ann", "X-Remote-Secret", ""}, 401},
		"another secret":                     {believing, []string{"X-Remote-User", "ann", "X-Remote-Secret", externalSecret + "!"}, 401},
		"nobody's name":                      {believing, []string{"X-Remote-Secret", externalSecret}, 401},
		"a domain of the client's":           {believing, []string{"X-Remote-User", "ann", "X-Remote-Domain", "Other", "X-Remote-Secret", externalSecret}, 201},
		"a domain that is asked for":         {naming, []string{"X-Remote-User", "ann", "X-Remote-Domain", "Default", "X-Remote-Secret", externalSecret}, 201},
		"another domain":                     {naming, []string{"X-Remote-User", "ann", "X-Remote-Domain", "Other", "X-Remote-Secret", externalSecret}, 401},
		"no domain where one is asked for":   {naming, []string{"X-Remote-User", "ann", "X-Remote-Secret", externalSecret}, 401},
		"nothing where nobody is configured": {deaf, []string{"X-Remote-User", "ann"}, 401},
		"an empty secret where none is":      {deaf, []string{"X-Remote-User", "ann", "X-Remote-Secret", ""}, 401},
		"a name that the server adds to":     {believing, []string{"X-Remote-User", "ann", "+X-Remote-User", "admin", "X-Remote-Secret", externalSecret}, 401},
	} {
		if a := try.ask("POST", "/v3/auth/tokens", "", external, try.headers...); a.status != try.status {
			t.Errorf("%s: %d, want %d", claim, a.status, try.status)
		}
	}
}
