package acceptance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clouds "cumulet/test/cloud"
)

// TestDeployedAsWritten follows deploy/README.md, with its files as they are: each host is a network namespace, with a mount
// namespace in which /etc/cumulet, /var/lib/cumulet and /usr/local/bin are its own. The test does what systemd would.
func TestDeployedAsWritten(t *testing.T) {
	for name, test := range map[string]func(*testing.T){"one machine": testOneMachine, "three hosts": testThreeHosts} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv(insideWire) == "" {
				runInside(t)
				return
			}
			test(t)
		})
	}
}

func testOneMachine(t *testing.T) {
	ip(t, "link", "set", "lo", "up")
	m := newMachine(t, "all", "", "all-in-one/cumulet.yaml", "systemd/cumulet.service")
	m.start(t)
	m.serves(t, "127.0.0.1:8780")
	m.eventuallyHello(t)
}

func testThreeHosts(t *testing.T) {
	layWire(t, "10.20.0.1")
	control := newMachine(t, "control", "10.20.0.11", "three-hosts/control.yaml", "systemd/cumulet-roles.service")
	network := newMachine(t, "network", "10.20.0.12", "three-hosts/network.yaml", "systemd/cumulet-roles.service")
	compute := newMachine(t, "compute", "10.20.0.13", "three-hosts/compute.yaml", "systemd/cumulet-roles.service")
	control.start(t)
	control.serves(t, "10.20.0.11:8780")
	secrets, err := os.ReadFile(control.file("etc/secrets.yaml"))
	must(t, err)
	for m, listen := range map[*deployed]string{network: "10.20.0.12:8780", compute: "10.20.0.13:8780"} {
		if out, err := m.command("--config", "/etc/cumulet/cumulet.yaml", "run").CombinedOutput(); err == nil || !strings.Contains(string(out), "copy it from the host that runs keystone") {
			t.Errorf("without secrets: %v, %s", err, out)
		}
		must(t, os.WriteFile(m.file("etc/secrets.yaml"), secrets, 0o600))
		m.start(t)
		m.serves(t, listen)
	}
	t.Log(control.run(t, "--config", "/etc/cumulet/cumulet.yaml", "seed", "--image", "/usr/local/bin/guest/cumulet-guest.qcow2"))
	// The network host is where guests are logged in to; it needs the demo's key and the way to the APIs.
	for _, file := range []string{"demo_key", "openrc-admin"} {
		b, err := os.ReadFile(control.file("data/" + file))
		must(t, err)
		must(t, os.WriteFile(network.file("data/"+file), b, 0o600))
	}
	network.eventuallyHello(t)
}

// eventuallyHello logs in to the demo's guest through the host.
func (m *deployed) eventuallyHello(t *testing.T) {
	t.Helper()
	eventually(t, 5*time.Minute, "login", func() error {
		out, err := m.command("--config", "/etc/cumulet/cumulet.yaml", "ssh", "hello", "hostname").CombinedOutput()
		if err == nil && !strings.HasPrefix(string(out), "hello") {
			err = errors.New("another hostname")
		}
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}

// deployed is a host of a deployment.
type deployed struct {
	name, namespace, folder string
	unit                    []string // ExecStart
	anchor                  *exec.Cmd
	service                 *exec.Cmd
	log                     bytes.Buffer
}

// newMachine makes a host and installs what deploy/README.md says.
func newMachine(t *testing.T, name, address, config, unit string) *deployed {
	t.Helper()
	folder, err := os.MkdirTemp("", "cumulet-deploy-") // libvirt's sockets have short paths: not t.TempDir()
	must(t, err)
	m := &deployed{name: name, namespace: os.Getenv(insideWire), folder: folder}
	for _, sub := range []string{"etc", "data"} {
		must(t, os.Mkdir(m.file(sub), 0o700))
	}
	text, err := os.ReadFile(filepath.Join("../../deploy", config))
	must(t, err)
	must(t, os.WriteFile(m.file("etc/cumulet.yaml"), text, 0o600))
	m.unit = execStart(t, filepath.Join("../../deploy", unit))
	if address != "" {
		m.namespace += "-" + name
		addHost(t, m.namespace, name, address)
	}
	m.mount(t)
	t.Cleanup(func() { m.remove(t) })
	return m
}

func (m *deployed) file(name string) string { return filepath.Join(m.folder, name) }

// mount makes the host's mount namespace, which an idle process keeps.
func (m *deployed) mount(t *testing.T) {
	t.Helper()
	bin, err := filepath.Abs("../../bin")
	must(t, err)
	must(t, errors.Join(os.MkdirAll("/etc/cumulet", 0o755), os.MkdirAll("/var/lib/cumulet", 0o700)))
	m.anchor = exec.Command("nsenter", "--net=/run/netns/"+m.namespace, "unshare", "--mount", "--propagation", "slave", "sh", "-ec",
		`mount --bind "$0/etc" /etc/cumulet; mount --bind "$0/data" /var/lib/cumulet; mount --bind "$1" /usr/local/bin; echo mounted; exec cat`, m.folder, bin)
	hold, err := m.anchor.StdinPipe()
	must(t, err)
	out, err := m.anchor.StdoutPipe()
	must(t, err)
	m.anchor.Stderr = os.Stderr
	must(t, m.anchor.Start())
	t.Cleanup(func() {
		_ = hold.Close()
		_ = m.anchor.Wait() // ends with its input
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "mounted\n" {
		t.Fatalf("mounts of %s: %q, %v", m.name, line, err)
	}
}

// inside is a command on the host.
func (m *deployed) inside(command ...string) *exec.Cmd {
	in := []string{"--target", fmt.Sprint(m.anchor.Process.Pid), "--mount", "--net", "--"}
	c := exec.Command("nsenter", append(in, command...)...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=" + m.folder}
	return c
}

func (m *deployed) command(args ...string) *exec.Cmd {
	return m.inside(append([]string{"/usr/local/bin/cumulet"}, args...)...)
}

func (m *deployed) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.command(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("cumulet %s on %s: %v\n%s\n%s", strings.Join(args, " "), m.name, err, out, m.log.String())
	}
	return string(out)
}

// start starts what the unit does.
func (m *deployed) start(t *testing.T) {
	t.Helper()
	m.service = m.inside(m.unit...)
	m.service.Stdout, m.service.Stderr = &m.log, &m.log
	m.service.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, m.service.Start())
}

// serves waits until all roles of the process that listens there are ready.
func (m *deployed) serves(t *testing.T, listen string) {
	t.Helper()
	eventually(t, 3*time.Minute, m.name+" serves", func() error { return clouds.Ready(listen) })
}

// remove stops the service and takes all of the host away.
func (m *deployed) remove(t *testing.T) {
	if m.service != nil {
		_ = m.service.Process.Signal(syscall.SIGTERM)
		if err := m.service.Wait(); err != nil {
			t.Errorf("%s ended: %v", m.name, err)
		}
	}
	if out, err := m.command("--config", "/etc/cumulet/cumulet.yaml", "wipe").CombinedOutput(); err != nil {
		t.Errorf("wipe of %s: %v %s", m.name, err, out)
	}
	if t.Failed() {
		t.Logf("%s said at last:\n%s", m.name, m.log.Bytes()[max(0, m.log.Len()-4000):])
	}
	must(t, os.RemoveAll(m.folder))
}

// execStart reads the command of a unit.
func execStart(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
			return strings.Fields(command)
		}
	}
	t.Fatalf("%s has no ExecStart", file)
	return nil
}
