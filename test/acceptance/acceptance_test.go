package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cumulet/test/openstackclient"
)

// TestMain has scripts run OpenStack's client by test/openstackclient.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"openstack": func() { os.Exit(openstackclient.Main("openstack")) }})
}

// TestUsersDay starts a cloud once and lives through it: each part needs those before it.
func TestUsersDay(t *testing.T) {
	c := newCloud(t)
	before := look(t, c.data)
	for _, part := range []struct {
		claim string
		test  func(*testing.T, *cloud)
	}{
		{"up gives a cloud with a guest to log in to", testUp},
		{"up twice is as good as once", testUpTwice},
		{"the session of OpenStack's client", testSession},
		{"the same with gophercloud", testGophercloud},
		{"guests' networks keep apart what must be apart", testNetworks},
		{"down leaves no process, up brings the guest back", testDownUp},
		{"a killed process is mended by the next start", testKilled},
	} {
		if !t.Run(part.claim, func(t *testing.T) { part.test(t, c) }) {
			t.FailNow()
		}
	}
	c.run(t, "wipe")
	sameMachine(t, before, look(t, c.data))
	if left, err := os.ReadDir(c.data); err == nil && len(left) > 0 {
		t.Errorf("wipe left %v", left)
	}
}

func testUp(t *testing.T, c *cloud) {
	out := c.run(t, "up")
	for _, want := range []string{"http://" + c.listen, "clouds.yaml", "openrc-admin", "openrc-demo", "demo_key", "ssh hello"} {
		if !strings.Contains(out, want) {
			t.Errorf("up does not name %s:\n%s", want, out)
		}
	}
	if out := c.run(t, "ssh", "hello", "hostname"); !strings.HasPrefix(out, "hello") {
		t.Errorf("hello calls itself %q", out)
	}
	if out := c.run(t, "env", "demo"); !strings.Contains(out, "OS_USERNAME='demo'") {
		t.Errorf("env demo printed %s", out)
	}
}

func testUpTwice(t *testing.T, c *cloud) {
	if out := c.run(t, "up"); !strings.Contains(out, "The cloud is up (process") {
		t.Errorf("the second up says %s", out)
	}
}

func testSession(t *testing.T, c *cloud) {
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/session.txtar"},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, c.environ()...)
			env.Vars = append(env.Vars, openstackclient.Start(t), "PATH="+os.Getenv("PATH"), "HOME="+env.WorkDir, "GUEST="+filepath.Join(filepath.Dir(c.binary), "guest", "cumulet-guest.qcow2"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"login": func(ts *testscript.TestScript, neg bool, args []string) { c.login(ts, neg, args) },
			"await": func(ts *testscript.TestScript, neg bool, args []string) { c.await(ts, neg, args) },
			"envfile": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
			},
		},
	})
}

// login ADDRESS KEY COMMAND runs a command over SSH, again until the guest lets it in.
func (c *cloud) login(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: login ADDRESS KEY COMMAND")
	}
	deadline := time.Now().Add(4 * time.Minute)
	for {
		err := ts.Exec(c.binary, "--data", c.data, "ssh", "-i", ts.MkAbs(args[1]), args[0], args[2])
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("login to %s: %v", args[0], err)
		}
	}
}

// await SERVER STATUS waits for a status, as --wait does where the client has it.
func (c *cloud) await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: await SERVER STATUS")
	}
	deadline := time.Now().Add(3 * time.Minute)
	for {
		ts.Check(ts.Exec("openstack", "server", "show", args[0], "-f", "value", "-c", "status"))
		status := strings.TrimSpace(ts.ReadFile("stdout"))
		if status == args[1] {
			return
		}
		if status == "ERROR" || time.Now().After(deadline) {
			ts.Fatalf("server %s is %s, not %s", args[0], status, args[1])
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func testDownUp(t *testing.T, c *cloud) {
	c.run(t, "ssh", "hello", "echo kept > /persist/kept; sync")
	c.run(t, "down")
	out, err := exec.CommandContext(t.Context(), "pgrep", "-af", c.data).Output()
	if err == nil && strings.TrimSpace(string(out)) != "" {
		t.Errorf("down left processes:\n%s", out)
	}
	c.run(t, "up")
	c.eventuallySSH(t, "hello", "cat /persist/kept", "kept")
}

func testKilled(t *testing.T, c *cloud) {
	pid, err := os.ReadFile(filepath.Join(c.data, "cumulet.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "kill", "-9", strings.TrimSpace(string(pid))).CombinedOutput(); err != nil {
		t.Fatalf("kill: %v %s", err, out)
	}
	c.run(t, "up")
	c.eventuallySSH(t, "hello", "cat /persist/kept", "kept")
}

// eventuallySSH runs a command on a server until it prints what is wanted.
func (c *cloud) eventuallySSH(t *testing.T, server, command, want string) {
	t.Helper()
	eventually(t, 4*time.Minute, command+" on "+server, func() error {
		out, err := c.command(t.Context(), "ssh", server, command).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}
