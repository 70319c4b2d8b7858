package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servergroups"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"go.yaml.in/yaml/v3"

	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/messaging/nats/natstest"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	clouds "cumulet/test/cloud"
)

// TestEveryRoleApart plays the session against a cloud whose roles run in a process each, two of every role that keeps no state
// of its own, on five hosts: network namespaces that a wire joins. It runs in such a namespace itself, beside the broker.
func TestEveryRoleApart(t *testing.T) {
	for _, behind := range []struct {
		name string
		bus  func(*testing.T) string
		db   string
	}{
		{"RabbitMQ and MariaDB", rabbitMQ, "mariadb"},
		{"NATS and PostgreSQL", natsServer, "postgres"},
	} {
		t.Run(behind.name, func(t *testing.T) {
			if os.Getenv(insideWire) == "" {
				runInside(t)
				return
			}
			f := newFleet(t, behind.bus(t), clouds.Databases(t, dbtest.Named(t, behind.db).NewServer(t)))
			f.start(t)
			t.Logf("%d processes on %d hosts answer", len(f.processes), len(f.hosts))
			image := filepath.Join(filepath.Dir(f.binary), "guest", "cumulet-guest.qcow2")
			t.Log(f.run(t, "seed", "--image", image))
			t.Run("the session of OpenStack's client", func(t *testing.T) { testSession(t, f.cloud) })
			t.Run("the same with gophercloud", func(t *testing.T) { testGophercloud(t, f.cloud) })
			t.Run("guests' networks keep apart what must be apart", func(t *testing.T) { testNetworks(t, f.cloud) })
			t.Run("guests on different hosts reach each other", func(t *testing.T) { testAcross(t, f.cloud) })
		})
	}
}

// insideWire tells a test process that it runs in the namespace of this name.
const insideWire = "CUMULET_ACCEPTANCE_WIRE"

// wires numbers the namespaces of this process's tests.
var wires atomic.Int32

// runInside runs the test in a process of its own in a new network namespace. Only the network is another: namespaces that
// are made there are seen here.
func runInside(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: namespaces and guests are made")
	}
	t.Parallel()
	wire := fmt.Sprintf("wire%d", wires.Add(1)) + "p" + fmt.Sprint(os.Getpid())
	ip(t, "netns", "add", wire)
	t.Cleanup(func() {
		ip(t, "netns", "delete", wire)
		if left := namespaces(t, wire); left != "" {
			t.Errorf("namespaces are left: %s", left)
		}
	})
	self, err := os.Executable()
	must(t, err)
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	inner := exec.CommandContext(t.Context(), "nsenter", "--net=/run/netns/"+wire, self, "-test.run", pattern, "-test.v", "-test.timeout", "25m")
	inner.Env = append(os.Environ(), insideWire+"="+wire)
	inner.Cancel = func() error { return inner.Process.Signal(syscall.SIGQUIT) }
	inner.Stdout, inner.Stderr = os.Stdout, os.Stderr
	must(t, inner.Run())
}

// namespaces are those whose name begins so.
func namespaces(t *testing.T, prefix string) string {
	t.Helper()
	all, err := filepath.Glob("/run/netns/" + prefix + "*")
	must(t, err)
	return strings.Join(all, " ")
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v %s", strings.Join(args, " "), err, out)
	}
}

// wireAddress is this process's own on the wire, where the broker and clients are.
const wireAddress = "10.255.0.1"

func rabbitMQ(t *testing.T) string {
	layWire(t, wireAddress)
	return rabbitmqtest.StartOn(t, wireAddress).Address("")
}

func natsServer(t *testing.T) string {
	layWire(t, wireAddress)
	return natstest.StartOn(t, wireAddress)
}

// layWire makes the bridge that joins this namespace, which has the address on it, and the hosts.
func layWire(t *testing.T, address string) {
	ip(t, "link", "set", "lo", "up")
	ip(t, "link", "add", "wire", "type", "bridge")
	ip(t, "link", "set", "wire", "up")
	ip(t, "address", "add", address+"/24", "dev", "wire")
}

// addHost makes a network namespace that stands for a host, and plugs it into the wire by a port of this namespace.
func addHost(t *testing.T, namespace, port, address string) {
	ip(t, "netns", "add", namespace)
	t.Cleanup(func() { ip(t, "netns", "delete", namespace) })
	ip(t, "link", "add", port, "type", "veth", "peer", "name", "wire", "netns", namespace)
	ip(t, "link", "set", port, "master", "wire", "up")
	ip(t, "-n", namespace, "link", "set", "lo", "up")
	ip(t, "-n", namespace, "link", "set", "wire", "up")
	ip(t, "-n", namespace, "address", "add", address+"/24", "dev", "wire")
}

// fleet is a cloud of many processes.
type fleet struct {
	*cloud
	wire      string
	hosts     []string
	processes []*roleProcess
}

// roleProcess is one `cumulet run`.
type roleProcess struct {
	role, host, listen string
	command            *exec.Cmd
	log                string
}

// hostRoles are the roles of a host.
type hostRoles struct {
	host  string
	roles []string
}

func fleetRoles() []hostRoles {
	control := []string{"keystone", "glance-registry", "glance-api", "placement-api", "neutron-server", "nova-conductor", "nova-scheduler", "nova-api", "nova-metadata"}
	return []hostRoles{
		{"control-1", append([]string{"gateway"}, control...)},
		{"control-2", append([]string{"gateway"}, control...)},
		{"network", []string{"neutron-linuxbridge-agent", "neutron-dhcp-agent", "neutron-l3-agent", "neutron-metadata-agent"}},
		{"compute-1", []string{"neutron-linuxbridge-agent", "nova-compute"}},
		{"compute-2", []string{"neutron-linuxbridge-agent", "nova-compute"}},
	}
}

