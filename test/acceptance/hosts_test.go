package acceptance

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/hypervisors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servergroups"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/services"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/agents"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// twoHosts is a cloud whose machine stands for two hosts: hello is on one of them, far on the other.
type twoHosts struct {
	*cloud
	admin, demo *client
	names       []string // of the hosts
	far         *servers.Server
	farHost     string
	twin        string // the id of the other server of far's group
}

// TestTwoHosts starts a cloud of two hosts once and lives through it: each part needs those before it.
func TestTwoHosts(t *testing.T) {
	c := newCloud(t)
	before := look(t, c.data)
	h := &twoHosts{cloud: c}
	for _, part := range []struct {
		claim string
		test  func(*testing.T)
	}{
		{"up --hosts 2 gives a cloud of two hosts", h.testUp},
		{"a group's servers keep apart", h.testAntiAffinity},
		{"a config drive tells a guest who it is", h.testConfigDrive},
		{"guests on different hosts reach each other, with packets of any size", h.testNeighbours},
		{"a rule that names a group holds across hosts, at once", h.testRemoteGroup},
		{"another project's guest on the same host is out of reach", h.testStranger},
		{"a guest boots from each format of a disk", func(t *testing.T) { testFormats(t, c) }},
		{"guests get addresses of IPv6 by the router's word", h.testIPv6},
		{"a libvirtd that is killed comes back, its guests run on", h.testLibvirtdKilled},
		{"a killed process is mended by the next start, on both hosts", h.testKilled},
		{"a host with servers on it is not taken away", h.testSurplus},
		{"hosts come back with their guests as recorded, and go when they are empty", h.testGuestsBack},
	} {
		if !t.Run(part.claim, part.test) {
			t.FailNow()
		}
	}
	c.run(t, "wipe")
	sameMachine(t, before, look(t, c.data))
}

func (h *twoHosts) testUp(t *testing.T) {
	h.run(t, "up", "--hosts", "2")
	h.admin, h.demo = h.signIn(t, "admin"), h.signIn(t, "demo")
	h.names = h.hypervisors(t)
	if len(h.names) != 2 || h.names[1] != h.names[0]+"-2" {
		t.Fatalf("the hypervisors are %v", h.names)
	}
	pages, err := services.List(h.admin.compute, services.ListOpts{Binary: "nova-compute"}).AllPages(t.Context())
	must(t, err)
	computes, err := services.ExtractServices(pages)
	must(t, err)
	for _, s := range computes {
		if s.State != "up" || !slices.Contains(h.names, s.Host) {
			t.Errorf("nova-compute on %s is %s", s.Host, s.State)
		}
	}
	list, err := agents.List(h.admin.network, agents.ListOpts{AgentType: "Linux bridge agent"}).AllPages(t.Context())
	must(t, err)
	found, err := agents.ExtractAgents(list)
	must(t, err)
	if len(found) != 2 {
		t.Errorf("there are %d agents, not one on each host", len(found))
	}
	for _, a := range found {
		mappings, _ := a.Configurations["bridge_mappings"].(map[string]any)
		if !a.Alive || (len(mappings) > 0) != (a.Host == h.names[0]) {
			t.Errorf("the agent on %s: alive %t, physical networks %v", a.Host, a.Alive, mappings)
		}
	}
}

// hypervisors are the names of the hosts, sorted.
func (h *twoHosts) hypervisors(t *testing.T) []string {
	t.Helper()
	pages, err := hypervisors.List(h.admin.compute, nil).AllPages(t.Context())
	must(t, err)
	found, err := hypervisors.ExtractHypervisors(pages)
	must(t, err)
	var names []string
	for _, v := range found {
		names = append(names, v.HypervisorHostname)
	}
	slices.Sort(names)
	return names
}

