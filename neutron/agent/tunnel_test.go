package agent_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
)

// spanning is a network that two hosts have in common, joined by an underlay, with a guest on each.
func spanning(t *testing.T) (one, two *cloud, a, b *guest) {
	one, two = newCloud(t), newCloud(t)
	under := host.Underlay{Namespace: one.host.Prefix + "underlay", MTU: 1500}
	t.Cleanup(func() { must(t, under.Remove()) })
	must(t, under.Ensure())
	ips := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}
	for i, c := range []*cloud{one, two} {
		for range 2 { // the second time nothing changes
			must(t, under.Join(t.Context(), c.host, netip.PrefixFrom(ips[i], 24)))
		}
		c.bridge.Config.TunnelIP = ips[i]
		c.run(c.bridge.Run)
	}
	segment := neutron.Segment{Type: neutron.VXLAN, ID: vni}
	here, there := one.network("10.9.0.0/24", segment), two.network("10.9.0.0/24", segment)
	a = one.guest(here, "a", "10.9.0.10", one.group(egress, ingress))
	b = two.guest(there, "b", "10.9.0.11", two.group(egress, ingress))
	a.configure()
	b.configure()
	if a.ping(b.address) {
		t.Error("frames pass before the neighbours are known")
	}
	for _, side := range []struct {
		c     *cloud
		other *guest
		ip    string
	}{{one, b, ips[1].String()}, {two, a, ips[0].String()}} {
		side.c.change(func() {
			side.c.wiring.Peers = []neutron.TunnelPeer{{Host: "other", TunnelIP: side.ip, Types: []string{"vxlan"}}}
			side.c.wiring.Networks[0].Neighbours = []neutron.Neighbour{{Host: "other", TunnelIP: side.ip, MAC: side.other.port.MAC}}
		})
	}
	one.eventually("a reaches b", func() bool { return a.ping(b.address) })
	return one, two, a, b
}

// vni is the network's number in tunnels.
const vni = 4711

func TestNetworkSpansHostsByTunnels(t *testing.T) {
	t.Parallel()
	one, two, a, b := spanning(t)
	b.listen(80)
	one.eventually("a connection to b", func() bool { return a.reaches(b.address, 80) })
	conn, err := dial(a.namespace, b.address, 80)
	must(t, err)
	defer conn.Close()
	if !echoesAll(conn, 1<<20) {
		t.Error("a long stream does not come back: packets of full size are lost")
	}
	two.change(func() { two.wiring.Peers = nil })
	one.eventually("b's host lets in nothing of a host that is none", func() bool { return !a.ping(b.address) })
	two.change(func() { two.wiring.Peers = []neutron.TunnelPeer{{Host: "other", TunnelIP: "192.0.2.1"}} })
	one.eventually("a reaches b again", func() bool { return a.ping(b.address) })
	one.change(func() { one.wiring.Networks[0].Neighbours = nil })
	one.eventually("the neighbour is forgotten", func() bool { return !a.ping(b.address) })
}

// A guest reaches addresses of the host by a router's gateway. What it sends there must not come out of a tunnel.
func TestTunnelCannotBeEnteredFromOutside(t *testing.T) {
	t.Parallel()
	one, two, a, b := spanning(t)
	outside := one.host.Prefix + "outside"
	must(t, netns.Ensure(outside))
	t.Cleanup(func() { must(t, netns.Delete(outside)) })
	must(t, host.Veth{Namespace: one.host.Namespace, Name: "out", PeerNamespace: outside, PeerName: "eth0"}.Ensure())
	must(t, host.With(one.host.Namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName("out")
		if err != nil {
			return err
		}
		bridge, err := h.LinkByName("br-ex")
		if err != nil {
			return err
		}
		return host.Enslave(h, one.host.Namespace, link, bridge, 0)
	}))
	must(t, host.With(outside, func(h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		if err := host.EnsureAddresses(h, link, []netip.Prefix{netip.MustParsePrefix("172.24.4.9/24")}); err != nil {
			return err
		}
		return host.EnsureRoutes(h, []host.Route{{Destination: netip.MustParsePrefix("192.0.2.0/24"), NextHop: netip.MustParseAddr("172.24.4.1")}})
	}))
	one.eventually("the outside reaches the host", func() bool { return ping(outside, netip.Addr{}, netip.MustParseAddr("172.24.4.1")) })
	from := a.overhear()
	for _, to := range []string{"172.24.4.1:4789", "192.0.2.1:4789"} {
		send(t, outside, to, tunnelled(t, a.port.MAC, "02:00:00:00:00:66"))
	}
	send(t, two.host.Namespace, "192.0.2.1:4789", tunnelled(t, a.port.MAC, b.port.MAC))
	if sender := <-from; sender != b.port.MAC {
		t.Errorf("a frame of %s comes out of the tunnel", sender)
	}
}

