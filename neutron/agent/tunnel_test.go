package agent_test

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

func TestNetworkSpansHostsByTunnels(t *testing.T) {
	t.Parallel()
	one, two := newCloud(t), newCloud(t)
	ips := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}
	must(t, host.Veth{Namespace: one.host.Namespace, Name: "under", PeerNamespace: two.host.Namespace, PeerName: "under"}.Ensure())
	for i, c := range []*cloud{one, two} {
		must(t, host.With(c.host.Namespace, func(h *netlink.Handle) error {
			link, err := h.LinkByName("under")
			if err != nil {
				return err
			}
			if err := h.LinkSetUp(link); err != nil {
				return err
			}
			return host.EnsureAddresses(h, link, []netip.Prefix{netip.PrefixFrom(ips[i], 24)})
		}))
		c.bridge.Config.TunnelIP = ips[i]
		c.run(c.bridge.Run)
	}
	segment := neutron.Segment{Type: neutron.VXLAN, ID: 4711}
	here, there := one.network("10.9.0.0/24", segment), two.network("10.9.0.0/24", segment)
	a := one.guest(here, "a", "10.9.0.10", one.group(egress, ingress))
	b := two.guest(there, "b", "10.9.0.11", two.group(egress, ingress))
	a.configure()
	b.configure()
	if a.ping(b.address) {
		t.Error("frames pass before the neighbours are known")
	}
	for _, side := range []struct {
		c     *cloud
		other *guest
		ip    netip.Addr
	}{{one, b, ips[1]}, {two, a, ips[0]}} {
		side.c.change(func() {
			side.c.wiring.Networks[0].Neighbours = []neutron.Neighbour{{Host: "other", TunnelIP: side.ip.String(), MAC: side.other.port.MAC}}
		})
	}
	one.eventually("a reaches b", func() bool { return a.ping(b.address) })
	one.change(func() { one.wiring.Networks[0].Neighbours = nil })
	one.eventually("the neighbour is forgotten", func() bool { return !a.ping(b.address) })
}

func TestExternalNetworkOnARealBridgeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	real := "ctb" + newID()[:8]
	before := rootLinks(t)
	must(t, host.With("", func(h *netlink.Handle) error {
		_, err := host.EnsureBridge(h, "", real, "")
		return err
	}))
	t.Cleanup(func() { host.Remove("", real) })
	for range 2 { // the second time nothing changes
		must(t, c.host.EnsureExternal(host.External{Bridge: "br-ex", RealBridge: real}))
	}
	if got := rootLinks(t); got != before+2 {
		t.Errorf("%d devices in the root namespace besides %d, not the bridge and one end", got-before, before)
	}
	must(t, c.host.Clean())
	must(t, host.Remove("", real))
	c.eventually("all devices gone", func() bool { return rootLinks(t) == before })
}

func rootLinks(t *testing.T) int {
	t.Helper()
	n := 0
	must(t, host.With("", func(h *netlink.Handle) error {
		links, err := h.LinkList()
		n = len(links)
		return err
	}))
	return n
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