func (h *twoHosts) testAntiAffinity(t *testing.T) {
	group, err := servergroups.Create(t.Context(), h.demo.compute, servergroups.CreateOpts{Name: "apart", Policies: []string{"anti-affinity"}}).Extract()
	must(t, err)
	hello := h.named(t, "hello")
	create := func(name string) string {
		t.Helper()
		drive := true
		server, err := servers.Create(t.Context(), h.demo.compute, keyed(servers.CreateOpts{
			Name: name, ImageRef: h.demo.guestImage(t), FlavorRef: "42", ConfigDrive: &drive,
			Networks: []servers.Network{{UUID: h.demo.networkID(t, "private")}},
			UserData: []byte(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho was here > /tmp/user_data_ran\n"))),
		}), servers.SchedulerHintOpts{Group: group.ID}).Extract()
		must(t, err)
		return server.ID
	}
	ids := []string{create("one"), create("two")}
	for _, id := range ids {
		h.demo.status(t, id, "ACTIVE")
		if host := h.host(t, id); host != hello.Host {
			h.farHost = host
			h.far, err = servers.Get(t.Context(), h.demo.compute, id).Extract()
			must(t, err)
		} else {
			h.twin = id
		}
	}
	if h.far == nil || h.twin == "" {
		t.Fatal("both servers of the group are on one host")
	}
	third := create("three")
	h.demo.status(t, third, "ERROR")
	h.demo.remove(t, third)
}

// keyed lets the demo's key into a server.
func keyed(options servers.CreateOpts) servers.CreateOptsBuilder { return withKey{options} }

type withKey struct{ servers.CreateOpts }

func (k withKey) ToServerCreateMap() (map[string]any, error) {
	body, err := k.CreateOpts.ToServerCreateMap()
	if err == nil {
		body["server"].(map[string]any)["key_name"] = "demo"
	}
	return body, err
}

// placed is a server with the host that it is on.
type placed struct{ ID, Host string }

func (h *twoHosts) named(t *testing.T, name string) placed {
	t.Helper()
	pages, err := servers.List(h.demo.compute, servers.ListOpts{Name: "^" + name + "$"}).AllPages(t.Context())
	must(t, err)
	found, err := servers.ExtractServers(pages)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d servers are named %s", len(found), name)
	}
	return placed{found[0].ID, h.host(t, found[0].ID)}
}

// host tells which host a server is on: only an administrator sees it.
func (h *twoHosts) host(t *testing.T, id string) string {
	t.Helper()
	server, err := servers.Get(t.Context(), h.admin.compute, id).Extract()
	must(t, err)
	return server.Host
}

func (h *twoHosts) testConfigDrive(t *testing.T) {
	h.floating(t, h.far.ID)
	h.eventuallySSH(t, h.far.Name, "cat /tmp/user_data_ran", "was here")
	h.eventuallySSH(t, h.far.Name, "hostname", h.far.Name)
	out := h.run(t, "ssh", h.far.Name, "cat /media/config/openstack/latest/meta_data.json")
	for _, want := range []string{`"uuid":"` + h.far.ID, `"demo":"ssh-`, `"hostname":"` + h.far.Name} {
		if !strings.Contains(strings.ReplaceAll(out, ": ", ":"), want) {
			t.Errorf("the config drive lacks %q: %s", want, out)
		}
	}
}

// floating gives a server an address that the outside reaches.
func (h *twoHosts) floating(t *testing.T, server string) {
	t.Helper()
	_, err := floatingips.Create(t.Context(), h.demo.network, floatingips.CreateOpts{
		FloatingNetworkID: h.demo.networkID(t, "public"), PortID: h.port(t, server).ID,
	}).Extract()
	must(t, err)
}

// port is a server's only one.
func (h *twoHosts) port(t *testing.T, server string) ports.Port {
	t.Helper()
	pages, err := ports.List(h.demo.network, ports.ListOpts{DeviceID: server}).AllPages(t.Context())
	must(t, err)
	found, err := ports.ExtractPorts(pages)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("server %s has %d ports", server, len(found))
	}
	return found[0]
}

