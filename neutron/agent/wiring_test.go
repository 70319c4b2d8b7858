package agent_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

var local = neutron.Segment{Type: neutron.Local}

// open is a group that lets everything of IPv4 in and out, closed one that lets out only.
func (c *cloud) group(rules ...neutron.WiredRule) string {
	id := newID()
	c.change(func() {
		c.wiring.Groups = append(c.wiring.Groups, neutron.WiredGroup{ID: id, Stateful: true, Rules: rules})
	})
	return id
}

func (c *cloud) rules(group string, rules ...neutron.WiredRule) {
	c.change(func() {
		for i := range c.wiring.Groups {
			if c.wiring.Groups[i].ID == group {
				c.wiring.Groups[i].Rules = rules
			}
		}
	})
}

var (
	egress  = neutron.WiredRule{ID: "1", Direction: neutron.Egress, EtherType: "IPv4"}
	ingress = neutron.WiredRule{ID: "2", Direction: neutron.Ingress, EtherType: "IPv4"}
	pinged  = neutron.WiredRule{ID: "3", Direction: neutron.Ingress, EtherType: "IPv4", Protocol: 1}
)

func tcp(port int) neutron.WiredRule {
	return neutron.WiredRule{ID: "4", Direction: neutron.Ingress, EtherType: "IPv4", Protocol: 6, PortMin: &port, PortMax: &port}
}

func TestGuestsGetAddressesAndNamesAndMeet(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	c.run(c.dhcp.Run)
	open := c.group(egress, ingress)
	one, other := c.network("10.1.0.0/24", local), c.network("10.1.0.0/24", local)
	a, b := c.guest(one, "alice", "10.1.0.10", open), c.guest(one, "", "10.1.0.11", open)
	stranger := c.guest(other, "eve", "10.1.0.12", open)
	for _, g := range []*guest{a, b, stranger} {
		g.discover()
	}
	if mtu := a.lease.Options.Get(dhcpMTU); string(mtu) != "\x05\x78" {
		t.Errorf("MTU option is %v, not 1400", mtu)
	}
	if name := a.lease.HostName(); name != "alice" {
		t.Errorf("hostname option is %q", name)
	}
	c.eventually("a reaches b", func() bool { return a.ping(b.address) })
	if stranger.ping(a.address) || a.ping(stranger.address) {
		t.Error("guests of two networks reach each other")
	}
	if m := a.resolve(one.server, "host-10-1-0-11.example.test.", dns.TypeA); len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() != "10.1.0.11" {
		t.Errorf("b's name is answered %v", m)
	}
	if m := b.resolve(one.server, "alice.example.test.", dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("a's name is answered %v", m)
	}
	if m := b.resolve(one.server, "10.0.1.10.in-addr.arpa.", dns.TypePTR); len(m.Answer) != 1 || m.Answer[0].(*dns.PTR).Ptr != "alice.example.test." {
		t.Errorf("a's address is answered %v", m)
	}
	if m := b.resolve(one.server, "1.2.0.192.in-addr.arpa.", dns.TypePTR); m.Rcode != dns.RcodeRefused {
		t.Errorf("a foreign address is answered %v", m)
	}
	if m := b.resolve(one.server, "eve.example.test.", dns.TypeA); m.Rcode != dns.RcodeNameError {
		t.Errorf("another network's name is answered %v", m)
	}
}

const dhcpMTU = dhcpOption(26)

type dhcpOption uint8

func (o dhcpOption) Code() uint8    { return uint8(o) }
func (o dhcpOption) String() string { return "MTU" }

func TestSecurityGroupsTakeEffectAtOnceInBothDirections(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	in, out := c.group(egress), c.group(egress)
	w := c.network("10.2.0.0/24", local)
	server, client := c.guest(w, "server", "10.2.0.10", in), c.guest(w, "client", "10.2.0.11", out)
	server.configure()
	client.configure()
	server.listen(80)
	server.listen(81)
	if client.ping(server.address) || client.reaches(server.address, 80) {
		t.Error("a group without ingress rules lets in")
	}
	c.rules(in, egress, pinged, tcp(80))
	c.eventually("ping let in", func() bool { return client.ping(server.address) })
	c.eventually("port 80 let in", func() bool { return client.reaches(server.address, 80) })
	if client.reaches(server.address, 81) {
		t.Error("port 81 is let in")
	}
	conn, err := dial(client.namespace, server.address, 80)
	must(t, err)
	defer conn.Close()
	if !echoes(conn) {
		t.Fatal("the connection does not answer")
	}
	c.rules(in, egress, pinged)
	c.eventually("the established connection is cut", func() bool { return !echoes(conn) })
	if client.reaches(server.address, 80) {
		t.Error("port 80 is still let in")
	}
	if !client.ping(server.address) {
		t.Error("ping is no longer let in")
	}
	c.rules(out)
	c.eventually("egress stopped", func() bool { return !client.ping(server.address) })
	c.rules(out, egress)
	c.eventually("egress opened", func() bool { return client.ping(server.address) })
}