// tunnelled is a frame with a question that no guest asks, as it goes through the tunnel.
func tunnelled(t *testing.T, to, from string) []byte {
	t.Helper()
	frame := []byte{8, 0, 0, 0, 0, vni >> 8, vni & 0xff, 0}
	for _, text := range []string{to, from} {
		mac, err := net.ParseMAC(text)
		must(t, err)
		frame = append(frame, mac...)
	}
	return append(frame, append([]byte{testProtocol >> 8, testProtocol & 0xff}, make([]byte, 50)...)...)
}

// testProtocol is the type of frames that are for experiments (IEEE 802, 9.2.3).
const testProtocol = 0x88b5

// send sends a datagram out of a namespace.
func send(t *testing.T, namespace, to string, content []byte) {
	t.Helper()
	must(t, netns.Do(namespace, func() error {
		conn, err := net.Dial("udp4", to)
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Write(content)
		return err
	}))
}

// overhear tells who sends the guest frames for experiments.
func (g *guest) overhear() <-chan string {
	t := g.c.t
	t.Helper()
	var wire *packet.Conn
	must(t, netns.Do(g.namespace, func() error {
		device, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		wire, err = packet.Listen(device, packet.Raw, testProtocol, nil)
		return err
	}))
	senders := make(chan string, 8)
	go func() {
		defer close(senders)
		for buffer := make([]byte, 1500); ; {
			n, _, err := wire.ReadFrom(buffer)
			if err != nil {
				return
			}
			if n > 12 {
				senders <- net.HardwareAddr(buffer[6:12]).String()
			}
		}
	}()
	t.Cleanup(func() {
		wire.Close()
		for range senders {
			// until it has ended
		}
	})
	return senders
}

// echoesAll tells whether a stream of many bytes comes back whole.
func echoesAll(conn net.Conn, count int) bool {
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, count))
		sent <- err
	}()
	_, err := io.ReadFull(conn, make([]byte, count))
	return errors.Join(err, <-sent) == nil
}
func TestTapOfADeletedPortLeavesTheWire(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	open := c.group(egress, ingress)
	w := c.network("10.10.0.0/24", local)
	a, b := c.guest(w, "a", "10.10.0.10", open), c.guest(w, "b", "10.10.0.11", open)
	a.configure()
	b.configure()
	c.eventually("a reaches b", func() bool { return a.ping(b.address) })
	c.change(func() {
		for i, p := range c.wiring.Ports {
			if p.ID == a.port.ID {
				c.wiring.Ports = append(c.wiring.Ports[:i:i], c.wiring.Ports[i+1:]...)
				break
			}
		}
	})
	c.eventually("a is cut off", func() bool { return !a.ping(b.address) })
	must(t, host.With(c.host.Namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName(neutron.InterfaceName("tap", a.port.ID))
		if err == nil && link.Attrs().MasterIndex != 0 {
			t.Error("the tap is still in its bridge")
		}
		return err
	}))
}

func TestTapMadeAnewIsReportedAnew(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	w := c.network("10.12.0.0/24", local)
	g := c.guest(w, "g", "10.12.0.10", c.group(egress))
	reports := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.ups[g.port.ID]
	}
	before := reports()
	must(t, host.Remove(c.host.Namespace, neutron.InterfaceName("tap", g.port.ID)))
	g.plug()
	c.eventually("reported up again", func() bool { return reports() > before && c.active(g.port.ID) })
}