// guard gives a server's port these security groups and no others.
func (h *twoHosts) guard(t *testing.T, server string, groups ...string) {
	t.Helper()
	_, err := ports.Update(t.Context(), h.demo.network, h.port(t, server).ID, ports.UpdateOpts{SecurityGroups: &groups}).Extract()
	must(t, err)
}

func (h *twoHosts) testNeighbours(t *testing.T) {
	at := address(t, h.far)
	h.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+h.far.Name, "1 packets received") // by its name
	// What fits is the network's MTU, 1450, without 28 bytes of headers; more goes in fragments.
	for _, size := range []string{"1422", "8000"} {
		h.eventuallySSH(t, "hello", "ping -c 2 -W 2 -s "+size+" "+at, "2 packets received")
	}
	key := h.run(t, "ssh", "hello", "dropbearkey -t ed25519 -f /tmp/key >/dev/null 2>&1; dropbearkey -y -f /tmp/key | grep ^ssh-")
	h.run(t, "ssh", h.far.Name, "echo '"+strings.TrimSpace(key)+"' >> /root/.ssh/authorized_keys")
	h.eventuallySSH(t, "hello", "ssh -y -i /tmp/key root@"+at+" hostname", h.far.Name)
	const count = 1 << 20
	h.eventuallySSH(t, "hello", fmt.Sprintf("ssh -y -i /tmp/key root@%s 'head -c %d /dev/zero' | wc -c", at, count), strconv.Itoa(count))
}

func (h *twoHosts) testRemoteGroup(t *testing.T) {
	hello := h.named(t, "hello")
	at := address(t, h.far)
	inner, err := groups.Create(t.Context(), h.demo.network, groups.CreateOpts{Name: "inner"}).Extract()
	must(t, err)
	own := h.port(t, h.far.ID).SecurityGroups
	h.guard(t, h.far.ID, inner.ID)
	h.eventuallyUnreachable(t, at)
	_, err = rules.Create(t.Context(), h.demo.network, rules.CreateOpts{
		SecGroupID: inner.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolICMP, RemoteGroupID: inner.ID,
	}).Extract()
	must(t, err)
	h.unreachable(t, at) // hello is no member
	h.guard(t, hello.ID, append(own, inner.ID)...)
	h.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+at, "1 packets received")
	h.guard(t, hello.ID, own...)
	h.eventuallyUnreachable(t, at)
	h.guard(t, h.far.ID, own...)
	h.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+at, "1 packets received")
}

// testStranger puts the administrator's own guest beside far, on a network with the same addresses.
func (h *twoHosts) testStranger(t *testing.T) {
	foreign := h.admin.boot(t, "", servers.CreateOpts{
		Name: "foreign", AvailabilityZone: "nova:" + h.farHost,
		Networks: []servers.Network{{UUID: foreignNetwork(t, h.admin), FixedIP: "10.0.0.200"}},
	})
	if host := h.host(t, foreign.ID); host != h.farHost {
		t.Errorf("it was put on %s", host)
	}
	h.unreachable(t, "10.0.0.200")
	h.admin.remove(t, foreign.ID)
}

func (h *twoHosts) testIPv6(t *testing.T) {
	yes := true
	v6, err := subnets.Create(t.Context(), h.demo.network, subnets.CreateOpts{
		NetworkID: h.demo.networkID(t, "private"), CIDR: "fd00:77::/64", IPVersion: gophercloud.IPv6, EnableDHCP: &yes,
		IPv6RAMode: "slaac", IPv6AddressMode: "slaac",
	}).Extract()
	must(t, err)
	pages, err := routers.List(h.demo.network, routers.ListOpts{}).AllPages(t.Context())
	must(t, err)
	found, err := routers.ExtractRouters(pages)
	must(t, err)
	_, err = routers.AddInterface(t.Context(), h.demo.network, found[0].ID, routers.AddInterfaceOpts{SubnetID: v6.ID}).Extract()
	must(t, err)
	h.eventuallySSH(t, h.far.Name, "ip -6 address show dev eth0", "fd00:77::f816:3eff:")
	h.eventuallySSH(t, h.far.Name, "ping6 -c 1 -W 2 "+v6.GatewayIP, "1 packets received")
	h.eventuallySSH(t, "hello", "ip -6 address show dev eth0", "fd00:77::f816:3eff:")
	out := h.run(t, "ssh", h.far.Name, "ip -6 address show dev eth0 scope global")
	at, _, _ := strings.Cut(out[strings.Index(out, "fd00:77::"):], "/")
	h.eventuallySSH(t, "hello", "ping6 -c 1 -W 2 "+at, "1 packets received") // the group default lets in its members
}