func TestRemoteGroupLetsItsMembersIn(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	friends := c.group(egress)
	mine := c.group(egress, neutron.WiredRule{Direction: neutron.Ingress, EtherType: "IPv4", RemoteGroupID: friends})
	w := c.network("10.3.0.0/24", local)
	server, client := c.guest(w, "server", "10.3.0.10", mine), c.guest(w, "client", "10.3.0.11", friends)
	server.configure()
	client.configure()
	if client.ping(server.address) {
		t.Error("one who is no member yet is let in")
	}
	c.change(func() {
		for i := range c.wiring.Groups {
			if c.wiring.Groups[i].ID == friends {
				c.wiring.Groups[i].Members = []string{client.address.String()}
			}
		}
	})
	c.eventually("the member is let in", func() bool { return client.ping(server.address) })
}

func TestGuestSpeaksOnlyAsItself(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	open := c.group(egress, ingress)
	w := c.network("10.4.0.0/24", local)
	a, b := c.guest(w, "a", "10.4.0.10", open), c.guest(w, "b", "10.4.0.11", open)
	a.configure()
	b.configure()
	c.eventually("a reaches b", func() bool { return a.ping(b.address) })
	false1 := netip.MustParseAddr("10.4.0.77")
	must(t, host.With(a.namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		return host.AddAddress(h, link, netip.PrefixFrom(false1, 24))
	}))
	if ping(a.namespace, false1, b.address) {
		t.Error("a foreign address passes")
	}
	c.change(func() {
		for i := range c.wiring.Ports {
			if c.wiring.Ports[i].ID == a.port.ID {
				c.wiring.Ports[i].AddressPairs = []neutron.AddressPair{{Address: "10.4.0.64/26"}}
			}
		}
	})
	c.eventually("an allowed pair passes", func() bool { return ping(a.namespace, false1, b.address) })
	c.change(func() {
		for i := range c.wiring.Ports {
			if c.wiring.Ports[i].ID == a.port.ID {
				c.wiring.Ports[i].AddressPairs, c.wiring.Ports[i].PortSecurity = nil, false
			}
		}
	})
	c.eventually("without port security anything passes", func() bool { return ping(a.namespace, false1, b.address) })
}

func TestPortThatCannotBeWiredTellsWhy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	w := c.network("10.5.0.0/24", neutron.Segment{Type: neutron.Flat, PhysicalNetwork: "nowhere"})
	port := neutron.WiredPort{ID: newID(), NetworkID: w.id, MAC: randomMAC(), AdminUp: true, Status: neutron.Down}
	c.change(func() { c.wiring.Ports = append(c.wiring.Ports, port) })
	must(t, host.Veth{Namespace: c.host.Namespace, Name: neutron.InterfaceName("tap", port.ID), PeerNamespace: c.host.Namespace, PeerName: "peer"}.Ensure())
	c.eventually("a reason", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.reasons[port.ID] == `physical network "nowhere" is mapped to nothing on host "node"`
	})
}

func TestMetadataKnowsWhoAsksAndStripsLies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	c.run(c.dhcp.Run)
	w := c.network("10.6.0.0/24", local)
	g := c.guest(w, "g", "10.6.0.10") // no group at all: metadata and DHCP pass
	g.discover()
	status, body := g.get("/openstack/latest/meta_data.json")
	if status != 200 || body != "metadata of "+g.port.DeviceID {
		t.Fatalf("answered %d %q", status, body)
	}
	asked := <-c.asked
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(g.port.DeviceID))
	for name, want := range map[string]string{"X-Instance-Id": g.port.DeviceID, "X-Tenant-Id": "project", "X-Forwarded-For": "10.6.0.10",
		"X-Instance-Id-Signature": hex.EncodeToString(mac.Sum(nil))} {
		if got := asked.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("header %s is %q, not %q", name, got, want)
		}
	}
	if asked.URL.Path != "/openstack/latest/meta_data.json" {
		t.Errorf("path %q", asked.URL.Path)
	}
}
