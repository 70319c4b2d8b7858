package commands

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cumulet/test/cloud"
	"cumulet/test/openstackclient"
)

// TestMain has scripts run OpenStack's client by test/openstackclient.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"openstack": func() { os.Exit(openstackclient.Main()) }})
}

func TestIdentityCommands(t *testing.T) {
	const script = "testdata/identity.txtar"
	needClient(t)
	all := commands(t, "openstack.identity.v3")
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range all {
		if !regexp.MustCompile(`(?m)^!? ?exec openstack ([^\n]* )?` + command + `( |$)`).Match(text) {
			t.Errorf("openstack %s is not in %s", command, script)
		}
	}
	c := cloud.Start(t)
	client := openstackclient.Start(t)
	testscript.Run(t, testscript.Params{
		Files: []string{script},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, account(t, c)...)
			env.Vars = append(env.Vars, client, "PATH="+os.Getenv("PATH"), "HOME="+env.WorkDir, "URL="+c.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"let": let,
		},
	})
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

func needClient(t *testing.T) {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import openstackclient").Run(); err != nil {
		t.Skip("OpenStack's client is not installed: Debian has it as python3-openstackclient")
	}
}

// commands are those of a group of the client's, as `openstack --help` lists them.
func commands(t *testing.T, group string) []string {
	t.Helper()
	out, err := exec.Command("/usr/bin/python3", "-c", fmt.Sprintf(`import importlib.metadata as m
print("\n".join(x.name.replace("_", " ") for x in m.entry_points().select(group=%q)))`, group)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