// newFleet makes the hosts and the configuration of each.
func newFleet(t *testing.T, bus string, databases map[string]string) *fleet {
	f := &fleet{cloud: newCloud(t), wire: os.Getenv(insideWire)}
	f.more = []string{"CUMULET_CONFIG=" + f.config("network")} // where `cumulet ssh` goes in
	backends := map[string][]string{}
	for i, h := range fleetRoles() {
		f.hosts = append(f.hosts, h.host)
		address := fmt.Sprintf("10.255.0.%d", 11+i)
		addHost(t, f.namespace(h.host), "to-"+strings.ReplaceAll(h.host, "-", ""), address)
		for j, role := range h.roles {
			listen := fmt.Sprintf("%s:%d", address, 8780+j)
			f.processes = append(f.processes, &roleProcess{role: role, host: h.host, listen: listen, log: filepath.Join(f.data, role+"@"+h.host+".log")})
			for prefix, server := range map[string]string{
				"identity": "keystone", "image": "glance-api", "placement": "placement-api", "network": "neutron-server",
				"compute": "nova-api", "metadata": "nova-metadata",
			} {
				if role == server {
					backends[prefix] = append(backends[prefix], "http://"+listen)
				}
			}
		}
	}
	f.listen = f.processes[0].listen
	for i, h := range fleetRoles() {
		external := map[string]any{}
		if h.host != "network" {
			external["physical_network"] = ""
		}
		config, err := yaml.Marshal(map[string]any{
			"url": "http://" + f.listen, "host": h.host, "tunnel_ip": fmt.Sprintf("10.255.0.%d", 11+i), "bus": bus, "databases": databases,
			"backends": backends, "external": external,
		})
		must(t, err)
		must(t, os.WriteFile(f.config(h.host), config, 0o600))
	}
	return f
}

func (f *fleet) config(host string) string    { return filepath.Join(f.data, host+".yaml") }
func (f *fleet) namespace(host string) string { return f.wire + "-" + host }

// start starts every process at once, in no order, and waits until each says that its role serves.
func (f *fleet) start(t *testing.T) {
	t.Cleanup(func() { f.stop(t) })
	for _, p := range f.processes {
		f.launch(t, p)
	}
	for _, p := range f.processes {
		eventually(t, 2*time.Minute, p.role+" on "+p.host+" serves", func() error { return clouds.Ready(p.listen) })
	}
}

func (f *fleet) launch(t *testing.T, p *roleProcess) {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	p.command = exec.Command("nsenter", "--net=/run/netns/"+f.namespace(p.host), f.binary, "--config", f.config(p.host), "run", p.role)
	p.command.Env = append(f.environ(), "CUMULET_LISTEN="+p.listen)
	p.command.Stdout, p.command.Stderr = log, log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, p.command.Start())
}

// stop ends the processes as a supervisor does, all at once, and shows what they complained about.
func (f *fleet) stop(t *testing.T) {
	for _, p := range f.processes {
		if p.command != nil {
			_ = p.command.Process.Signal(syscall.SIGTERM)
		}
	}
	for _, p := range f.processes {
		if p.command == nil {
			continue
		}
		patience := time.AfterFunc(time.Minute, func() { _ = p.command.Process.Kill() })
		if err := p.command.Wait(); err != nil {
			t.Errorf("%s on %s ended: %v", p.role, p.host, err)
		}
		patience.Stop()
		if b, err := os.ReadFile(p.log); err == nil && t.Failed() && len(b) > 0 {
			t.Logf("%s on %s said at last:\n%s", p.role, p.host, b[max(0, len(b)-3000):])
		}
		must(t, os.Remove(p.log))
	}
	for _, host := range f.hosts {
		must(t, os.Remove(f.config(host)))
	}
}

// testAcross boots two guests that must not share a host, and has hello, which shares one with at most one of them, talk to both
// by whole frames.
func testAcross(t *testing.T, c *cloud) {
	demo, admin := c.signIn(t, "demo"), c.signIn(t, "admin")
	group, err := servergroups.Create(t.Context(), demo.compute, servergroups.CreateOpts{Name: "apart", Policies: []string{"anti-affinity"}}).Extract()
	must(t, err)
	var guests []string
	hosts := map[string]bool{}
	for _, name := range []string{"left", "right"} {
		s := demo.bootWhere(t, "demo", servers.CreateOpts{
			Name: name, Networks: []servers.Network{{UUID: demo.networkID(t, "private")}},
		}, servers.SchedulerHintOpts{Group: group.ID})
		var seen struct {
			Host string `json:"OS-EXT-SRV-ATTR:host"`
		}
		must(t, servers.Get(t.Context(), admin.compute, s.ID).ExtractInto(&seen))
		hosts[seen.Host] = true
		c.eventuallySSH(t, "hello", "ping -c 1 -W 2 -s 1400 "+address(t, s), "1 packets received")
		guests = append(guests, s.ID)
	}
	if !hosts["compute-1"] || !hosts["compute-2"] {
		t.Errorf("two guests of an anti-affinity group are on %v", hosts)
	}
	for _, id := range guests {
		demo.remove(t, id)
	}
}
