package acceptance

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
)

// cloud is a cumulet of this test's own: its data in a folder, its API on a port that was free.
type cloud struct {
	binary, data, listen string
	more                 []string // environment
	inside               string   // the network namespace that cumulet finds itself in; empty: this process's
}

// newCloud chooses the place of a cloud and sees to it that nothing of it stays behind.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: namespaces and guests are made")
	}
	binary, err := filepath.Abs(cmp.Or(os.Getenv("CUMULET_BINARY"), "../../bin/cumulet"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run make first", err)
	}
	// libvirt's sockets have short paths: not t.TempDir().
	data, err := os.MkdirTemp("", "cumulet-acceptance-")
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{binary: binary, data: data, listen: servicetest.Address(t)}
	t.Cleanup(func() {
		if t.Failed() {
			c.tellLog(t)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		if out, err := c.command(ctx, "wipe").CombinedOutput(); err != nil {
			t.Errorf("wipe: %v\n%s", err, out)
		}
		if err := os.RemoveAll(data); err != nil {
			t.Error(err)
		}
	})
	return c
}

// tellLog shows what the cloud had to complain about.
func (c *cloud) tellLog(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(c.data, "log", "cumulet.log"))
	if err != nil {
		t.Log(err)
		return
	}
	var complaints []string
	for _, line := range strings.Split(string(b), "\n") {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
			complaints = append(complaints, line)
		}
	}
	if len(complaints) > 60 {
		complaints = complaints[len(complaints)-60:]
	}
	t.Logf("the cloud's log complained:\n%s", strings.Join(complaints, "\n"))
}

// environ is the whole environment of the cloud's own commands and of clients.
func (c *cloud) environ() []string {
	return append([]string{
		"CUMULET_DATA=" + c.data, "CUMULET_LISTEN=" + c.listen, "OS_CLIENT_CONFIG_FILE=" + filepath.Join(c.data, "clouds.yaml"),
		"OS_CLOUD=cumulet", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + c.data,
	}, c.more...)
}

// command prepares one of cumulet's commands.
func (c *cloud) command(ctx context.Context, args ...string) *exec.Cmd {
	return c.program(ctx, c.binary, args...)
}

// program prepares a command that finds itself where the cloud does.
func (c *cloud) program(ctx context.Context, name string, args ...string) *exec.Cmd {
	if c.inside != "" {
		name, args = "nsenter", append([]string{"--net=/run/netns/" + c.inside, name}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = c.environ()
	return cmd
}

// run runs one of cumulet's commands and gives its output.
func (c *cloud) run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := c.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("cumulet %s: %v\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// eventually asks until it is true; it fails with the last reason after a generous time.
func eventually(t *testing.T, limit time.Duration, claim string, ask func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	turn := time.NewTicker(500 * time.Millisecond)
	defer turn.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", claim, limit, err)
		}
	}
}

// machine is what a test may have left on this machine.
type machine struct{ namespaces, links, mounts, processes, nft string }

// look reads the machine's state. Processes are those of the cloud's kind only, since others come and go.
func look(t *testing.T, data string) machine {
	t.Helper()
	read := func(command string) string {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return string(out)
	}
	return machine{
		namespaces: read("ip netns list | awk '{print $1}' | sort"),
		links:      read("ip -o link | awk -F': ' '{print $2}' | sort"),
		mounts:     read("awk '{print $2}' /proc/mounts | sort"),
		processes:  read(fmt.Sprintf("pgrep -af '%s' | grep -v acceptance.test || true", data)),
		nft:        read("nft list ruleset 2>/dev/null || true"),
	}
}

func sameMachine(t *testing.T, before, after machine) {
	t.Helper()
	for _, part := range [][3]string{
		{"namespaces", before.namespaces, after.namespaces}, {"links", before.links, after.links},
		{"mounts", before.mounts, after.mounts}, {"processes", before.processes, after.processes}, {"nftables", before.nft, after.nft},
	} {
		if part[1] != part[2] {
			t.Errorf("%s differ: before:\n%s\nafter:\n%s", part[0], part[1], part[2])
		}
	}
}