// killed ends the process whose number is in a file.
func killed(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	return pid
}

func (h *twoHosts) testLibvirtdKilled(t *testing.T) {
	boot := h.bootID(t, h.far.Name)
	file := filepath.Join(h.data, "hosts", h.farHost, "libvirt", "run", "libvirtd.pid")
	old := killed(t, file)
	eventually(t, time.Minute, "libvirtd is back", func() error {
		text, err := os.ReadFile(file)
		if err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(old) {
			err = errors.New("it has its old number")
		}
		return err
	})
	if again := h.bootID(t, h.far.Name); again != boot {
		t.Error("the guest was started anew")
	}
	// The hypervisor is heard again: the guest's pause and its end show.
	eventually(t, time.Minute, "the guest is paused", func() error {
		return servers.Pause(t.Context(), h.demo.compute, h.far.ID).ExtractErr()
	})
	h.demo.status(t, h.far.ID, "PAUSED")
	must(t, servers.Unpause(t.Context(), h.demo.compute, h.far.ID).ExtractErr())
	h.demo.status(t, h.far.ID, "ACTIVE")
}

// bootID is another one at each start of a guest.
func (h *twoHosts) bootID(t *testing.T, server string) string {
	t.Helper()
	var id string
	eventually(t, 2*time.Minute, "login to "+server, func() error {
		out, err := h.command(t.Context(), "ssh", server, "cat /proc/sys/kernel/random/boot_id").CombinedOutput()
		id = string(out)
		return err
	})
	return id
}

func (h *twoHosts) testKilled(t *testing.T) {
	boots := map[string]string{"hello": h.bootID(t, "hello"), h.far.Name: h.bootID(t, h.far.Name)}
	killed(t, filepath.Join(h.data, "cumulet.pid"))
	h.run(t, "up")
	for name, boot := range boots {
		if h.bootID(t, name) != boot {
			t.Errorf("%s was started anew", name)
		}
	}
	if names := h.hypervisors(t); !slices.Equal(names, h.names) {
		t.Errorf("the hypervisors are %v", names)
	}
	h.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+address(t, h.far), "1 packets received")
}

func (h *twoHosts) testSurplus(t *testing.T) {
	must(t, servers.Stop(t.Context(), h.demo.compute, h.twin).ExtractErr())
	h.demo.status(t, h.twin, "SHUTOFF")
	h.run(t, "down")
	out, err := h.command(t.Context(), "up", "--hosts", "1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("host %q cannot be taken away", h.names[1])) {
		t.Fatalf("up --hosts 1: %v: %s", err, out)
	}
}

func (h *twoHosts) testGuestsBack(t *testing.T) {
	h.run(t, "up")
	h.demo.status(t, h.far.ID, "ACTIVE")
	h.demo.status(t, h.twin, "SHUTOFF")
	h.bootID(t, h.far.Name)
	for _, s := range []string{h.far.ID, h.twin, h.named(t, "hello").ID} {
		h.demo.remove(t, s)
	}
	h.run(t, "down")
	h.run(t, "up", "--hosts", "1")
	if names := h.hypervisors(t); !slices.Equal(names, h.names[:1]) {
		t.Errorf("the hypervisors are %v", names)
	}
	if _, err := os.Stat(filepath.Join(h.data, "hosts", h.names[1])); !os.IsNotExist(err) {
		t.Errorf("the folder of %s stays (%v)", h.names[1], err)
	}
}
