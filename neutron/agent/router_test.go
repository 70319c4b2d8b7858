package agent_test

import (
	"net"
	"net/netip"
	"testing"

	"cumulet/neutron"
)

// routed is a cloud with a network behind a router that has a way out.
func routed(t *testing.T) (*cloud, wire, *guest) {
	c := newCloud(t)
	c.run(c.bridge.Run)
	c.run(c.dhcp.Run)
	c.run(c.l3.Run)
	w := c.network("10.7.0.0/24", local)
	g := c.guest(w, "g", "10.7.0.10", c.group(egress, ingress))
	public := newID()
	inside := neutron.ServedInterface{PortID: newID(), NetworkID: w.id, MAC: randomMAC(), AdminUp: true, MTU: 1400,
		Addresses: []neutron.ServedAddress{{SubnetID: w.subnet, Prefix: netip.PrefixFrom(w.gateway, 24), Gateway: w.gateway}}}
	outside := neutron.ServedInterface{PortID: newID(), NetworkID: public, MAC: randomMAC(), AdminUp: true, MTU: 1500,
		Addresses: []neutron.ServedAddress{{Prefix: netip.MustParsePrefix("172.24.4.10/24"), Gateway: netip.MustParseAddr("172.24.4.1")}}}
	c.change(func() {
		c.wiring.Networks = append(c.wiring.Networks, neutron.WiredNetwork{ID: public, MTU: 1500, AdminUp: true, External: true,
			Segment: neutron.Segment{Type: neutron.Flat, PhysicalNetwork: "public"}})
		for id, p := range map[string]neutron.ServedInterface{neutron.OwnerRouterInterface: inside, neutron.OwnerRouterGateway: outside} {
			c.wiring.Ports = append(c.wiring.Ports, neutron.WiredPort{ID: p.PortID, NetworkID: p.NetworkID, MAC: p.MAC, AdminUp: true, DeviceOwner: id, Status: neutron.Build})
		}
		for i := range c.networks {
			c.networks[i].Isolated = false
			c.networks[i].Subnets[0].HasRouter = true
		}
		c.routers = []neutron.ServedRouter{{ID: newID(), AdminUp: true, Interfaces: []neutron.ServedInterface{inside},
			Gateway: &neutron.ServedGateway{ServedInterface: outside, SNAT: true}}}
	})
	c.eventually("router wired", func() bool { return c.active(inside.PortID, outside.PortID) })
	g.discover()
	g.defaultRoute(w.gateway)
	return c, w, g
}

func TestRouterTranslatesAndFloatingAddressesLeadIn(t *testing.T) {
	t.Parallel()
	c, w, g := routed(t)
	world := netip.MustParseAddr("172.24.4.1")
	c.eventually("the guest reaches the world", func() bool { return g.ping(world) })
	if status, body := g.get("/latest/meta-data/"); status != 200 || body != "metadata of "+g.port.DeviceID {
		t.Errorf("metadata through the router answers %d %q", status, body)
	}
	other := c.guest(w, "other", "10.7.0.11", c.wiring.Groups[0].ID)
	other.configure()
	other.defaultRoute(w.gateway)

	first, second := netip.MustParseAddr("172.24.4.50"), netip.MustParseAddr("172.24.4.51")
	floating := neutron.ServedFloatingIP{ID: newID(), Floating: first, Fixed: g.address, PortID: g.port.ID, Status: neutron.Down}
	c.change(func() { c.routers[0].FloatingIPs = append(c.routers[0].FloatingIPs, floating) })
	c.eventually("the floating address answers", func() bool { return ping(c.host.Namespace, netip.Addr{}, first) })
	c.eventually("it is reported active", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.floating[floating.ID] == neutron.Active
	})
	g.listen(22)
	conn, err := dial(c.host.Namespace, first, 22)
	must(t, err)
	defer conn.Close()
	if !echoes(conn) {
		t.Fatal("the connection does not answer")
	}
	if !other.reaches(first, 22) {
		t.Error("a neighbour does not reach the floating address")
	}
	if source := g.speaksAs(c, world); source != first {
		t.Errorf("the guest speaks as %s", source)
	}
	if source := other.speaksAs(c, world); source != netip.MustParseAddr("172.24.4.10") {
		t.Errorf("the other speaks as %s", source)
	}

	c.change(func() {
		c.routers[0].FloatingIPs = append(c.routers[0].FloatingIPs,
			neutron.ServedFloatingIP{ID: newID(), Floating: second, Fixed: other.address, PortID: other.port.ID, Status: neutron.Down})
	})
	c.eventually("the second floating address answers", func() bool { return ping(c.host.Namespace, netip.Addr{}, second) })
	if !echoes(conn) {
		t.Error("another floating address broke the connection")
	}
	c.change(func() { c.routers[0].FloatingIPs = c.routers[0].FloatingIPs[1:] })
	c.eventually("the floating address is gone", func() bool { return !ping(c.host.Namespace, netip.Addr{}, first) && !echoes(conn) })
	if !ping(c.host.Namespace, netip.Addr{}, second) {
		t.Error("the second floating address is gone too")
	}
}

func TestRestartOfAgentsCutsNothing(t *testing.T) {
	t.Parallel()
	requireHost(t)
	c := newCloud(t)
	stopBridge, stopDHCP := c.run(c.bridge.Run), c.run(c.dhcp.Run)
	w := c.network("10.8.0.0/24", local)
	group := c.group(egress, tcp(80))
	a, b := c.guest(w, "a", "10.8.0.10", group), c.guest(w, "b", "10.8.0.11", group)
	a.discover()
	b.discover()
	b.listen(80)
	conn, err := dial(a.namespace, b.address, 80)
	must(t, err)
	defer conn.Close()
	if !echoes(conn) {
		t.Fatal("the connection does not answer")
	}
	stopBridge()
	stopDHCP()
	if !echoes(conn) || !a.reaches(b.address, 80) {
		t.Error("without agents the network stands still")
	}
	if a.ping(b.address) {
		t.Error("without agents the filter is gone")
	}
	c.run(c.bridge.Run)
	c.run(c.dhcp.Run)
	if !echoes(conn) {
		t.Error("the connection broke at the restart")
	}
	a.discover()
}

// speaksAs is the source address that the world sees.
func (g *guest) speaksAs(c *cloud, world netip.Addr) netip.Addr {
	c.t.Helper()
	var seen netip.Addr
	l := &guest{c: c, namespace: c.host.Namespace}
	listener := l.accept(world)
	conn, err := dial(g.namespace, world, listener.Addr().(*net.TCPAddr).Port)
	must(c.t, err)
	defer conn.Close()
	at, err := listener.Accept()
	must(c.t, err)
	defer at.Close()
	seen = netip.MustParseAddrPort(at.RemoteAddr().String()).Addr()
	return seen
}
