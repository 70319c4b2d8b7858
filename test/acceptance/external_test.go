package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outside is a machine of its own: a namespace in which cumulet is started, with an interface "nic" whose cable leads to another
// one, where the world's router has the gateway's address of the external network.
type outside struct{ machine, world string }

func newOutside(t *testing.T) outside {
	t.Helper()
	o := outside{fmt.Sprintf("machine%d", os.Getpid()), fmt.Sprintf("world%d", os.Getpid())}
	script := fmt.Sprintf(`set -e
ip netns add %[1]s
ip netns add %[2]s
ip -n %[1]s link set lo up
ip -n %[1]s link add nic type veth peer name cable netns %[2]s
ip -n %[2]s address add 172.24.4.1/24 dev cable
ip -n %[2]s link set cable up
ip -n %[1]s link set nic up`, o.machine, o.world)
	t.Cleanup(func() {
		for _, name := range []string{o.machine, o.world} {
			if out, err := exec.CommandContext(context.Background(), "ip", "netns", "delete", name).CombinedOutput(); err != nil {
				t.Errorf("delete namespace %s: %s", name, out)
			}
		}
	})
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return o
}

// state is all that there is to say of the machine's devices, but for counters.
func (o outside) state(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "nsenter", "--net=/run/netns/"+o.machine, "sh", "-c",
		"ip -d link; ip address; cat /proc/sys/net/ipv6/conf/nic/disable_ipv6; nft list ruleset").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestRealExternalNetwork gives cumulet an interface of the machine; the world beyond it logs in to the guest.
func TestRealExternalNetwork(t *testing.T) {
	c := newCloud(t)
	o := newOutside(t)
	c.inside, c.more = o.machine, []string{"CUMULET_EXTERNAL_EXTERNAL_INTERFACE=nic"}
	eventually(t, time.Minute, "the interface has settled", func() error {
		if now := o.state(t); strings.Contains(now, "tentative") || !strings.Contains(now, "inet6 fe80") {
			return errors.New(now)
		}
		return nil
	})
	before := o.state(t)
	c.run(t, "up")
	t.Cleanup(func() {
		if t.Failed() {
			_ = c.command(context.Background(), "wipe").Run() // newCloud wipes when the machine is gone
		}
		c.inside = ""
	})
	out, err := c.program(t.Context(), "openstack", "floating", "ip", "list", "-f", "value", "-c", "Floating IP Address").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	address, err := netip.ParseAddr(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 4*time.Minute, "the world logs in to "+address.String(), func() error {
		out, err := exec.CommandContext(t.Context(), "nsenter", "--net=/run/netns/"+o.world, "ssh", "-i", filepath.Join(c.data, "demo_key"),
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR",
			"root@"+address.String(), "hostname").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "hello") {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	c.run(t, "wipe")
	eventually(t, 30*time.Second, "the machine is as before", func() error {
		if now := o.state(t); now != before {
			return fmt.Errorf("its devices were\n%s\nand are\n%s", before, now)
		}
		return nil
	})
}
