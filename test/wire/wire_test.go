package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"

	"github.com/google/uuid"
)

// TestConversations plays every file in turn, each with accounts of its own, so that what one leaves no other sees.
func TestConversations(t *testing.T) {
	p := newPlayer(t)
	files, err := filepath.Glob("*/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".http"), func(t *testing.T) { p.play(t, file) })
	}
}

// player asks one cloud.
type player struct {
	roots  map[string]string // where each first part of a path leads: "/network" → "http://127.0.0.1:9696"
	tokens map[string]string
	known  map[string]any // values every file may use: {demo_project}, {admin_user}, {random}, {random_uuid} …
	client *http.Client
}

// newPlayer prepares accounts at the reference cloud where one is named, else at a cumulet of this test's own.
func newPlayer(t *testing.T) *player {
	t.Helper()
	keystone, user, password := os.Getenv("REFERENCE_URL"), os.Getenv("OS_USERNAME"), os.Getenv("OS_PASSWORD")
	if keystone == "" {
		keystone, user, password = startCloud(t)
	}
	p := &player{client: &http.Client{Timeout: time.Minute}, tokens: map[string]string{"nobody": ""}, known: map[string]any{},
		roots: map[string]string{"/identity": strings.TrimSuffix(strings.TrimSuffix(keystone, "/"), "/v3")}}
	p.signIn(t, "admin", user, password, "admin")
	return p
}

// startCloud starts bin/cumulet with fake drivers in a folder of its own.
func startCloud(t *testing.T) (keystone, user, password string) {
	t.Helper()
	binary, err := filepath.Abs("../../bin/cumulet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run make first", err)
	}
	address := servicetest.Address(t)
	data := t.TempDir()
	env := append(os.Environ(), "CUMULET_DATA="+data, "CUMULET_LISTEN="+address, "CUMULET_DRIVERS=fake", "CUMULET_KEYSTONE_PASSWORD_HASH_ROUNDS=4")
	run := func(args ...string) string {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("cumulet %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("up", "--no-demo", "--no-image")
	t.Cleanup(func() { run("wipe") })
	values := map[string]string{}
	for _, line := range strings.Split(run("env", "admin"), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			values[name] = strings.Trim(value, "'")
		}
	}
	return values["OS_AUTH_URL"], values["OS_USERNAME"], values["OS_PASSWORD"]
}

// signIn gets a token and, as the administrator, learns from the catalog where the services are.
func (p *player) signIn(t *testing.T, who, user, password, project string) {
	t.Helper()
	domain := map[string]any{"id": "default"}
	body := map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": user, "domain": domain, "password": password}}},
		"scope": map[string]any{"project": map[string]any{"name": project, "domain": domain}},
	}}
	var token struct {
		Token struct {
			Catalog []struct {
				Type      string
				Endpoints []struct{ Interface, URL string }
			}
			Project, User struct{ ID string }
		}
	}
	header := p.ask(t, "nobody", "POST", "/identity/v3/auth/tokens", body, &token)
	p.tokens[who] = header.Get("X-Subject-Token")
	p.known[who+"_project"], p.known[who+"_user"] = token.Token.Project.ID, token.Token.User.ID
	prefixes := map[string]string{"network": "/network", "compute": "/compute", "image": "/image", "placement": "/placement"}
	for _, s := range token.Token.Catalog {
		for _, e := range s.Endpoints {
			if prefix := prefixes[s.Type]; prefix != "" && e.Interface == "public" {
				u, err := url.Parse(e.URL)
				must(t, err)
				p.roots[prefix] = u.Scheme + "://" + u.Host
				if strings.HasPrefix(u.Path, prefix) {
					p.roots[prefix] += prefix
				}
			}
		}
	}
}

