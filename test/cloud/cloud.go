package cloud

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
)

// Cloud is a running cumulet.
type Cloud struct {
	URL  string // of the gateway
	Data string // its data folder

	binary string
	env    []string
	client *http.Client
	roles  map[string]string // ids by name
}

// Start starts a cloud with more environment ("CUMULET_KEYSTONE_TOKEN_LIFETIME=2s"), which ends with the test.
func Start(t *testing.T, env ...string) *Cloud {
	t.Helper()
	c := &Cloud{Data: t.TempDir(), binary: Binary(t)}
	address := servicetest.Address(t)
	c.URL = "http://" + address
	c.env = append(os.Environ(), "CUMULET_DATA="+c.Data, "CUMULET_LISTEN="+address, "CUMULET_DRIVERS=fake", "CUMULET_KEYSTONE_PASSWORD_HASH_ROUNDS=4")
	c.env = append(c.env, env...)
	transport := &http.Transport{MaxIdleConnsPerHost: 128}
	c.client = &http.Client{Transport: transport, Timeout: 2 * time.Minute}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		c.run(t, "wipe")
	})
	c.run(t, "up", "--no-demo", "--no-image")
	return c
}

// Binary finds the program from wherever in the tree the test is.
func Binary(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("CUMULET_BINARY"); named != "" {
		return named
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	name := filepath.Join(dir, "bin", "cumulet")
	if _, err := os.Stat(name); err != nil {
		t.Fatalf("%v: run make first", err)
	}
	return name
}

// run runs a command of the operator.
func (c *Cloud) run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	out, err := c.Try(ctx, args...)
	if err != nil {
		t.Fatalf("cumulet %v: %v\n%s", args, err, out)
	}
	return out
}

// Try runs a command of the operator that may fail.
func (c *Cloud) Try(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.binary, args...)
	cmd.Env = c.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Errors are the lines of the cloud's log that tell of a bug or a failure.
func (c *Cloud) Errors(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(c.Data, "log", "cumulet.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var found []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if line := lines.Text(); strings.Contains(line, "level=ERROR") || strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "WARNING: DATA RACE") || strings.HasPrefix(line, "fatal error:") {
			found = append(found, line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// Admin is the administrator.
func (c *Cloud) Admin(t *testing.T) *Client {
	t.Helper()
	values := map[string]string{}
	for _, line := range strings.Split(c.run(t, "env", "admin"), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			values[name] = strings.Trim(value, "'")
		}
	}
	return c.SignIn(t, values["OS_USERNAME"], values["OS_PASSWORD"], "admin")
}

// Account makes a project and a user of the same name with roles in it, and signs in as that user.
func (c *Cloud) Account(t *testing.T, admin *Client, name string, roles ...string) *Client {
	t.Helper()
	if c.roles == nil {
		c.roles = map[string]string{}
		for _, r := range admin.Ask(t, "GET", "/identity/v3/roles", nil).List(t, "roles") {
			c.roles[fmt.Sprint(r["name"])] = ID(r)
		}
	}
	project := ID(admin.Ask(t, "POST", "/identity/v3/projects", M{"project": M{"name": name}}).Object(t, "project"))
	user := ID(admin.Ask(t, "POST", "/identity/v3/users", M{"user": M{"name": name, "password": name}}).Object(t, "user"))
	for _, role := range roles {
		admin.Ask(t, "PUT", "/identity/v3/projects/"+project+"/users/"+user+"/roles/"+c.roles[role], nil)
	}
	return c.SignIn(t, name, name, name)
}
