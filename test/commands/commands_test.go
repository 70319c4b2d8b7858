package commands

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cumulet/test/cloud"
	"cumulet/test/openstackclient"
)

// TestMain has scripts run OpenStack's client by test/openstackclient.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"openstack": func() { os.Exit(openstackclient.Main("openstack")) },
		"glance":    func() { os.Exit(openstackclient.Main("glance")) },
	})
}

func TestIdentityCommands(t *testing.T) {
	needClient(t, "openstackclient")
	const script = "testdata/identity.txtar"
	holdsAll(t, script, "openstack", commands(t, "openstack.identity.v3"))
	play(t, script, cloud.Start(t))
}

// TestImageCommands has images in two stores, on the web, and in a cache.
func TestImageCommands(t *testing.T) {
	needClient(t, "openstackclient")
	needClient(t, "glanceclient")
	const script = "testdata/image.txtar"
	holdsAll(t, script, "openstack", commands(t, "openstack.image.v2"))
	holdsAll(t, script, "glance", glanceCommands(t))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "five") }))
	t.Cleanup(web.Close)
	folder := t.TempDir()
	config := filepath.Join(folder, "cumulet.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, imageConfig, folder), 0o600); err != nil {
		t.Fatal(err)
	}
	play(t, script, cloud.Start(t, "CUMULET_CONFIG="+config), "WEB="+web.URL)
}

const imageConfig = `glance:
  show_multiple_locations: true
  image_cache_dir: %[1]s/cache
  default_backend: file
  enabled_backends:
    file: {kind: file}
    second: {kind: file, file: {dir: %[1]s/second}}
    web: {kind: http, http: {private: [127.0.0.0/8]}}
  import_filtering: {allowed_ports: [], private_networks: [127.0.0.0/8]}
`

// holdsAll fails for each command of a client that is not in a script.
func holdsAll(t *testing.T, script, client string, all []string) {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range all {
		if !regexp.MustCompile(`(?m)^(!? ?exec|until \S+) ` + client + ` ([^\n]* )?` + command + `( |$)`).Match(text) {
			t.Errorf("%s %s is not in %s", client, command, script)
		}
	}
}

// play plays a script against a cloud, with more variables.
func play(t *testing.T, script string, c *cloud.Cloud, variables ...string) {
	t.Helper()
	client := openstackclient.Start(t)
	testscript.Run(t, testscript.Params{
		Files: []string{script},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, account(t, c)...)
			env.Vars = append(env.Vars, client, "PATH="+os.Getenv("PATH"), "HOME="+env.WorkDir, "URL="+c.URL)
			env.Vars = append(env.Vars, variables...)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"let": let, "until": until,
		},
	})
}

// until PATTERN COMMAND [ARGUMENT...] runs a command again until it prints what matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND [ARGUMENT...]")
	}
	pattern, late, again := regexp.MustCompile(args[0]), time.After(30*time.Second), time.NewTicker(200*time.Millisecond)
	defer again.Stop()
	for {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-again.C:
		case <-late:
			ts.Fatalf("%q is never in what %q prints (%v):\n%s", args[0], args[1:], err, ts.ReadFile("stdout"))
		}
	}
}

// let NAME [EXPRESSION] gives a variable what the last command printed, or what the brackets of an expression found there.
func let(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: let NAME [EXPRESSION]")
	}
	value := strings.TrimSpace(ts.ReadFile("stdout"))
	if len(args) == 2 {
		found := regexp.MustCompile(args[1]).FindStringSubmatch(value)
		if len(found) != 2 {
			ts.Fatalf("%s is not in %q", args[1], value)
		}
		value = found[1]
	}
	ts.Setenv(args[0], value)
}

// account is the admin's environment.
func account(t *testing.T, c *cloud.Cloud) []string {
	t.Helper()
	var variables []string
	for line := range strings.SplitSeq(c.Command(t, "env", "admin"), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			value = strings.Trim(value, "'")
			variables = append(variables, name+"="+value)
			switch name { // for when somebody else has been who asks
			case "OS_USERNAME":
				variables = append(variables, "ADMIN="+value)
			case "OS_PASSWORD":
				variables = append(variables, "ADMIN_PASSWORD="+value)
			}
		}
	}
	return variables
}

func needClient(t *testing.T, module string) {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import "+module).Run(); err != nil {
		t.Skipf("OpenStack's client is not installed: Debian has it as python3-%s", module)
	}
}

// glanceCommands are those of glance's own client, as its help lists them.
func glanceCommands(t *testing.T) []string {
	t.Helper()
	return printed(t, `import glanceclient.v2.shell as s
print("\n".join(n[3:].replace("_", "-") for n in dir(s) if n.startswith("do_")))`)
}

// commands are those of a group of the client's, as `openstack --help` lists them.
func commands(t *testing.T, group string) []string {
	t.Helper()
	return printed(t, fmt.Sprintf(`import importlib.metadata as m
print("\n".join(x.name.replace("_", " ") for x in m.entry_points().select(group=%q)))`, group))
}

// printed are the lines that a program of Python prints.
func printed(t *testing.T, program string) []string {
	t.Helper()
	out, err := exec.Command("/usr/bin/python3", "-c", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