// makeAccount makes a project and a member of it, new in each run.
func (p *player) makeAccount(t *testing.T, who string) {
	t.Helper()
	name := who + "-" + p.known["random"].(string)
	var project, user struct{ Project, User struct{ ID string } }
	p.ask(t, "admin", "POST", "/identity/v3/projects", map[string]any{"project": map[string]any{"name": name, "domain_id": "default"}}, &project)
	p.ask(t, "admin", "POST", "/identity/v3/users", map[string]any{"user": map[string]any{"name": name, "domain_id": "default", "password": name}}, &user)
	var roles struct{ Roles []struct{ ID string } }
	p.ask(t, "admin", "GET", "/identity/v3/roles?name=member", nil, &roles)
	p.ask(t, "admin", "PUT", "/identity/v3/projects/"+project.Project.ID+"/users/"+user.User.ID+"/roles/"+roles.Roles[0].ID, nil, nil)
	p.signIn(t, who, name, name, name)
	t.Cleanup(func() {
		for _, path := range []string{"/users/" + user.User.ID, "/projects/" + project.Project.ID} {
			p.ask(t, "admin", "DELETE", "/identity/v3"+path, nil, nil)
		}
	})
}

// ask sends JSON and decodes the answer, which must be good.
func (p *player) ask(t *testing.T, who, method, path string, body, into any) http.Header {
	t.Helper()
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(t, err)
	}
	status, header, answer := p.send(t, who, method, path, map[string]string{"Content-Type": "application/json"}, raw)
	if status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if into != nil {
		must(t, json.Unmarshal(answer, into))
	}
	return header
}

// send asks and reads the answer whole.
func (p *player) send(t *testing.T, who, method, path string, headers map[string]string, body []byte) (int, http.Header, []byte) {
	t.Helper()
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	root, ok := p.roots["/"+first]
	if !ok {
		t.Fatalf("no service is at /%s", first)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, root+"/"+rest, bytes.NewReader(body))
	must(t, err)
	if token := p.tokens[who]; token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	res, err := p.client.Do(r)
	must(t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, res.Header, answer
}

// play holds one file's exchanges, in order.
func (p *player) play(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	must(t, err)
	if bytes.HasPrefix(text, []byte("Ours:")) && os.Getenv("REFERENCE_URL") != "" {
		t.Skip("OpenStack does not have this")
	}
	exchanges, err := parse(bytes.NewReader(text))
	must(t, err)
	q := *p
	q.tokens, q.known = maps.Clone(p.tokens), maps.Clone(p.known)
	q.known["random"] = fmt.Sprint(time.Now().UnixNano())
	for _, which := range []string{"random", "other", "third"} {
		q.known[which+"_uuid"] = uuid.NewString()
	}
	for _, who := range []string{"demo", "other"} {
		q.makeAccount(t, who)
	}
	caught := q.known
	for _, e := range exchanges {
		if why := q.hold(t, e, caught); why != "" {
			t.Errorf("%s:%d: %s: %s", file, e.line, e.claim, why)
		}
	}
}

// hold asks until the answer is as promised, or the exchange's time is over, and gives the last difference, or "".
func (p *player) hold(t *testing.T, e exchange, caught map[string]any) string {
	ctx, cancel := context.WithTimeout(t.Context(), e.until)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		tried := maps.Clone(caught)
		why := p.exchange(t, e, tried)
		if why == "" {
			maps.Copy(caught, tried)
			return ""
		}
		select {
		case <-ctx.Done():
			maps.Copy(caught, tried) // so that what follows is still about what was made
			return why
		case <-again.C:
		}
	}
}

// exchange asks once, catches values and gives the first difference, or "".
func (p *player) exchange(t *testing.T, e exchange, caught map[string]any) string {
	headers := map[string]string{}
	for name, value := range e.headers {
		headers[name] = expand(value, caught)
	}
	status, header, body := p.send(t, e.who, e.method, expand(e.path, caught), headers, []byte(expand(strings.TrimRight(e.body, "\n"), caught)))
	if status != e.status {
		return fmt.Sprintf("%d, want %d: %s", status, e.status, body)
	}
	for name, want := range e.wantHeaders {
		if want == "-" && header.Values(name) == nil {
			continue
		}
		if why := compareText(name, want, strings.Join(header.Values(name), ", "), caught); why != "" {
			return why
		}
	}
	if why := match(e.wantBody, body, caught); why != "" {
		return fmt.Sprintf("%s\n%s", why, body)
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
